import GRDB
import PGOutput
import ReplicationCore

/// The changes, one by one, as SQL.
extension Database {
  func apply(_ change: TransactionChange) throws {
    switch change {
    // It is applied by itself: the server has to be asked about it.
    case .relation: break
    case .insert(let change): try insert(change)
    case .update(let change): try update(change)
    case .delete(let change): try delete(change)
    case .truncate(let truncate, _):
      for relation in truncate.relations { try run("DELETE FROM \(relation.table)") }
    case .message: break
    @unknown default: throw MirrorError.unknownChange
    }
  }

  private func insert(_ change: RowChange) throws {
    try insert(try change.withRow { try Cells($0) }, into: change.table)
  }

  /// - Parameter table: The table's name, quoted.
  func insert(_ row: Cells, into table: String) throws {
    guard !row.names.isEmpty else { return try run("INSERT INTO \(table) DEFAULT VALUES") }
    let marks = row.names.map { _ in "?" }.joined(separator: ", ")
    let names = row.names.joined(separator: ", ")
    try run("INSERT INTO \(table) (\(names)) VALUES (\(marks))", row.values)
  }

  /// A large value that the update hasn't touched isn't sent; it is none of the cells, and stays as
  /// it is.
  private func update(_ change: RowChange) throws {
    let row = try change.withRow { try Cells($0) }
    let identity = try change.identity()
    let settings = row.names.map { "\($0) = ?" }.joined(separator: ", ")
    try run(
      "UPDATE \(change.table) SET \(settings) WHERE \(identity.condition(in: change.table))",
      row.values + identity.values)
    guard changesCount == 1 else { throw MirrorError.rowMissing(change) }
  }

  private func delete(_ change: RowChange) throws {
    let identity = try change.identity()
    try run(
      "DELETE FROM \(change.table) WHERE \(identity.condition(in: change.table))", identity.values)
    guard changesCount == 1 else { throw MirrorError.rowMissing(change) }
  }

  private func run(_ sql: String, _ values: [DatabaseValue] = []) throws {
    try cachedStatement(sql: sql).execute(arguments: StatementArguments(values))
  }
}

extension RowChange {
  fileprivate var table: String { relation.table }

  /// What tells the row in the mirror: what was sent of the row before, or else, since the key has
  /// stayed the same, the new row's key.
  fileprivate func identity() throws -> Cells {
    let cells =
      try withOldRow { try Cells($0, keysOnly: true) }
      ?? withRow { try Cells($0, keysOnly: true) }
    guard !cells.names.isEmpty else { throw MirrorError.noIdentity(self) }
    return cells
  }
}

extension Relation {
  fileprivate var table: String { qualifiedName.quoted }
}

extension Cells {
  /// One row that has these values: where all columns tell a row, there may be others like it.
  fileprivate func condition(in table: String) -> String {
    let conditions = names.map { "\($0) IS ?" }.joined(separator: " AND ")
    return "_row = (SELECT _row FROM \(table) WHERE \(conditions) LIMIT 1)"
  }
}
