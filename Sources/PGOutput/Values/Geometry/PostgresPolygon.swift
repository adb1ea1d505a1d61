import CDCTime

/// A `polygon`, by its corners.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresPolygon: Hashable, Sendable {
  /// The corners, in their order.
  public let points: [PostgresPoint]

  /// The polygon with these corners.
  public init(points: [PostgresPoint]) {
    self.points = points
  }
}

extension PostgresPolygon: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .polygon }

  /// Reads `((0,0),(1,1),(1,0))`.
  public init?(postgresText text: Span<UInt8>) {
    var rest = text
    guard rest.take("("), let points = rest.takePoints(), rest.take(")"), rest.isEmpty else {
      return nil
    }
    self.init(points: points)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard let points = bytes.points(at: 0) else { return nil }
    self.init(points: points)
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "("))
    points.appendPostgresText(to: &bytes)
    bytes.append(UInt8(ascii: ")"))
  }
}
