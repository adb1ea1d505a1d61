import GRDB
import PGOutput

/// Tables made and altered as the stream tells of them.
///
/// Columns have no type: SQLite keeps each value as it is given. Every table has a column `_row`,
/// its key in SQLite.
extension Database {
  /// Gives a table the shape that a relation tells of.
  func shape(_ relation: Relation) throws {
    try makeWay(for: relation)
    let table = relation.qualifiedName.quoted
    if let known = try MirroredTable.fetchOne(self, key: relation.oid) {
      let difference = relation.difference(from: known.relation)
      guard !difference.isEmpty || known.sqliteName != relation.qualifiedName else { return }
      try execute(sql: "DROP INDEX IF EXISTS \(known.indexName.quoted)")
      if known.sqliteName != relation.qualifiedName {
        try execute(sql: "ALTER TABLE \(known.sqliteName.quoted) RENAME TO \(table)")
      }
      try alter(table, difference)
    } else {
      let columns = ["_row INTEGER PRIMARY KEY"] + relation.columns.map(\.name.quoted)
      try execute(sql: "CREATE TABLE \(table) (\(columns.joined(separator: ", ")))")
    }
    let mirrored = MirroredTable(relation)
    try mirrored.save(self)
    // What updates and deletes look for. No unique index: it is PostgreSQL that sees to that.
    let keys = relation.indexedColumns.map(\.quoted)
    guard !keys.isEmpty else { return }
    let index = mirrored.indexName.quoted
    try execute(sql: "CREATE INDEX \(index) ON \(table) (\(keys.joined(separator: ", ")))")
  }

  /// Puts another table aside that has the name.
  ///
  /// It has lost it: it was dropped, of which a stream doesn't tell, or renamed, of which it will.
  private func makeWay(for relation: Relation) throws {
    let other =
      try MirroredTable
      .filter(Column("sqliteName") == relation.qualifiedName && Column("oid") != relation.oid)
      .fetchOne(self)
    guard var other else { return }
    let name = "\(other.sqliteName) (was \(other.oid))"
    try execute(sql: "DROP INDEX IF EXISTS \(other.indexName.quoted)")
    try execute(sql: "ALTER TABLE \(other.sqliteName.quoted) RENAME TO \(name.quoted)")
    other.sqliteName = name
    try other.update(self)
  }

  /// Columns give up their names before others take them: two may have swapped theirs.
  private func alter(_ table: String, _ difference: RelationDifference) throws {
    let renamed = difference.renamed
    let former = difference.dropped.map(\.name) + renamed.map(\.before.name)
    for (index, name) in former.enumerated() {
      try execute(sql: "ALTER TABLE \(table) RENAME \(name.quoted) TO _former_\(index)")
    }
    for column in difference.added {
      try execute(sql: "ALTER TABLE \(table) ADD \(column.name.quoted)")
    }
    for index in difference.dropped.indices {
      try execute(sql: "ALTER TABLE \(table) DROP _former_\(index)")
    }
    for (index, column) in renamed.enumerated() {
      let temporary = "_former_\(difference.dropped.count + index)"
      try execute(sql: "ALTER TABLE \(table) RENAME \(temporary) TO \(column.after.name.quoted)")
    }
  }
}

extension MirroredTable {
  fileprivate var indexName: String { "\(sqliteName) identity" }
}

extension Relation {
  /// The key; or, where all columns together tell a row, the first of them.
  fileprivate var indexedColumns: [String] {
    let keys = columns.filter(\.isKey).map(\.name)
    return replicaIdentity == .full ? Array(keys.prefix(1)) : keys
  }
}

extension String {
  /// The name as an identifier in SQL.
  var quoted: String { "\"\(replacing("\"", with: "\"\""))\"" }
}
