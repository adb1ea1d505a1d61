import Foundation
import GRDB
import PGOutput
import ReplicationCore

/// What rows have in columns that were added after them: the stream does not send them again.
extension Database {
  /// The columns that a table has and the mirror does not know yet; none if the table is new.
  func addedColumns(of relation: Relation) throws -> [Relation.Column] {
    guard let known = try MirroredTable.fetchOne(self, key: relation.oid) else { return [] }
    return relation.difference(from: known.relation).added
  }

  /// Gives the rows that are there what they have in PostgreSQL, where that is known.
  func fill(_ added: AddedColumn, of relation: Relation) throws {
    guard case .value(let text) = added.earlierValue else { return }
    let (table, name) = (relation.qualifiedName.quoted, added.column.name.quoted)
    try execute(
      sql: "UPDATE \(table) SET \(name) = ?",
      arguments: [try added.column.sqliteValue(ofText: text)])
  }
}

extension Relation.Column {
  /// A value as ``Cells`` has it, from the text that PostgreSQL prints.
  fileprivate func sqliteValue(ofText text: String) throws -> DatabaseValue {
    let type = PostgresType(type)
    return switch self.type {
    case .builtin(.bool): try Bool(text, type).databaseValue
    case .builtin(.int2), .builtin(.int4), .builtin(.int8): try Int64(text, type).databaseValue
    case .builtin(.float4), .builtin(.float8): try Double(text, type).sqliteValue
    case .builtin(.bytea): Data(try PostgresBytea(text, type).bytes).databaseValue
    default: text.databaseValue
    }
  }
}

extension PostgresDecodable {
  fileprivate init(_ text: String, _ type: PostgresType) throws {
    try self.init(postgresText: Array(text.utf8).span, type: type)
  }
}
