internal import CDCTime
internal import PGOutput
internal import PGWire

/// Decodes rows to Swift values, as a program would that takes them into its own types.
///
/// Eight columns of the types `int8`, `int8` or `int4`, `text`, `text`, `numeric`, `timestamptz`,
/// `bool` and `uuid` become a struct; any other table's columns become one value each, of the Swift
/// type that their type has.
struct DrainRows: ~Copyable {
  private let reader = RowReader()
  /// The relation of the latest row, and what it becomes.
  private var latest: (relation: Relation, isWide: Bool, types: [BuiltinType?])?
  /// The latest row, which is there so that decoding it can't be left out.
  private var wide: WideRow?
  private var values: [DrainValue] = []

  /// Decodes the rows of a change.
  ///
  /// - Returns: How many columns they had.
  mutating func decode(
    _ message: PgOutputMessage, at lsn: LSN
  ) throws(DrainError) -> Int {
    do throws(RowError) {
      switch message {
      case .insert(let relation, let new):
        return try decode(new, old: nil, of: relation, at: lsn)
      case .update(let relation, let old, let new):
        return try decode(new, old: old, of: relation, at: lsn)
      case .delete(let relation, let old):
        return try decode(old, old: nil, of: relation, at: lsn)
      default:
        return 0
      }
    } catch {
      throw .row(error)
    }
  }

  private mutating func decode(
    _ tuple: TupleData, old: TupleData?, of relation: Relation, at lsn: LSN
  ) throws(RowError) -> Int {
    let (isWide, types) = forms(of: relation)
    return try reader.read(tuple, old: old, of: relation, at: lsn) { row throws(RowError) in
      if isWide, !row.isPartial {
        wide = try WideRow(row)
      } else {
        values.removeAll(keepingCapacity: true)
        for column in types.indices where row.isKnown(column) {
          values.append(try DrainValue(row, column, types[column]))
        }
      }
      return row.columnCount
    }
  }

  private mutating func forms(of relation: Relation) -> (isWide: Bool, types: [BuiltinType?]) {
    if let latest, latest.relation === relation { return (latest.isWide, latest.types) }
    let isWide = WideRow.types.contains(relation.columns.map(\.type))
    let types = relation.columns.map { PostgresType($0.type).builtin }
    latest = (relation, isWide, types)
    return (isWide, types)
  }
}

/// Why a stream could not be drained as rows.
enum DrainError: Error, CustomStringConvertible {
  case decoding(PgOutputError)
  case row(RowError)

  var description: String {
    switch self {
    case .decoding(let error): error.description
    case .row(let error): error.description
    }
  }
}

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

  init(_ row: Row) throws(RowError) {
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

  init(_ row: Row, _ column: Int, _ type: BuiltinType?) throws(RowError) {
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
