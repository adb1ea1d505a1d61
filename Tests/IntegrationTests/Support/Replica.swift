import PGWire

/// Tables with a unique column `id`, kept up to date by nothing but a stream.
struct Replica: Equatable {
  typealias RowValues = [String: String?]

  /// For each table the rows by their `id`.
  private(set) var tables: [String: [String: RowValues]] = [:]

  /// Tables that are empty so far.
  init(_ names: [String]) {
    for name in names { tables[name] = [:] }
  }

  /// What the tables hold on the server.
  init(_ names: [String], of sql: WireConnection) async throws {
    for name in names {
      tables[name] = [:]
      guard let result = try await sql.query("SELECT * FROM \(name)").last else { continue }
      for values in result.rows {
        let row = RowValues(
          zip(result.columns.map(\.name), values).map { ($0, $1) }, uniquingKeysWith: { $1 })
        tables[name]?[try Self.key(row)] = row
      }
    }
  }

  /// Does to the rows what was done on the server.
  ///
  /// - Throws: If a row is there that should not be, or the other way round.
  mutating func apply(_ transaction: ReceivedTransaction) throws {
    try apply(transaction.changes)
  }

  /// The same for changes that count, in commit order.
  mutating func apply(_ changes: [ReceivedChange]) throws {
    for change in changes { try apply(change) }
  }

  private mutating func apply(_ change: ReceivedChange) throws {
    guard change.kind != .truncate else {
      for table in change.tables { tables[table] = [:] }
      return
    }
    guard let table = change.tables.first else { throw Mismatch(change: change) }
    var row: RowValues = [:]
    if change.kind != .insert {
      let key = try Self.key(change.old ?? change.new)
      guard let before = tables[table]?.removeValue(forKey: key) else {
        throw Mismatch(change: change)
      }
      // With a full identity all of the old row is sent.
      if let old = change.old, old.count > 1, old != before { throw Mismatch(change: change) }
      row = before
    }
    guard change.kind != .delete else { return }
    // Columns that were left alone and are out of line are not sent.
    row.merge(change.new) { $1 }
    let replaced = tables[table]?.updateValue(row, forKey: try Self.key(row))
    if replaced != nil { throw Mismatch(change: change) }
  }

  private static func key(_ row: RowValues) throws -> String {
    guard let key = row["id"] ?? nil else { throw NoValue(sql: "id") }
    return key
  }

  /// A change does not fit the rows.
  struct Mismatch: Error {
    let change: ReceivedChange
  }
}
