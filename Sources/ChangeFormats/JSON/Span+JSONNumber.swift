/// Checks of the numbers that PostgreSQL prints; those that are JSON too are copied as they are.
extension Span<UInt8> {
  /// Whether this is a whole number in those bounds, without leading zeros.
  func isInteger(in range: ClosedRange<Int64>) -> Bool {
    let isNegative = byte(at: 0) == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    // 19 digits can't overflow 64 bits.
    guard count > start, count - start <= 19 else { return false }
    var magnitude: UInt64 = 0
    for index in start..<count {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return false }
      magnitude = magnitude &* 10 &+ UInt64(digit)
    }
    guard self[start] != UInt8(ascii: "0") || count == 1 else { return false }
    return isNegative
      ? range.lowerBound < 0 && magnitude <= range.lowerBound.magnitude
      : magnitude <= range.upperBound.magnitude
  }

  /// Whether this is a number as JSON writes it.
  ///
  ///     -? (0 | 1-9 digit*) (. digit+)? ([eE] [+-]? digit+)?
  func isNumber(exponent: Bool) -> Bool {
    guard let end = endOfNumber(from: 0, exponent: exponent) else { return false }
    return end == count
  }

  /// Where the number ends that begins at an offset, if one does.
  func endOfNumber(from start: Int, exponent: Bool) -> Int? {
    var at = start
    if byte(at: at) == UInt8(ascii: "-") { at += 1 }
    if byte(at: at) == UInt8(ascii: "0") {
      at += 1
    } else {
      guard let end = endOfDigits(from: at) else { return nil }
      at = end
    }
    if byte(at: at) == UInt8(ascii: ".") {
      guard let end = endOfDigits(from: at + 1) else { return nil }
      at = end
    }
    if exponent, let letter = byte(at: at), letter | 0x20 == UInt8(ascii: "e") {
      at += 1
      if let sign = byte(at: at), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { at += 1 }
      guard let end = endOfDigits(from: at) else { return nil }
      at = end
    }
    return at
  }

  /// Whether this is what floating-point and `numeric` columns hold besides numbers.
  var isNotFinite: Bool {
    equals("NaN") || equals("Infinity") || equals("-Infinity")
  }

  /// Whether these are the bytes of that text.
  func equals(_ text: String) -> Bool {
    guard count == text.utf8.count else { return false }
    var at = 0
    for byte in text.utf8 {
      guard self[at] == byte else { return false }
      at += 1
    }
    return true
  }

  /// The byte at an offset, if there is one.
  @inline(__always) func byte(at offset: Int) -> UInt8? {
    offset < count ? self[offset] : nil
  }

  /// Where the digits end that begin at an offset, if there are any.
  private func endOfDigits(from start: Int) -> Int? {
    var at = start
    while at < count, self[at] &- UInt8(ascii: "0") < 10 { at += 1 }
    return at > start ? at : nil
  }
}
