import CDCTime

/// A `point` of the plane.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-geometric.html>
public struct PostgresPoint: Hashable, Sendable {
  /// The horizontal coordinate.
  public let x: Double
  /// The vertical coordinate.
  public let y: Double

  /// The point with these coordinates.
  public init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

extension PostgresPoint: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .point }

  /// Reads `(1.5,-2)`.
  public init?(postgresText text: Span<UInt8>) {
    var rest = text
    guard let point = rest.takePoint(), rest.isEmpty else { return nil }
    self = point
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 16 else { return nil }
    self = bytes.point(at: 0)
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "("))
    x.appendPostgresText(to: &bytes)
    bytes.append(UInt8(ascii: ","))
    y.appendPostgresText(to: &bytes)
    bytes.append(UInt8(ascii: ")"))
  }
}

extension Span<UInt8> {
  /// Takes a number off the front, up to what can't be part of one.
  mutating func takeDouble() -> Double? {
    var length = 0
    while length < count {
      switch self[length] {
      case UInt8(ascii: ","), UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: ">"),
        UInt8(ascii: "}"):
        break
      default:
        length += 1
        continue
      }
      break
    }
    let text = extracting(first: length)
    guard let value = Double(parsing: text) else { return nil }
    self = extracting(droppingFirst: length)
    return value
  }

  mutating func takePoint() -> PostgresPoint? {
    guard take("("), let x = takeDouble(), take(","), let y = takeDouble(), take(")") else {
      return nil
    }
    return PostgresPoint(x: x, y: y)
  }

  /// Takes points with commas between them, at least one.
  mutating func takePoints() -> [PostgresPoint]? {
    var points: [PostgresPoint] = []
    repeat {
      guard let point = takePoint() else { return nil }
      points.append(point)
    } while take(",")
    return points
  }

  /// The number at an offset; the span must be long enough.
  func double(at offset: Int) -> Double { Double(bitPattern: uint64(at: offset)) }

  /// The point at an offset; the span must be long enough.
  func point(at offset: Int) -> PostgresPoint {
    PostgresPoint(x: double(at: offset), y: double(at: offset + 8))
  }

  /// All the points that a number of 32 bits at an offset counts, to the end; one at least.
  func points(at offset: Int) -> [PostgresPoint]? {
    guard count >= offset + 4 else { return nil }
    let length = Int(Int32(bitPattern: uint32(at: offset)))
    guard length > 0, (count - offset - 4) == 16 * length else { return nil }
    return (0..<length).map { point(at: offset + 4 + 16 * $0) }
  }
}

extension [PostgresPoint] {
  func appendPostgresText(to bytes: inout [UInt8]) {
    for (index, point) in enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      point.appendPostgresText(to: &bytes)
    }
  }
}
