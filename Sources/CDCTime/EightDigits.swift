/// Eight bytes of text as one word, the first on top, in which decimal digits are read all at once.
package struct EightDigits {
  /// The value of each digit, in the byte that it came in; 0 where a separator is.
  @usableFromInline let values: UInt64

  /// Reads digits, and separators between them.
  ///
  /// - Parameters:
  ///   - pattern: The text with zeros for digits.
  ///   - separators: Has all bits of those bytes that are separators.
  /// - Returns: `nil` if a byte is not a decimal digit, or not the separator.
  @inlinable @inline(__always) package init?(
    _ word: UInt64, pattern: UInt64 = 0x3030_3030_3030_3030, separators: UInt64 = 0
  ) {
    values = word ^ pattern
    // A byte below 10 stays below 16 with 6 added; others have an upper bit before that or after.
    guard (values | (values &+ 0x0606_0606_0606_0606)) & 0xF0F0_F0F0_F0F0_F0F0 == 0,
      values & separators == 0
    else { return nil }
  }

  /// The digit in a byte and the one before it as a number; the last byte is 0.
  @inlinable @inline(__always) package func twoDigits(endingAt byte: UInt64) -> Int32 {
    Int32(truncatingIfNeeded: (values &+ (values >> 8) &* 10) >> (byte &* 8) & 0xFF)
  }

  /// All eight digits as a number.
  @inlinable @inline(__always) package var number: UInt64 {
    let pairs = (values &+ (values >> 8) &* 10) & 0x00FF_00FF_00FF_00FF
    let quads = (pairs &+ (pairs >> 16) &* 100) & 0x0000_FFFF_0000_FFFF
    return (quads &+ (quads >> 32) &* 10_000) & 0xFFFF_FFFF
  }
}

extension Span<UInt8> {
  /// The eight bytes at an offset, the span being long enough.
  @inline(__always) func word(at offset: Int) -> UInt64 {
    let bytes = extracting(offset..<offset &+ 8)
    let high =
      UInt64(bytes[0]) << 56 | UInt64(bytes[1]) << 48 | UInt64(bytes[2]) << 40
      | UInt64(bytes[3]) << 32
    let low =
      UInt64(bytes[4]) << 24 | UInt64(bytes[5]) << 16 | UInt64(bytes[6]) << 8 | UInt64(bytes[7])
    return high | low
  }

  /// `2024-01-`, with which the text of a date and of a time begins.
  @inline(__always) func yearAndMonth() -> EightDigits? {
    EightDigits(
      word(at: 0), pattern: 0x3030_3030_2D30_302D, separators: 0x0000_0000_FF00_00FF)
  }
}
