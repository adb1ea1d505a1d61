import PGOutput

/// Numbers as JSON writes them, which are copied as they are.
extension Span<UInt8> {
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

  /// Where the digits end that begin at an offset, if there are any.
  private func endOfDigits(from start: Int) -> Int? {
    var at = start
    while at < count, self[at] &- UInt8(ascii: "0") < 10 { at += 1 }
    return at > start ? at : nil
  }
}
