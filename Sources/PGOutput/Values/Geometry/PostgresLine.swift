import CDCTime

/// A `line` without ends: all points with ax + by + c = 0.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresLine: Hashable, Sendable {
  /// The factor of x.
  public let a: Double
  /// The factor of y.
  public let b: Double
  /// The constant.
  public let c: Double

  /// The line of all points with ax + by + c = 0.
  public init(a: Double, b: Double, c: Double) {
    self.a = a
    self.b = b
    self.c = c
  }
}

extension PostgresLine: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .line }

  /// Reads `{1,-1,0}`.
  public init?(postgresText text: Span<UInt8>) {
    var rest = text
    guard rest.take("{"), let a = rest.takeDouble(), rest.take(","), let b = rest.takeDouble(),
      rest.take(","), let c = rest.takeDouble(), rest.take("}"), rest.isEmpty
    else { return nil }
    self.init(a: a, b: b, c: c)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 24 else { return nil }
    self.init(a: bytes.double(at: 0), b: bytes.double(at: 8), c: bytes.double(at: 16))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    a.appendPostgresText(to: &bytes)
    bytes.append(UInt8(ascii: ","))
    b.appendPostgresText(to: &bytes)
    bytes.append(UInt8(ascii: ","))
    c.appendPostgresText(to: &bytes)
    bytes.append(UInt8(ascii: "}"))
  }
}
