import CDCTime

/// A `box`, by two opposite corners.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresBox: Hashable, Sendable {
  /// The corner with the greater coordinates.
  public let upperRight: PostgresPoint
  /// The corner with the smaller coordinates.
  public let lowerLeft: PostgresPoint

  /// A box with these corners, which are not reordered.
  public init(upperRight: PostgresPoint, lowerLeft: PostgresPoint) {
    self.upperRight = upperRight
    self.lowerLeft = lowerLeft
  }
}

extension PostgresBox: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .box }

  /// Reads `(1,1),(0,0)`.
  public init?(postgresText text: Span<UInt8>) {
    var rest = text
    guard let upper = rest.takePoint(), rest.take(","), let lower = rest.takePoint(), rest.isEmpty
    else { return nil }
    self.init(upperRight: upper, lowerLeft: lower)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.init(upperRight: bytes.point(at: 0), lowerLeft: bytes.point(at: 16))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    [upperRight, lowerLeft].appendPostgresText(to: &bytes)
  }
}
