import CDCTime

/// A `line` without ends: all points with ax + by + c = 0.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresLine: Hashable, Sendable {
  public let a: Double
  public let b: Double
  public let c: Double

  public init(a: Double, b: Double, c: Double) {
    self.a = a
    self.b = b
    self.c = c
  }
}

extension PostgresLine: PostgresScalar, CustomStringConvertible {
  public static func stands(for type: BuiltinType) -> Bool { type == .line }

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

/// An `lseg`: a line from one point to another.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresLineSegment: Hashable, Sendable {
  public let start: PostgresPoint
  public let end: PostgresPoint

  public init(start: PostgresPoint, end: PostgresPoint) {
    self.start = start
    self.end = end
  }
}

extension PostgresLineSegment: PostgresScalar, CustomStringConvertible {
  public static func stands(for type: BuiltinType) -> Bool { type == .lseg }

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

/// A `box`, by two opposite corners.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresBox: Hashable, Sendable {
  /// The corner with the greater coordinates.
  public let upperRight: PostgresPoint
  public let lowerLeft: PostgresPoint

  public init(upperRight: PostgresPoint, lowerLeft: PostgresPoint) {
    self.upperRight = upperRight
    self.lowerLeft = lowerLeft
  }
}

extension PostgresBox: PostgresScalar, CustomStringConvertible {
  public static func stands(for type: BuiltinType) -> Bool { type == .box }

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

/// A `circle`.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresCircle: Hashable, Sendable {
  public let center: PostgresPoint
  public let radius: Double

  public init(center: PostgresPoint, radius: Double) {
    self.center = center
    self.radius = radius
  }
}

extension PostgresCircle: PostgresScalar, CustomStringConvertible {
  public static func stands(for type: BuiltinType) -> Bool { type == .circle }

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
