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
    guard text[8] == UInt8(ascii: "-"), text[13] == UInt8(ascii: "-"),
      text[18] == UInt8(ascii: "-"), text[23] == UInt8(ascii: "-"),
      let first = text.hex(0..<8), let second = text.hex(9..<13), let third = text.hex(14..<18),
      let fourth = text.hex(19..<23), let fifth = text.hex(24..<36)
    else { return nil }
    bits = UInt128(first << 32 | second << 16 | third) << 64 | UInt128(fourth << 48 | fifth)
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

extension Span<UInt8> {
  /// The number that lower-case hexadecimal digits stand for.
  @inline(__always) fileprivate func hex(_ range: Range<Int>) -> UInt64? {
    var value: UInt64 = 0
    var isValid = true
    for index in range {
      let byte = self[index]
      let decimal = byte &- UInt8(ascii: "0")
      let letter = byte &- UInt8(ascii: "a")
      isValid = isValid && (decimal < 10 || letter < 6)
      value = value << 4 | UInt64(decimal < 10 ? decimal : letter &+ 10)
    }
    return isValid ? value : nil
  }
}
