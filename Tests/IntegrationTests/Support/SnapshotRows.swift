import PGOutput
import PGWire
import ReplicationCore

/// The rows that a snapshot brings, each as an insert with its values as text.
struct SnapshotRows {
  private(set) var changes: [ReceivedChange] = []
  /// How many batches came of each table.
  private(set) var batches: [String: Int] = [:]
  /// The row counts that came with the ends of tables.
  private(set) var ends: [String: Int64] = [:]

  /// Takes an event in.
  ///
  /// - Throws: If a row comes behind the end of its table, or an end twice.
  mutating func take(_ event: SnapshotEvent) throws {
    switch event {
    case .rows(let batch):
      let table = batch.table.relation.name
      guard ends[table] == nil else { throw NoValue(sql: table) }
      batches[table, default: 0] += 1
      var changes: [ReceivedChange] = []
      try batch.forEachRow { row throws(RowError) in changes.append(try ReceivedChange(row)) }
      guard changes.count == batch.rowCount else { throw NoValue(sql: table) }
      self.changes += changes
    case .end(let table, let count):
      guard ends.updateValue(count, forKey: table.relation.name) == nil else {
        throw NoValue(sql: table.qualifiedName)
      }
    @unknown default: break
    }
  }

  /// All rows of a snapshot's tables.
  static func all(
    of snapshot: ExportedSnapshot, _ options: SnapshotOptions = SnapshotOptions()
  ) async throws -> SnapshotRows {
    var rows = SnapshotRows()
    try await snapshot.read(try await snapshot.tables(), options: options) { event in
      try rows.take(event)
    }
    return rows
  }

  /// The rows of one table, in an order of their own.
  func rows(of table: String) -> [[String: String?]] {
    changes.filter { $0.tables == [table] }.map(\.new).sorted { "\($0.sorted)" < "\($1.sorted)" }
  }
}

extension ReceivedChange {
  /// A row of a snapshot, read as those of a stream.
  fileprivate init(_ row: RowView) throws(RowError) {
    self.init(kind: .insert, tables: [row.relation.name])
    for (index, column) in row.relation.columns.enumerated() {
      new.updateValue(try row[index, as: String?.self], forKey: column.name)
    }
  }
}

extension [String: String?] {
  /// The columns with their values, by name.
  var sorted: [String] { map { "\($0)=\($1 ?? "NULL")" }.sorted() }
}

extension Site {
  /// How to connect so that the sessions can be told from others.
  func namedOptions(_ name: String = "reader") throws -> ConnectionOptions {
    try options(["application_name": "\(self.name)_\(name)"])
  }

  /// Waits until no session of that name is left on the server.
  ///
  /// - Parameter observer: Who looks; in a transaction a session sees others as they were.
  func expectNoSessions(_ name: String = "reader", observer: WireConnection? = nil) async throws {
    try await eventually("the sessions are gone") {
      try await (observer ?? sql).rows(
        "SELECT 1 FROM pg_stat_activity WHERE application_name = '\(self.name)_\(name)'"
      ).isEmpty
    }
  }

  /// Whether the slot is there.
  func hasSlot() async throws -> Bool {
    try await slots().contains(name)
  }

  /// The slots whose names begin with that of the site.
  func slots() async throws -> [String] {
    try await sql.rows(
      """
      SELECT slot_name FROM pg_replication_slots WHERE starts_with(slot_name, '\(name)')
      ORDER BY 1
      """
    ).compactMap { $0.first ?? nil }
  }
}
