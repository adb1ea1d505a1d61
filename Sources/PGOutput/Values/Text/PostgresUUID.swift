/// A `uuid`: 128 bits, printed as 32 hexadecimal digits in five groups.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-uuid.html>
public struct PostgresUUID: Hashable, Comparable, Sendable {
  /// All the bits as one number, the first printed digit on top.
  public let bits: UInt128

  public init(bits: UInt128) {
    self.bits = bits
  }

  public static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}

extension PostgresUUID: PostgresScalar, CustomStringConvertible {
  public static func stands(for type: BuiltinType) -> Bool { type == .uuid }

  /// Reads `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11`, in lower case.
  public init?(postgresText text: Span<UInt8>) {
    guard text.count == 36 else { return nil }
    var (high, low): (UInt64, UInt64) = (0, 0)
    for index in 0..<36 {
      if index == 8 || index == 13 || index == 18 || index == 23 {
        guard text[index] == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard let digit = text[index].lowerHexValue else { return nil }
      if index < 18 {
        high = high << 4 | UInt64(digit)
      } else {
        low = low << 4 | UInt64(digit)
      }
    }
    bits = UInt128(high) << 64 | UInt128(low)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 16 else { return nil }
    bits = UInt128(bytes.uint64(at: 0)) << 64 | UInt128(bytes.uint64(at: 8))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    for index in 0..<16 {
      if index == 4 || index == 6 || index == 8 || index == 10 { bytes.append(UInt8(ascii: "-")) }
      bytes.append(lowerHex: UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * index)))
    }
  }
}
