import Foundation
import PGWire
import ReplicationCore
import Testing

/// Sessions that the server ends in the middle of something.
@Suite struct PgcdcInterruptionTests {
  private static let rows = 60_000

  /// What is printed if the stream breaks after a part of a large transaction was printed, or kept.
  private func output(_ site: Site, _ options: [String]) async throws -> [String] {
    try await site.client().ensureSlot()
    try await site.sql.run("UPDATE t SET v = v || 'y'")
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let pipe = try NamedPipe()
    let program = try Pgcdc.start(
      ["stream"] + site.arguments
        + ["--checkpoint", "\(folder.path)/cp", "--until-now", "--byte-budget", "1000000"]
        + options,
      output: pipe.path)
    // Nobody reads the pipe, and the budget is a small part of the transaction.
    try await eventually("the server is in the middle of it") {
      try await !site.sql.rows(
        """
        SELECT 1 FROM pg_stat_activity AS a JOIN pg_replication_slots AS s ON s.active_pid = a.pid
        WHERE s.slot_name = '\(site.name)' AND (a.wait_event LIKE 'WalSenderWrite%'
          OR a.wait_event IN ('WalSenderWriteData', 'ClientWrite'))
        """
      ).isEmpty
    }
    try await site.sql.run(
      "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots "
        + "WHERE slot_name = '\(site.name)'")
    let reader = try ChildProcess("/bin/cat", [pipe.path], environment: [:])
    let outcome = try await program.outcome(within: .seconds(120))
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = try await reader.outcome().lines
    try await site.client().dropSlot()
    return lines
  }

  @Test(arguments: TestServer.newest)
  func `a transaction that broke off is withdrawn, or was never begun`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(300)) { site in
      try await site.sql.run(
        """
        CREATE TABLE t (id int PRIMARY KEY, v text);
        INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, \(Self.rows)) n
        """)
      try await site.publish("TABLE t")
      let direct = try await output(site, [])
      let withdrawn = direct.indices.filter { direct[$0].hasPrefix(#"{"kind":"withdrawn""#) }
      #expect(withdrawn.count == 1)
      let place = try #require(withdrawn.first)
      let xid = try #require(direct.first?.firstMatch(of: #/"xid":(\d+),"commitLSN":"[^"]+"/#)?.0)
      #expect(direct[place] == #"{"kind":"withdrawn",\#(xid)}"#)
      #expect((2..<Self.rows).contains(place))
      #expect(direct[place + 1] == direct[0])
      #expect(direct.count == place + 1 + Self.rows + 2)
      #expect(direct.last?.hasPrefix(#"{"kind":"commit""#) == true)

      let whole = try await output(site, ["--whole-transactions"])
      #expect(whole.count == Self.rows + 2)
      #expect(whole.first?.hasPrefix(#"{"kind":"begin""#) == true)
      let events = try await output(site, ["--format", "debezium"])
      #expect(events.count == Self.rows)
      #expect(
        Set(events.compactMap { $0.firstMatch(of: #/"after":{"id":(\d+)/#)?.1 }).count == Self.rows)
    }
  }

  @Test(arguments: TestServer.all)
  func `kept until all has come, a transaction is printed as it would be at once`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await History.prepare(site.sql)
      try await site.sql.run("CREATE TABLE filler (id int)")
      try await site.publish("TABLE keyed, whole")
      try await site.client().ensureSlot()
      var history = History(seed: 12, isLarge: false)
      try await history.run(site.sql, transactions: 30)
      // To one position: others may commit something empty meanwhile, which servers before 15 send.
      let end = try await site.currentLSN()
      let arguments = ["stream"] + site.arguments + ["--no-ack", "--until-lsn", "\(end)"]
      let direct = try await Pgcdc.run(arguments)
      let whole = try await Pgcdc.run(
        arguments + ["--whole-transactions", "--byte-budget", "10000"])
      #expect(direct.status == 0 && whole.status == 0, "\(direct.errors)\(whole.errors)")
      #expect(direct.lines.count > 60)
      #expect(whole.lines == direct.lines)
    }
  }

  @Test(arguments: TestServer.all)
  func `an exported snapshot whose session is gone is an error`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let program = try Pgcdc.start(
        ["slot", "create", "--url", site.url, "--slot", site.name, "--export-snapshot"])
      try await eventually("the snapshot is there") { program.output.contains("snapshot ") }
      try await site.sql.run(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE backend_type = 'walsender' AND query LIKE '%\(site.name)%'
        """)
      let outcome = try await program.outcome()
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("the snapshot is gone"), "\(outcome.errors)")
      #expect(outcome.errors.contains("terminating connection due to administrator command"))
      #expect(try await site.hasSlot())
    }
  }
}
