internal import CDCTime

/// A log sequence number: a byte position in the server's write-ahead log.
///
/// Its text form is two hexadecimal numbers, the upper and the lower 32 bits: `16/B374D848`.
/// Servers 13 to 18 print it unpadded, 19 pads the lower half to eight digits; both are read.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-pg-lsn.html>
public struct LSN: Hashable, Comparable, Sendable {
  /// The position as one 64-bit number.
  public let rawValue: UInt64

  /// The position at this number of bytes from the start of the log.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// `0/0`, which no record has: PostgreSQL's way to say "none" (`InvalidXLogRecPtr`).
  public static let zero = LSN(rawValue: 0)

  public static func < (left: LSN, right: LSN) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension LSN {
  /// Bytes of the log from an earlier position to this one; zero if that one is not earlier.
  package func bytes(since earlier: LSN) -> UInt64 {
    rawValue.subtractingSaturating(earlier.rawValue)
  }

  /// The position this number of bytes later; the last position if that is beyond it.
  package func advanced(by bytes: UInt64) -> LSN {
    LSN(rawValue: rawValue.addingSaturating(bytes))
  }

  /// The position of the byte before; at the first position, that position itself.
  package var predecessor: LSN {
    LSN(rawValue: rawValue.subtractingSaturating(1))
  }
}

extension LSN: LosslessStringConvertible {
  /// Reads `X/X`: one to eight hexadecimal digits on each side and nothing else.
  ///
  /// - Returns: `nil` for any other text; a sign, a space, a prefix or a ninth digit is refused.
  public init?(_ description: String) {
    guard let value = LSN.parse(description.utf8) else { return nil }
    self.init(rawValue: value)
  }

  /// The unpadded text, as servers 13 to 18 print it: `16/B374D848`.
  public var description: String {
    let upper = String(rawValue >> 32, radix: 16, uppercase: true)
    let lower = String(rawValue & 0xFFFF_FFFF, radix: 16, uppercase: true)
    return "\(upper)/\(lower)"
  }

  private static func parse(_ text: some Sequence<UInt8>) -> UInt64? {
    var halves: (upper: UInt64, lower: UInt64) = (0, 0)
    var digits = 0
    var sawSlash = false
    for byte in text {
      if byte == UInt8(ascii: "/") {
        guard !sawSlash, digits > 0 else { return nil }
        (halves.upper, halves.lower) = (halves.lower, 0)
        digits = 0
        sawSlash = true
      } else {
        guard let digit = HexDigit.value(of: byte), digits < 8 else { return nil }
        halves.lower = halves.lower << 4 | UInt64(digit)
        digits += 1
      }
    }
    guard sawSlash, digits > 0 else { return nil }
    return halves.upper << 32 | halves.lower
  }
}
