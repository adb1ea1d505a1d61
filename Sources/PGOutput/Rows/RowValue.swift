/// The value of a column of any type, for rows whose tables aren't known in advance.
///
///     let row = try change.withRow { row in try row.dictionary() }
///     let json = try JSONEncoder().encode(row)
///
/// What Swift has a type of its own for is that; everything else is PostgreSQL's text.
@nonexhaustive public enum RowValue: Hashable, Sendable {
  /// SQL's NULL.
  case null
  /// A `boolean`.
  case bool(Bool)
  /// A `smallint`, `integer`, `bigint` or `oid`.
  case integer(Int64)
  /// A `real` or `double precision`.
  case float(Double)
  /// Any other type, `numeric` and times included, as PostgreSQL prints it.
  case text(String)
  /// An array; of several dimensions, arrays of arrays. Its bounds are dropped.
  case array([RowValue])
}

extension RowValue: PostgresDecodable {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    switch type {
    case .builtin(.bool): self = .bool(try Bool(postgresText: text, type: type))
    case .builtin(.int2), .builtin(.int4), .builtin(.int8), .builtin(.oid):
      self = .integer(try Int64(postgresText: text, type: type))
    case .builtin(.float4), .builtin(.float8):
      self = .float(try Double(postgresText: text, type: type))
    case .array:
      self = Self.value(of: try PostgresArray(postgresText: text, type: type))
    default: self = .text(try String(postgresText: text, type: type))
    }
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    switch type {
    case .builtin(.bool): self = .bool(try Bool(postgresBinary: bytes, type: type))
    case .builtin(.int2), .builtin(.int4), .builtin(.int8), .builtin(.oid):
      self = .integer(try Int64(postgresBinary: bytes, type: type))
    case .builtin(.float4), .builtin(.float8):
      self = .float(try Double(postgresBinary: bytes, type: type))
    case .array:
      self = Self.value(of: try PostgresArray(postgresBinary: bytes, type: type))
    default: self = .text(try String(postgresBinary: bytes, type: type))
    }
  }

  public static var postgresNull: RowValue? { .null }

  private static func value(of array: PostgresArray<RowValue>) -> RowValue {
    .array(nested(array.elements[...], array.dimensions[...]))
  }

  /// There are six dimensions at most.
  private static func nested(
    _ elements: ArraySlice<RowValue>, _ dimensions: ArraySlice<PostgresDimension>
  ) -> [RowValue] {
    guard let first = dimensions.first, dimensions.count > 1, first.count > 0 else {
      return Array(elements)
    }
    let size = elements.count / first.count
    return (0..<first.count).map { index in
      let start = elements.startIndex + index * size
      return .array(nested(elements[start..<start + size], dimensions.dropFirst()))
    }
  }
}

/// As JSON has them; numbers that aren't finite, which JSON can't have, as text.
extension RowValue: Encodable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .float(let value) where value.isFinite: try container.encode(value)
    case .float(let value): try container.encode(value.postgresText)
    case .text(let value): try container.encode(value)
    case .array(let values): try container.encode(values)
    }
  }
}

extension RowView {
  /// The values by the names of their columns, which is `Encodable`.
  ///
  /// Columns whose values aren't known, unchanged or not sent, are absent.
  ///
  /// - Throws: ``RowError`` if a value isn't one of its column's type.
  public func dictionary() throws(RowError) -> [String: RowValue] {
    var values: [String: RowValue] = [:]
    for column in 0..<columnCount where isKnown(column) {
      values[relation.columns[column].name] = try self[column, as: RowValue.self]
    }
    return values
  }
}
