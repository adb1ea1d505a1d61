/// An array with everything that PostgreSQL keeps of it: dimensions, lower bounds, elements.
///
/// NULL can be an element if `Element` is an optional type. Where one dimension is all there is,
/// Swift's own arrays can be decoded to as well.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/arrays.html>
public struct PostgresArray<Element> {
  /// None if the array is empty, at most six.
  public let dimensions: [PostgresDimension]
  /// All elements, those of the last dimension side by side.
  public let elements: [Element]

  /// An array of one dimension, or an empty one.
  public init(_ elements: [Element]) {
    dimensions = elements.isEmpty ? [] : [PostgresDimension(count: elements.count)]
    self.elements = elements
  }

  /// - Returns: `nil` if there are not as many elements as the dimensions ask for.
  public init?(_ elements: [Element], dimensions: [PostgresDimension]) {
    guard dimensions.count <= PostgresDimension.most,
      elements.count == PostgresDimension.elementCount(dimensions)
    else { return nil }
    self.dimensions = dimensions
    self.elements = elements
  }

  init(_ dimensions: [PostgresDimension], _ elements: [Element]) {
    self.dimensions = dimensions
    self.elements = elements
  }
}

extension PostgresArray: Equatable where Element: Equatable {}
extension PostgresArray: Hashable where Element: Hashable {}
extension PostgresArray: Sendable where Element: Sendable {}
extension PostgresArray: Encodable where Element: Encodable {}
extension PostgresArray: Decodable where Element: Decodable {}

extension PostgresArray: PostgresDecodable where Element: PostgresDecodable {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let (element, delimiter) = type.arrayElement else { throw .wrongType }
    var reader = ArrayReader(delimiter: delimiter)
    var elements: [Element] = []
    try reader.read(text) { () throws(PostgresValueError) in
      elements.append(try Element.forNull())
    } value: { text throws(PostgresValueError) in
      elements.append(try Element(postgresText: text, type: element))
    }
    self.init(reader.dimensions, elements)
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let (element, delimiter) = type.arrayElement else { throw .wrongType }
    var reader = ArrayReader(delimiter: delimiter)
    var elements: [Element] = []
    try reader.read(binary: bytes) { () throws(PostgresValueError) in
      elements.append(try Element.forNull())
    } value: { bytes throws(PostgresValueError) in
      elements.append(try Element(postgresBinary: bytes, type: element))
    }
    self.init(reader.dimensions, elements)
  }
}

extension PostgresDecodable {
  fileprivate static func forNull() throws(PostgresValueError) -> Self {
    guard let value = postgresNull else { throw .nullElement }
    return value
  }
}

/// An array of one dimension; a lower bound is dropped, more dimensions are
/// ``PostgresValueError/outOfRange``.
extension Array: PostgresDecodable where Element: PostgresDecodable {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    self = try Self.oneDimension(PostgresArray(postgresText: text, type: type))
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    self = try Self.oneDimension(PostgresArray(postgresBinary: bytes, type: type))
  }

  private static func oneDimension(
    _ array: PostgresArray<Element>
  ) throws(PostgresValueError) -> Self {
    guard array.dimensions.count <= 1 else { throw .outOfRange }
    return array.elements
  }
}
