import PGOutput
import PGWire

/// Decimal numbers as in Kafka Connect: the digits without the point as one whole number, in two's
/// complement, most significant byte first, in as few bytes as it needs.
extension OutputBuffer {
  /// Appends base64 of the unscaled number.
  ///
  /// - Parameter scale: Digits after the point; negative if the last digits before it are zero and
  ///   not part of the number.
  mutating func append(debeziumDecimal text: Span<UInt8>, scale: Int) throws(UnexpectedText) {
    if let short = ShortDecimal(text), let number = short.rescaled(to: scale) {
      return append(base64: number)
    }
    var decimal = try DecimalText(text)
    guard decimal.rescale(to: scale) else { throw UnexpectedText() }
    let bytes = decimal.bytes
    append(base64: bytes.span)
  }

  /// Appends the scale and the number, without zeros at the end of the fraction.
  mutating func append(debeziumVariableDecimal text: Span<UInt8>) throws(UnexpectedText) {
    if var short = ShortDecimal(text) {
      short.dropZeros()
      append(json: #"{"scale":"#)
      append(decimal: Int64(short.scale))
      append(json: #","value":"#)
      append(base64: short.number)
      return append(UInt8(ascii: "}"))
    }
    var decimal = try DecimalText(text)
    decimal.dropZeros()
    append(json: #"{"scale":"#)
    append(decimal: Int64(decimal.scale))
    append(json: #","value":"#)
    let bytes = decimal.bytes
    append(base64: bytes.span)
    append(UInt8(ascii: "}"))
  }

  /// Appends base64 of a number in as few bytes as it needs.
  mutating func append(base64 number: Int128) {
    guard let number = Int64(exactly: number) else {
      let bytes = number.minimalBytes
      return append(base64: bytes.span)
    }
    append(base64: number)
  }

  private mutating func append(base64 number: Int64) {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    let size = number.minimalByteCount
    for index in 0..<size {
      bytes[index] = UInt8(truncatingIfNeeded: number >> Int64(8 * (size - 1 - index)))
    }
    append(base64: bytes.span.extracting(first: size))
  }
}

/// A decimal number of up to 18 digits, which needs no memory.
private struct ShortDecimal {
  private(set) var number: Int64 = 0
  private(set) var scale = 0
  private var digits = 0

  private static let maxDigits = 18

  /// - Returns: `nil` for what has more digits, and for what is not a number.
  init?(_ text: Span<UInt8>) {
    let isNegative = text.byte(at: 0) == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    var point: Int?
    var at = start
    while at < text.count {
      let digit = text[at] &- UInt8(ascii: "0")
      if digit < 10 {
        guard digits < Self.maxDigits else { return nil }
        number = number &* 10 &+ Int64(digit)
        digits &+= 1
      } else {
        guard text[at] == UInt8(ascii: "."), point == nil, at > start else { return nil }
        point = at
      }
      at &+= 1
    }
    let integers = (point ?? at) - start
    guard integers > 0, integers == 1 || text[start] != UInt8(ascii: "0"), at - 1 != point else {
      return nil
    }
    scale = digits - integers
    if isNegative { number = 0 &- number }
  }

  /// The unscaled number with another scale; `nil` if digits would be lost or be too many.
  func rescaled(to wanted: Int) -> Int64? {
    guard wanted >= scale, wanted - scale <= Self.maxDigits - digits else { return nil }
    var number = number
    for _ in scale..<wanted { number &*= 10 }
    return number
  }

  mutating func dropZeros() {
    while scale > 0, number % 10 == 0 {
      number /= 10
      scale -= 1
    }
  }
}

extension FixedWidthInteger where Self: SignedInteger {
  /// How many bytes the number needs in two's complement.
  fileprivate var minimalByteCount: Int {
    let significant = bitWidth + 1 - Swift.max(leadingZeroBitCount, (~self).leadingZeroBitCount)
    return Swift.max(1, (significant + 7) / 8)
  }

  /// Two's complement, most significant byte first, in as few bytes as the number needs.
  var minimalBytes: [UInt8] {
    (0..<minimalByteCount).reversed().map { UInt8(truncatingIfNeeded: self >> Self(8 * $0)) }
  }
}

/// The digits of a decimal number.
private struct DecimalText {
  private var digits: [UInt8] = []
  private(set) var scale = 0
  private var isNegative = false

  /// - Throws: For NaN and the infinities, which no such number can be, too.
  init(_ text: Span<UInt8>) throws(UnexpectedText) {
    guard text.isNumber(exponent: false) else {
      throw UnexpectedText(reason: text.isNotFinite ? .inexpressible : .malformed)
    }
    digits.reserveCapacity(text.count)
    var isFraction = false
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): isFraction = true
      case let digit:
        digits.append(digit - UInt8(ascii: "0"))
        if isFraction { scale += 1 }
      }
    }
  }

  /// Adds or drops zeros at the end; false if digits would be lost.
  mutating func rescale(to wanted: Int) -> Bool {
    while scale < wanted {
      digits.append(0)
      scale += 1
    }
    while scale > wanted {
      guard digits.popLast() ?? 0 == 0 else { return false }
      scale -= 1
    }
    return true
  }

  mutating func dropZeros() {
    while scale > 0, digits.last == 0 {
      digits.removeLast()
      scale -= 1
    }
  }

  /// The number in two's complement.
  var bytes: [UInt8] {
    guard digits.count > 18 else {
      let magnitude = digits.reduce(Int64(0)) { $0 * 10 + Int64($1) }
      return (isNegative ? -magnitude : magnitude).minimalBytes
    }
    var bytes = magnitude
    if isNegative {
      // The complement, plus one.
      for index in bytes.indices { bytes[index] = ~bytes[index] }
      for index in bytes.indices.reversed() {
        bytes[index] &+= 1
        if bytes[index] != 0 { break }
      }
    }
    // Bytes that only repeat the sign are left out.
    let fill: UInt8 = isNegative ? 0xFF : 0
    var start = 0
    while start + 1 < bytes.count, bytes[start] == fill, (bytes[start + 1] ^ fill) < 0x80 {
      start += 1
    }
    return Array(bytes[start...])
  }

  /// The number without its sign, most significant byte first, the first of them zero.
  private var magnitude: [UInt8] {
    var conversion = DecimalConversion()
    let words = conversion.words(of: digits[...])
    var bytes: [UInt8] = [0]
    bytes.reserveCapacity(8 * words.count + 1)
    for word in words.reversed() {
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return bytes
  }
}
