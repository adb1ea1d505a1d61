import Foundation
import GRDB
import PGOutput
import ReplicationCore

/// Ranges of tables that are read while the stream runs: what the file has in them is deleted, and the
/// rows that were read are inserted.
extension Database {
  /// Deletes the rows of a range, if SQLite can find them.
  ///
  /// It can where it compares keys as PostgreSQL does. That is certain for integers; text may have the
  /// order of a language in PostgreSQL, and dates, numbers with decimals and others are texts here.
  ///
  /// - Returns: Whether it could.
  func delete(_ range: SnapshotKeyRange, of relation: Relation) throws -> Bool {
    let table = relation.qualifiedName.quoted
    if range.isWholeTable {
      try execute(sql: "DELETE FROM \(table)")
      return true
    }
    let types = range.columns.map { name in relation.columns.first { $0.name == name }?.type }
    guard types.allSatisfy({ $0?.isInteger == true }) else { return false }
    var conditions: [String] = []
    var values: [Int64] = []
    for (bound, comparisons) in [(range.start, (">=", ">")), (range.end, ("<=", "<"))] {
      guard let bound else { continue }
      let numbers = bound.values.compactMap { Int64($0) }
      guard numbers.count == bound.values.count else { return false }
      let names = range.columns.prefix(bound.values.count).map(\.quoted).joined(separator: ", ")
      let marks = numbers.map { _ in "?" }.joined(separator: ", ")
      conditions.append(
        "(\(names)) \(bound.isInclusive ? comparisons.0 : comparisons.1) (\(marks))")
      values += numbers
    }
    try execute(
      sql: "DELETE FROM \(table) WHERE \(conditions.joined(separator: " AND "))",
      arguments: StatementArguments(values))
    return true
  }

  /// A row that the file has, and its key as PostgreSQL prints it.
  struct HeldKey: Sendable {
    let row: Int64
    let key: [String]
  }

  /// The keys of the next rows of a table, behind a row.
  func keys(
    _ columns: [String], of relation: Relation, after last: Int64
  ) throws -> [HeldKey] {
    let types = columns.map { name in relation.columns.first { $0.name == name }?.type }
    let names = columns.map(\.quoted).joined(separator: ", ")
    let rows = try GRDB.RowView.fetchCursor(
      self,
      sql: """
        SELECT _row, \(names) FROM \(relation.qualifiedName.quoted) WHERE _row > ? ORDER BY _row LIMIT 1000
        """, arguments: [last])
    var keys: [HeldKey] = []
    while let row = try rows.next() {
      let key = zip(types, row.databaseValues.dropFirst()).map { $1.postgresText(of: $0) }
      keys.append(HeldKey(row: row[0], key: key))
    }
    return keys
  }

  /// Deletes rows by their keys in SQLite.
  func delete(_ rows: [Int64], of relation: Relation) throws {
    let statement = try cachedStatement(
      sql: "DELETE FROM \(relation.qualifiedName.quoted) WHERE _row = ?")
    for row in rows { try statement.execute(arguments: [row]) }
  }

  /// Inserts rows of a range.
  func insert(_ batch: SnapshotBatch) throws {
    try batch.forEachRow { row in
      try insert(try Cells(row), into: batch.table.relation.qualifiedName.quoted)
    }
  }
}

extension ColumnType {
  fileprivate var isInteger: Bool {
    switch self {
    case .builtin(.int2), .builtin(.int4), .builtin(.int8): true
    default: false
    }
  }
}

extension DatabaseValue {
  /// The text that PostgreSQL has for a value that ``Cells`` has made of it.
  fileprivate func postgresText(of type: ColumnType?) -> String {
    switch storage {
    case .null: ""
    case .int64(let number):
      type == .builtin(.bool) ? (number == 0 ? "f" : "t") : "\(number)"
    case .double(let number):
      number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : "\(number)"
    case .string(let text): text
    case .blob(let data):
      "\\x" + data.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
  }
}
