internal import CDCTime
internal import PGOutput

/// Eight columns of common types.
struct WideRow {
  let id: Int64
  let key: Int
  let name: String
  let payload: String?
  let amount: PostgresNumeric?
  let createdAt: PostgresTimestamp
  let isOK: Bool?
  let reference: PostgresUUID?

  /// The types that the columns may have.
  static let types: [[ColumnType]] = [BuiltinType.int8, .int4].map { key in
    [.int8, key, .text, .text, .numeric, .timestamptz, .bool, .uuid].map { .builtin($0) }
  }

  init(_ row: Row) throws(RowError) {
    id = try row[0]
    key = try row[1]
    name = try row[2]
    payload = try row[3]
    amount = try row[4]
    createdAt = try row[5]
    isOK = try row[6]
    reference = try row[7]
  }
}
