import Logging
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit

/// Tables in memory that follow a subscription.
struct Replica: Sendable {
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  private(set) var tables: [String: [TestRow]] = [:]

  /// The rows of a table, in no order.
  func rows(of table: String) -> Set<TestRow> { Set(tables[table] ?? []) }

  mutating func apply(_ change: TransactionChange) throws {
    switch change {
    case .insert(let row): try insert(try row.withRow { try TestRow($0) }, into: row.relation)
    case .update(let row):
      let new = try row.withRow { try TestRow($0) }
      let old = try row.withOldRow { try TestRow($0) } ?? new
      let place = try find(old, in: row.relation)
      tables[row.relation.name]?[place].merge(new) { $1 }
    case .delete(let row):
      let old = try row.withRow { try TestRow($0) }
      let place = try find(old, in: row.relation)
      tables[row.relation.name]?.remove(at: place)
    case .truncate(let truncate, _):
      for relation in truncate.relations { tables[relation.name] = [] }
    default: return
    }
  }

  /// The rows of a range take the place of those that are there.
  mutating func begin(_ chunk: SnapshotChunk) {
    let key = chunk.range.columns
    tables[chunk.table.relation.name]?.removeAll { row in
      chunk.range.contains(key.map { row[$0]?.text ?? "" }) != false
    }
  }

  mutating func take(_ batch: SnapshotBatch) throws {
    var rows: [TestRow] = []
    try batch.forEachRow { row throws(RowError) in rows.append(try TestRow(row)) }
    for row in rows { try insert(row, into: batch.table.relation) }
  }

  private mutating func insert(_ row: TestRow, into relation: Relation) throws {
    guard (try? find(row, in: relation)) == nil else {
      throw Fault(description: "\(row) is there already")
    }
    tables[relation.name, default: []].append(row)
  }

  private func find(_ row: TestRow, in relation: Relation) throws -> Int {
    let key = relation.columns.filter(\.isKey).map(\.name)
    let place = tables[relation.name]?.firstIndex { found in
      key.allSatisfy { found[$0] == row[$0] }
    }
    guard let place else { throw Fault(description: "\(row) is not there") }
    return place
  }
}

extension TestDatabase {
  /// Whether the replica has the same rows.
  func equals(_ replica: Replica, in tables: String...) throws -> Bool {
    for table in tables {
      if Set(try rows(of: table)) != replica.rows(of: table) { return false }
    }
    return true
  }
}

extension Subscription {
  /// Applies all transactions, to their end.
  func follow(_ replica: inout Replica) async throws {
    var followed = replica
    try await run { transaction in
      // What breaks off is undone.
      var staged = followed
      for try await change in transaction.changes { try staged.apply(change) }
      followed = staged
    }
    replica = followed
  }
}

/// Tables that tests have in common.
enum Tables {
  static let orders = TestTable(
    "orders", columns: [.key("id", .int8), .column("item", .text), .large("note", .text)])
  static let logged = TestTable(
    "logged", replicaIdentity: .full, columns: [.column("line", .text), .column("level", .int4)])

  /// A database with some history.
  static func database(slot: String? = "test_slot") throws -> TestDatabase {
    let database = TestDatabase([orders, logged], slot: slot)
    try database.commit { changes in
      for id in 1...4 {
        try changes.insert(into: "orders", ["id": TestValue(id), "item": "apple", "note": "long"])
      }
      try changes.insert(into: "logged", ["line": "tab\tand \\ and\nline", "level": nil])
    }
    try database.commit { changes in
      try changes.update("orders", where: ["id": 2], set: ["item": "pear"])
      try changes.update("orders", where: ["id": 3], set: ["id": 30])
      try changes.update("logged", set: ["level": 7])
    }
    try database.commit { changes in
      try changes.delete(from: "orders", where: ["id": 4])
      try changes.insert(into: "logged", ["line": "", "level": 1])
    }
    return database
  }
}

/// Says nothing to anybody.
let quietLogger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
