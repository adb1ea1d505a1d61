/// Base64 with padding (RFC 4648, section 4), without line breaks or spaces.
package enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The number of digits, padding included, for this number of bytes.
  package static func encodedCount(_ byteCount: Int) -> Int { (byteCount + 2) / 3 * 4 }

  package static func encode(_ bytes: Span<UInt8>) -> [UInt8] {
    [UInt8](capacity: encodedCount(bytes.count)) { encode(bytes, into: &$0) }
  }

  /// Appends the digits; ``encodedCount(_:)`` says how much space they need.
  package static func encode(_ bytes: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group: UInt32 = 0
      for index in 0..<3 {
        group = group << 8 | (index < count ? UInt32(bytes[start + index]) : 0)
      }
      for index in 0..<4 {
        let digit = Int(group >> UInt32(18 - 6 * index) & 63)
        output.append(index <= count ? alphabet[digit] : UInt8(ascii: "="))
      }
    }
  }

  /// Decodes only what ``encode(_:)`` could have written.
  ///
  /// - Returns: `nil` for white space, missing or extra padding, or stray bits in the last digit.
  package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
    guard text.count.isMultiple(of: 4) else { return nil }
    var digits = text.count
    while digits > text.count - 2, digits > 0, text[digits - 1] == UInt8(ascii: "=") { digits -= 1 }

    var output: [UInt8] = []
    output.reserveCapacity(digits * 3 / 4)
    var bits: UInt32 = 0
    var count: UInt32 = 0
    for index in 0..<digits {
      guard let value = value(of: text[index]) else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        output.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= 1 << count - 1
      }
    }
    return bits == 0 ? output : nil
  }

  /// The six bits that a digit stands for; `nil` for any other byte.
  static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
