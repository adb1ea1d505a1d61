import Foundation
import GRDB
import PGOutput

/// The columns of a row of which the values are known, as SQLite takes them.
struct Cells {
  /// Quoted.
  private(set) var names: [String] = []
  private(set) var values: [DatabaseValue] = []

  init(_ row: RowView, keysOnly: Bool = false) throws {
    for (index, column) in row.relation.columns.enumerated()
    where row.isKnown(index) && (column.isKey || !keysOnly) {
      names.append(column.name.quoted)
      values.append(try row.sqliteValue(index))
    }
  }
}

extension RowView {
  /// Numbers become numbers where SQLite's hold all of them, `bytea` a blob, and everything else
  /// the text that PostgreSQL has for it.
  fileprivate func sqliteValue(_ column: Int) throws -> DatabaseValue {
    switch relation.columns[column].type {
    case .builtin(.bool): try self[column, as: Bool?.self].databaseValue
    case .builtin(.int2), .builtin(.int4), .builtin(.int8):
      try self[column, as: Int64?.self].databaseValue
    case .builtin(.float4), .builtin(.float8):
      try self[column, as: Double?.self]?.sqliteValue ?? .null
    case .builtin(.bytea):
      try self[column, as: PostgresBytea?.self].map { Data($0.bytes) }.databaseValue
    default: try self[column, as: String?.self].databaseValue
    }
  }
}

extension Double {
  /// SQLite would take NaN for NULL.
  var sqliteValue: DatabaseValue { isNaN ? "NaN".databaseValue : databaseValue }
}
