import CDCTime

/// An `lseg`: a line from one point to another.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresLineSegment: Hashable, Sendable {
  /// The first point.
  public let start: PostgresPoint
  /// The last point.
  public let end: PostgresPoint

  /// The line from one point to the other.
  public init(start: PostgresPoint, end: PostgresPoint) {
    self.start = start
    self.end = end
  }
}

extension PostgresLineSegment: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .lseg }

  /// Reads `[(0,0),(1,1)]`.
  public init?(postgresText text: Span<UInt8>) {
    var rest = text
    guard rest.take("["), let start = rest.takePoint(), rest.take(","),
      let end = rest.takePoint(), rest.take("]"), rest.isEmpty
    else { return nil }
    self.init(start: start, end: end)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.init(start: bytes.point(at: 0), end: bytes.point(at: 16))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    [start, end].appendPostgresText(to: &bytes)
    bytes.append(UInt8(ascii: "]"))
  }
}
