internal import CDCTime
internal import PGOutput

/// A value of any type; what has no case of its own is its text.
enum DrainValue {
  case null
  case bool(Bool)
  case number(Int64)
  case float(Double)
  case numeric(PostgresNumeric)
  case time(PostgresTimestamp)
  case date(PostgresDate)
  case uuid(PostgresUUID)
  case bytes(PostgresBytea)
  case text(String)

  init(_ row: RowView, _ column: Int, _ type: BuiltinType?) throws(RowError) {
    switch type {
    case .bool: self = try row[column, as: Bool?.self].map { .bool($0) } ?? .null
    case .int2, .int4, .int8, .oid:
      self = try row[column, as: Int64?.self].map { .number($0) } ?? .null
    case .float4, .float8: self = try row[column, as: Double?.self].map { .float($0) } ?? .null
    case .numeric: self = try row[column, as: PostgresNumeric?.self].map { .numeric($0) } ?? .null
    case .timestamp, .timestamptz:
      self = try row[column, as: PostgresTimestamp?.self].map { .time($0) } ?? .null
    case .date: self = try row[column, as: PostgresDate?.self].map { .date($0) } ?? .null
    case .uuid: self = try row[column, as: PostgresUUID?.self].map { .uuid($0) } ?? .null
    case .bytea: self = try row[column, as: PostgresBytea?.self].map { .bytes($0) } ?? .null
    default: self = try row[column, as: String?.self].map { .text($0) } ?? .null
    }
  }
}
