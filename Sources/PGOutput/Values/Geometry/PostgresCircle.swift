import CDCTime

/// A `circle`.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresCircle: Hashable, Sendable {
  /// The center.
  public let center: PostgresPoint
  /// The radius.
  public let radius: Double

  /// A circle around a point.
  public init(center: PostgresPoint, radius: Double) {
    self.center = center
    self.radius = radius
  }
}

extension PostgresCircle: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .circle }

  /// Reads `<(0,0),1.5>`.
  public init?(postgresText text: Span<UInt8>) {
    var rest = text
    guard rest.take("<"), let center = rest.takePoint(), rest.take(","),
      let radius = rest.takeDouble(), rest.take(">"), rest.isEmpty
    else { return nil }
    self.init(center: center, radius: radius)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 24 else { return nil }
    self.init(center: bytes.point(at: 0), radius: bytes.double(at: 16))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "<"))
    center.appendPostgresText(to: &bytes)
    bytes.append(UInt8(ascii: ","))
    radius.appendPostgresText(to: &bytes)
    bytes.append(UInt8(ascii: ">"))
  }
}
