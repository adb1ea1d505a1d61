import PGWire

/// Rows inserted, changed and deleted, with savepoints, some of which are rolled back; at its end
/// it writes into the ledger what it has done.
struct RandomTransaction {
  /// How large it is.
  enum Size {
    case small
    /// So large that the server sends it while it is in progress, if it is told to.
    case large
    /// One statement of 20,000 rows.
    case huge

    static func random() -> Size {
      switch Int.random(in: 0..<200) {
      case 0: .huge
      case 1..<30: .large
      default: .small
      }
    }
  }

  private let size: Size
  private let writer: Writer
  private var counts = TransactionCounts()
  /// What was counted when each savepoint was set.
  private var savepoints: [TransactionCounts] = []

  init(_ size: Size, _ writer: Writer) {
    self.size = size
    self.writer = writer
  }

  /// Does everything but begin and commit.
  mutating func run(_ connection: WireConnection) async throws {
    if size == .huge {
      try await execute(connection, rows: 20_000)
    } else {
      for _ in 0..<Int.random(in: 1...(size == .large ? 12 : 5)) { try await step(connection) }
    }
    let tx = writer.nextTransaction()
    _ = try await connection.query(
      "INSERT INTO ledger VALUES (\(writer.number), \(tx), '\(counts.text)')")
  }

  private mutating func step(_ connection: WireConnection) async throws {
    let depth = savepoints.count
    switch Int.random(in: 0..<10) {
    case 0, 1:
      _ = try await connection.query("SAVEPOINT s\(depth + 1)")
      savepoints.append(counts)
    case 2 where depth > 0:
      let target = Int.random(in: 1...depth)
      _ = try await connection.query("ROLLBACK TO s\(target)")
      counts = savepoints[target - 1]
      savepoints.removeLast(depth - target)
    case 3 where depth > 0:
      _ = try await connection.query("RELEASE s\(depth)")
      savepoints.removeLast()
    default:
      try await execute(
        connection, rows: Int.random(in: size == .large ? 100...1500 : 1...20))
    }
  }

  private mutating func execute(_ connection: WireConnection, rows: Int) async throws {
    // The statement says how many numbers it needs, and needs to know where they begin.
    let base = writer.take(rows + 1)
    let statement = Statement.random(rows: rows, writer: writer.number, after: base)
    precondition(statement.rows <= rows + 1)
    let results = try await connection.query(statement.sql)
    note(statement, results.first?.rows ?? [])
  }

  private mutating func note(_ statement: Statement, _ rows: [[String?]]) {
    let numbers = rows.compactMap { row in (row.first ?? nil).flatMap { Int64($0) } }
    for table in statement.tables {
      var count = counts.tables[table] ?? ChangeCounts()
      switch statement.kind {
      case .insert:
        count.inserts += rows.count
        count.numbers += numbers
      case .update:
        count.updates += rows.count
        count.numbers += numbers
      case .delete: count.deletes += rows.count
      case .truncate: count.truncates += 1
      }
      if count != ChangeCounts() { counts.tables[table] = count }
    }
  }
}
