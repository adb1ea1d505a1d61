import PGOutput
import PGWire

/// Numbers and bytes in digits: decimal, hexadecimal, base64.
extension OutputBuffer {
  /// The room that a number in decimal takes: 20 digits and a sign, and what is written beyond.
  static let decimalRoom = 32

  /// Appends a whole number.
  mutating func append(decimal number: Int64) {
    makeRoom(for: Self.decimalRoom)
    if number < 0 { put(UInt8(ascii: "-")) }
    put(decimal: number.magnitude)
  }

  /// Appends a whole number that is not negative.
  mutating func append(decimal number: UInt64) {
    makeRoom(for: Self.decimalRoom)
    put(decimal: number)
  }

  /// Puts a number without needless zeros; it takes up to ``decimalRoom``.
  mutating func put(decimal number: UInt64) {
    let block: UInt64 = 100_000_000
    guard number >= block else { return put(firstDigits: number) }
    let (high, low) = number.quotientAndRemainder(dividingBy: block)
    if high < block {
      put(firstDigits: high)
    } else {
      let (top, middle) = high.quotientAndRemainder(dividingBy: block)
      put(firstDigits: top)
      put(word: eightDigits(middle), count: 8)
    }
    put(word: eightDigits(low), count: 8)
  }

  /// Puts a number below 10^8 with exactly this number of digits, eight at most.
  mutating func put(_ number: Int64, digits: Int) {
    let word = eightDigits(UInt64(truncatingIfNeeded: number))
    put(word: word >> UInt64(8 * (8 - digits)), count: digits)
  }

  /// Puts a number below 10^8 without zeros in front.
  private mutating func put(firstDigits number: UInt64) {
    let word = eightDigits(number)
    // The last digit stays, whatever it is.
    let zeros = Swift.min((word ^ 0x3030_3030_3030_3030).trailingZeroBitCount / 8, 7)
    put(word: word >> UInt64(8 * zeros), count: 8 - zeros)
  }

  /// Appends a position: `16/B374D848`, unpadded.
  mutating func append(_ lsn: LSN) {
    makeRoom(for: Self.lsnRoom)
    put(lsn)
  }

  /// The room that a position takes, and what is written beyond.
  static let lsnRoom = 32

  /// Puts a position; it takes up to ``lsnRoom``.
  mutating func put(_ lsn: LSN) {
    put(upperHex: UInt32(truncatingIfNeeded: lsn.rawValue >> 32))
    put(UInt8(ascii: "/"))
    put(upperHex: UInt32(truncatingIfNeeded: lsn.rawValue))
  }

  private mutating func put(upperHex number: UInt32) {
    let zeros = (number | 1).leadingZeroBitCount / 4
    put(word: hexDigits(number, letters: 7) >> UInt64(8 * zeros), count: 8 - zeros)
  }

  /// Appends four upper-case hexadecimal digits.
  mutating func append(upperHexOf number: UInt16) {
    makeRoom(for: 8)
    put(word: hexDigits(UInt32(number) << 16, letters: 7), count: 4)
  }

  /// Appends two lower-case hexadecimal digits.
  mutating func append(hex byte: UInt8) {
    makeRoom(for: 8)
    put(word: hexDigits(UInt32(byte) << 24, letters: 39), count: 2)
  }

  /// Appends a JSON string in base64 of what pairs of hexadecimal digits say.
  mutating func append(base64OfHex digits: Span<UInt8>) {
    append(UInt8(ascii: "\""))
    // Of 48 bytes at a time, which have no padding.
    var piece = InlineArray<48, UInt8>(repeating: 0)
    var at = 0
    while digits.count - at >= 2 {
      let size = min(48, (digits.count - at) / 2)
      for index in 0..<size { piece[index] = digits.hexByte(at: at + 2 * index) ?? 0 }
      append(addingCapacity: Base64.encodedCount(size)) {
        Base64.encode(piece.span.extracting(first: size), into: &$0)
      }
      at += 2 * size
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends a JSON string in base64, with its padding.
  mutating func append(base64 bytes: Span<UInt8>) {
    append(UInt8(ascii: "\""))
    append(addingCapacity: Base64.encodedCount(bytes.count)) { Base64.encode(bytes, into: &$0) }
    append(UInt8(ascii: "\""))
  }
}

/// The eight decimal digits of a number below 10^8, the first in the lowest byte.
///
/// All are worked on at once: halves of four digits, then pairs, then digits, each in its own lane.
@inline(__always) private func eightDigits(_ number: UInt64) -> UInt64 {
  let high = number / 10_000
  let fours = high | (number &- high &* 10_000) << 32
  let hundreds = ((fours &* 10_486) >> 20) & 0x0000_007F_0000_007F
  let pairs = hundreds | (fours &- hundreds &* 100) << 16
  let tens = ((pairs &* 103) >> 10) & 0x000F_000F_000F_000F
  return (tens | (pairs &- tens &* 10) << 8) &+ 0x3030_3030_3030_3030
}

/// The eight hexadecimal digits of a number, the first in the lowest byte.
///
/// - Parameter letters: What is added for a digit from 10 on: 7 for upper case, 39 for lower.
@inline(__always) private func hexDigits(_ number: UInt32, letters: UInt64) -> UInt64 {
  var lanes = UInt64(number.byteSwapped)
  lanes = (lanes | lanes << 16) & 0x0000_FFFF_0000_FFFF
  lanes = (lanes | lanes << 8) & 0x00FF_00FF_00FF_00FF
  lanes = (lanes >> 4 & 0x000F_000F_000F_000F) | (lanes << 8 & 0x0F00_0F00_0F00_0F00)
  let isLetter = ((lanes &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
  return lanes &+ 0x3030_3030_3030_3030 &+ isLetter &* letters
}
