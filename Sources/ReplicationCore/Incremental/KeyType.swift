internal import PGOutput

/// The type of a key's column, and whether its order is known here.
///
/// Whether a changed row lies in a range that has been read is decided for each row, so it is
/// decided here wherever this module can order values exactly as the server's btree does. All
/// other types have an order as well, which only the server knows: text in the order of a language,
/// enums (their labels can be reordered), `inet`, `interval`, arrays, types of extensions.
/// Their values are ``KeyValue/opaque(_:)``.
struct KeyType: Hashable, Sendable {
  /// How values are compared.
  enum Order: Hashable, Sendable {
    case boolean
    /// `int2`, `int4`, `int8`, `oid`.
    case integer
    /// `float4`, `float8`: -0 equals 0, NaN equals itself and is above infinity.
    case float
    /// `numeric`: the scale does not count, NaN as with floats.
    case numeric
    case uuid
    case date
    case time
    /// `timetz`: by the moment in UTC; of equal moments the one further west is greater.
    case timeWithZone
    case timestamp
    /// `macaddr` and `macaddr8`.
    case macAddress
    /// `"char"`: one byte without sign.
    case singleByte
    case bytes
    /// `text`, `varchar` and `name`, byte by byte.
    case text
    /// `bpchar`, byte by byte without the blanks at the end.
    case paddedText
    /// Only the server knows.
    case server
  }

  let type: PostgresTypeName
  let order: Order

  /// - Parameters:
  ///   - type: The column's type; for a domain, its base type.
  ///   - comparesBytes: Whether text is ordered by its UTF-8 bytes. That is so if the column's
  ///     collation, which for most columns is the database's, is `C`, `POSIX`, `ucs_basic` or one
  ///     of the provider `builtin`, *and* the server's encoding is UTF8, SQL_ASCII or LATIN1: the
  ///     server compares bytes of its own encoding, and what arrives here is UTF-8.
  init(_ type: PostgresTypeName, comparesBytes: Bool) {
    self.type = type
    order = type.builtin.map { Self.order(of: $0, comparesBytes) } ?? .server
  }

  private static func order(of type: BuiltinType, _ comparesBytes: Bool) -> Order {
    switch type {
    case .bool: .boolean
    case .int2, .int4, .int8, .oid: .integer
    case .float4, .float8: .float
    case .numeric: .numeric
    case .uuid: .uuid
    case .date: .date
    case .time: .time
    case .timetz: .timeWithZone
    case .timestamp, .timestamptz: .timestamp
    case .macaddr, .macaddr8: .macAddress
    case .char: .singleByte
    case .bytea: .bytes
    case .text, .varchar, .name: comparesBytes ? .text : .server
    case .bpchar: comparesBytes ? .paddedText : .server
    default: .server
    }
  }
}

/// A type by its name, which is what a cast in SQL needs.
enum PostgresTypeName: Hashable, Sendable {
  case builtin(BuiltinType)
  /// An enum, for example.
  case named(schema: String, name: String)

  var builtin: BuiltinType? {
    if case .builtin(let type) = self { type } else { nil }
  }

  /// The type as a cast names it: `"pg_catalog"."int4"`.
  func quoted() throws(ReplicationError) -> SQL {
    switch self {
    case .builtin(let type):
      "\(try Identifier("pg_catalog")).\(try Identifier(type.rawValue))"
    case .named(let schema, let name): "\(try Identifier(schema)).\(try Identifier(name))"
    }
  }
}

/// A column of the key.
struct KeyColumn: Hashable, Sendable {
  let name: String
  let type: KeyType
  /// The column's collation, for questions to the server about text that is ordered by it.
  var collation: CollationName?
}

/// A collation by its name.
struct CollationName: Hashable, Sendable {
  let schema: String
  let name: String
}
