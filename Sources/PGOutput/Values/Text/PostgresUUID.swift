/// A `uuid`: 128 bits, printed as 32 hexadecimal digits in five groups.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-uuid.html>
public struct PostgresUUID: Hashable, Comparable, Sendable {
  /// All the bits as one number, the first printed digit on top.
  public let bits: UInt128

  /// The UUID with these bits, the first printed digit on top.
  public init(bits: UInt128) {
    self.bits = bits
  }

  public static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}

extension PostgresUUID: PostgresScalar, CustomStringConvertible {
  @inlinable package static func stands(for type: BuiltinType) -> Bool { type == .uuid }

  /// Reads `a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11`, in lower case.
  public init?(postgresText text: Span<UInt8>) {
    guard text.count == 36 else { return nil }
    guard text[8] == UInt8(ascii: "-"), text[13] == UInt8(ascii: "-"),
      text[18] == UInt8(ascii: "-"), text[23] == UInt8(ascii: "-"),
      let first = hexValue(text.uint64(at: 0)),
      let second = hexValue(UInt64(text.uint32(at: 9)) << 32 | UInt64(text.uint32(at: 14))),
      let third = hexValue(UInt64(text.uint32(at: 19)) << 32 | UInt64(text.uint32(at: 24))),
      let fourth = hexValue(text.uint64(at: 28))
    else { return nil }
    bits = UInt128(first << 32 | second) << 64 | UInt128(third << 32 | fourth)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 16 else { return nil }
    bits = UInt128(bytes.uint64(at: 0)) << 64 | UInt128(bytes.uint64(at: 8))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    let high = UInt64(truncatingIfNeeded: bits >> 64)
    let low = UInt64(truncatingIfNeeded: bits)
    bytes.append(addingCapacity: 36) { output in
      output.append(hexDigits: 8, of: high >> 32)
      output.append(hexGroup: high >> 16)
      output.append(hexGroup: high)
      output.append(hexGroup: low >> 48)
      output.append(UInt8(ascii: "-"))
      output.append(hexDigits: 12, of: low)
    }
  }
}

extension OutputSpan<UInt8> {
  /// Appends the last four digits of a number behind a hyphen.
  @inline(__always) fileprivate mutating func append(hexGroup value: UInt64) {
    append(UInt8(ascii: "-"))
    append(hexDigits: 4, of: value)
  }

  /// Appends the last digits of a number.
  @inline(__always) fileprivate mutating func append(hexDigits count: Int, of value: UInt64) {
    for index in 1...count {
      append(lowerHexDigit(UInt8(truncatingIfNeeded: value >> UInt64(4 * (count - index))) & 0xF))
    }
  }
}

/// The number that eight lower-case hexadecimal digits stand for, which are the bytes of a word.
///
/// All eight are worked on at once: a letter has bit 6, and its low bits are 9 less than its value.
@inline(__always) private func hexValue(_ digits: UInt64) -> UInt64? {
  let ones: UInt64 = 0x0101_0101_0101_0101
  let isLetter = (digits >> 6) & ones
  var values = (digits & 0x0F0F_0F0F_0F0F_0F0F) &+ isLetter &* 9
  let isAbove9 = ((values &+ ones &* 6) >> 4) & ones
  // What was a digit is the same when it is printed again.
  guard values & 0xF0F0_F0F0_F0F0_F0F0 == 0,
    values &+ ones &* 0x30 &+ isAbove9 &* 0x27 == digits
  else { return nil }
  values = (values | values >> 4) & 0x00FF_00FF_00FF_00FF
  values = (values | values >> 8) & 0x0000_FFFF_0000_FFFF
  return (values | values >> 16) & 0xFFFF_FFFF
}
