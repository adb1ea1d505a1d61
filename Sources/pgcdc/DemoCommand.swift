internal import ArgumentParser
internal import PGOutput
internal import PGWire
internal import ReplicationCore

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Make a table, change it, and show the changes as they arrive.",
    discussion: """
      It makes a table, a publication and a slot of its own in the database, and drops them at the \
      end. Use it only on a test server.
      """)

  @OptionGroup var connection: ConnectionArguments

  @Option(help: "Rows of the large transaction.")
  var rows = 10_000

  func validate() throws {
    guard (1...10_000_000).contains(rows) else {
      throw ValidationError("--rows is 1 to 10000000")
    }
    _ = try connection.options()
  }

  func run() async throws {
    ReaderWatch.start()
    let name = "pgcdc_demo_\(Console.processID)"
    let options = try connection.options()
    var params = ReplicationParams(connection: options, slot: name, publications: [name])
    params.createsSlot = true
    params.temporarySlot = true
    params.advancesWhenIdle = true
    params.logger = connection.logger
    let client = try Client(params)
    let server = try await WireConnection.connect(options)
    let screen = DemoScreen()
    screen.title("PostgreSQL \(server.parameter("server_version") ?? "?") at \(options.endpoint)")
    let result: Result<Void, any Error>
    do {
      try await makeTable(name, server, screen)
      result = .success(try await stream(client, name, server))
    } catch {
      result = .failure(error)
    }
    // Whatever happened, and even if this task was cancelled.
    await Task { await dropTable(name, server) }.value
    try result.get()
  }

  private func makeTable(
    _ name: String, _ server: WireConnection, _ screen: DemoScreen
  ) async throws {
    for statement in [
      "CREATE TABLE \(name) (id int PRIMARY KEY, owner text, balance numeric, extra jsonb)",
      "CREATE PUBLICATION \(name) FOR TABLE \(name)",
    ] {
      screen.note("\(statement);")
      _ = try await server.query(statement)
    }
  }

  private func dropTable(_ name: String, _ server: WireConnection) async {
    for statement in ["DROP PUBLICATION IF EXISTS \(name)", "DROP TABLE IF EXISTS \(name)"] {
      _ = try? await server.query(statement)
    }
    server.close()
  }

  private func stream(_ client: Client, _ name: String, _ server: WireConnection) async throws {
    try await client.ensureSlot()
    let duplex = try await client.startReplication()
    var screen = DemoScreen()
    screen.note("slot \(name) is open; these are its changes, as they are committed:\n")
    let workload = DemoWorkload(table: name, connection: server, largeRows: rows)
    let work = Task { try await workload.run() }
    var replica = DemoReplica()
    do {
      try await follow(duplex, &replica, &screen)
    } catch {
      work.cancel()
      _ = await work.result
      await closing(duplex)
      throw error
    }
    await closing(duplex)
    try await compare(replica, done: try await work.value, name, server, screen)
  }

  /// Follows the stream up to the transaction that inserts the last row.
  private func follow(
    _ duplex: Duplex, _ replica: inout DemoReplica, _ screen: inout DemoScreen
  ) async throws {
    var decoder = PgOutputDecoder()
    while let event = try await duplex.recv() {
      // A stream that is never idle would not notice otherwise.
      try Task.checkCancellation()
      switch event {
      case .begin(let begin): screen.begin(begin)
      case .xLogData(let data):
        let change = try data.payload.withBytes { (bytes) throws(PgOutputError) in
          try decoder.decode(bytes, at: data.start) { replica.apply($0) }
        }
        if let change { screen.change(change) }
      case .commit(let commit):
        screen.commit(commit)
        duplex.sendStatusUpdate(flush: commit.endLSN)
        if replica.rows[String(DemoWorkload.lastID)] != nil { return }
      default: break
      }
    }
    throw RuntimeFailure("the stream ended before the demo did")
  }

  private func compare(
    _ replica: DemoReplica, done: DemoCounts, _ name: String, _ server: WireConnection,
    _ screen: DemoScreen
  ) async throws {
    let table = try await server.query("SELECT id, owner, balance, extra FROM \(name)").first
    let rows = table?.rows ?? []
    screen.summary(
      done: done, received: replica.counts, rows: (server: rows.count, replica: replica.rows.count))
    let isSame = rows.allSatisfy { row in
      (row.first ?? nil).map { replica.rows[$0] == row } ?? false
    }
    guard isSame, rows.count == replica.rows.count, done.isSame(as: replica.counts) else {
      throw RuntimeFailure("what the stream delivered is not what the server did")
    }
    screen.title(
      "\nNothing was lost: \(done.total) changes, and the copy made from them equals the table.")
  }
}

extension DemoCounts {
  /// Whether as many changes of each kind were counted.
  func isSame(as other: DemoCounts) -> Bool {
    (inserts, updates, deletes, truncates)
      == (other.inserts, other.updates, other.deletes, other.truncates)
  }
}
