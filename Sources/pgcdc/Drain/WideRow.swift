internal import CDCTime
internal import PGOutput

/// Eight columns of common types.
struct WideRow: ~Copyable {
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

  init(_ row: RowView) throws(RowError) {
    let id: Int64 = try row[0]
    let key: Int = try row[1]
    let name: String = try row[2]
    let payload: String? = try row[3]
    let amount: PostgresNumeric? = try row[4]
    let createdAt: PostgresTimestamp = try row[5]
    let isOK: Bool? = try row[6]
    let reference: PostgresUUID? = try row[7]
    // All at the end, since what can't be copied can't be left half made by an error.
    self.id = id
    self.key = key
    self.name = name
    self.payload = payload
    self.amount = amount
    self.createdAt = createdAt
    self.isOK = isOK
    self.reference = reference
  }
}
