import CDCTime

/// A range: all values between two ends, or none.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/rangetypes.html>
public enum PostgresRange<Bound> {
  /// No value at all.
  case empty
  /// The values between; an end that is `nil` is infinite.
  case between(End?, End?)

  /// One end.
  public struct End {
    /// The value at this end.
    public let bound: Bound
    /// Whether the bound itself belongs to the range.
    public let isInclusive: Bool

    /// An end at this value, which belongs to the range if `isInclusive`.
    public init(_ bound: Bound, isInclusive: Bool) {
      self.bound = bound
      self.isInclusive = isInclusive
    }
  }

  init(_ flags: RangeFlags, _ lower: Bound?, _ upper: Bound?) {
    self =
      flags.contains(.empty)
      ? .empty
      : .between(
        lower.map { End($0, isInclusive: flags.contains(.lowerInclusive)) },
        upper.map { End($0, isInclusive: flags.contains(.upperInclusive)) })
  }
}

extension PostgresRange.End: Equatable where Bound: Equatable {}
extension PostgresRange.End: Hashable where Bound: Hashable {}
extension PostgresRange.End: Sendable where Bound: Sendable {}
extension PostgresRange.End: Encodable where Bound: Encodable {}
extension PostgresRange.End: Decodable where Bound: Decodable {}
extension PostgresRange: Equatable where Bound: Equatable {}
extension PostgresRange: Hashable where Bound: Hashable {}
extension PostgresRange: Sendable where Bound: Sendable {}
extension PostgresRange: Encodable where Bound: Encodable {}
extension PostgresRange: Decodable where Bound: Decodable {}

extension PostgresRange: PostgresDecodable where Bound: PostgresDecodable {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let bound = type.rangeBound else { throw .wrongType }
    var rest = text
    self = try Self(taking: &rest, bound: bound)
    guard rest.isEmpty else { throw .malformed }
  }

  init(taking rest: inout Span<UInt8>, bound: PostgresType) throws(PostgresValueError) {
    var (lower, upper): (Bound?, Bound?)
    let flags = try rest.takeRange { text throws(PostgresValueError) in
      lower = try Bound(postgresText: text, type: bound)
    } upper: { text throws(PostgresValueError) in
      upper = try Bound(postgresText: text, type: bound)
    }
    self.init(flags, lower, upper)
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let bound = type.rangeBound else { throw .wrongType }
    try self.init(binary: bytes, bound: bound)
  }

  init(binary bytes: Span<UInt8>, bound: PostgresType) throws(PostgresValueError) {
    var (lower, upper): (Bound?, Bound?)
    let flags = try bytes.readRange { bytes throws(PostgresValueError) in
      lower = try Bound(postgresBinary: bytes, type: bound)
    } upper: { bytes throws(PostgresValueError) in
      upper = try Bound(postgresBinary: bytes, type: bound)
    }
    self.init(flags, lower, upper)
  }
}

/// A multirange: ranges in order, without overlap.
///
/// Since server 14.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/rangetypes.html>
public struct PostgresMultirange<Bound> {
  /// The ranges, in their order.
  public let ranges: [PostgresRange<Bound>]

  /// These ranges, as they are: they are not ordered or merged.
  public init(_ ranges: [PostgresRange<Bound>]) {
    self.ranges = ranges
  }
}

extension PostgresMultirange: Equatable where Bound: Equatable {}
extension PostgresMultirange: Hashable where Bound: Hashable {}
extension PostgresMultirange: Sendable where Bound: Sendable {}
extension PostgresMultirange: Encodable where Bound: Encodable {}
extension PostgresMultirange: Decodable where Bound: Decodable {}

extension PostgresMultirange: PostgresDecodable where Bound: PostgresDecodable {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let bound = type.multirangeBound else { throw .wrongType }
    var rest = text
    var ranges: [PostgresRange<Bound>] = []
    guard rest.take("{") else { throw .malformed }
    if !rest.take("}") {
      repeat {
        ranges.append(try PostgresRange(taking: &rest, bound: bound))
      } while rest.take(",")
      guard rest.take("}") else { throw .malformed }
    }
    guard rest.isEmpty else { throw .malformed }
    self.ranges = ranges
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let bound = type.multirangeBound else { throw .wrongType }
    var ranges: [PostgresRange<Bound>] = []
    try bytes.forEachOfMultirange { bytes throws(PostgresValueError) in
      ranges.append(try PostgresRange(binary: bytes, bound: bound))
    }
    self.ranges = ranges
  }
}

extension Span<UInt8> {
  /// Reads a multirange's binary form: count 4, count × (length 4, range).
  func forEachOfMultirange(
    _ body: (Span<UInt8>) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    var rest = self
    guard let count = rest.takeInt32(), count >= 0, Int(count) <= rest.count else {
      throw .malformed
    }
    for _ in 0..<count {
      if try rest.takeSized(body) == nil { throw .malformed }
    }
    guard rest.isEmpty else { throw .malformed }
  }
}
