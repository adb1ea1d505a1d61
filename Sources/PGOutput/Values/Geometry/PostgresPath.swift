import CDCTime

/// A `path`: points joined by lines, the last with the first if it is closed.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresPath: Hashable, Sendable {
  /// Whether the last point is joined with the first.
  public let isClosed: Bool
  /// The points, in their order.
  public let points: [PostgresPoint]

  /// A path through these points.
  public init(isClosed: Bool, points: [PostgresPoint]) {
    self.isClosed = isClosed
    self.points = points
  }
}

extension PostgresPath: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .path }

  /// Reads `((0,0),(1,1))`, closed, or `[(0,0),(1,1)]`, open.
  public init?(postgresText text: Span<UInt8>) {
    var rest = text
    let isClosed = rest.take("(")
    guard isClosed || rest.take("["), let points = rest.takePoints(),
      rest.take(isClosed ? ")" : "]"), rest.isEmpty
    else { return nil }
    self.init(isClosed: isClosed, points: points)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count >= 5, bytes[0] <= 1, let points = bytes.points(at: 1) else { return nil }
    self.init(isClosed: bytes[0] == 1, points: points)
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(isClosed ? UInt8(ascii: "(") : UInt8(ascii: "["))
    points.appendPostgresText(to: &bytes)
    bytes.append(isClosed ? UInt8(ascii: ")") : UInt8(ascii: "]"))
  }
}
