/// The text of a floating-point number, as PostgreSQL prints it, taken apart.
///
///     -? digits (. digits)? (e [+-] digit digit+)?
///
/// There are at most 17 significant digits, so that they fit into 64 bits.
struct FloatText {
  let isNegative: Bool
  let mantissa: UInt64
  let exponent: Int

  /// Reads a finite number.
  ///
  /// - Returns: `nil` for a needless zero, a missing digit, or anything else that isn't printed.
  init?(_ text: Span<UInt8>) {
    var at = 0
    isNegative = text.byte(at: 0) == UInt8(ascii: "-")
    if isNegative { at = 1 }
    let start = at
    var mantissa = Mantissa()
    var exponent = 0
    while let digit = text.digit(at: at) {
      guard mantissa.take(digit) else { return nil }
      at += 1
    }
    guard at > start, at == start + 1 || text[start] != UInt8(ascii: "0") else { return nil }
    if text.byte(at: at) == UInt8(ascii: ".") {
      at += 1
      let point = at
      while let digit = text.digit(at: at) {
        guard mantissa.take(digit) else { return nil }
        at += 1
      }
      guard at > point, text[at - 1] != UInt8(ascii: "0") else { return nil }
      exponent = point - at
    }
    if text.byte(at: at) == UInt8(ascii: "e") {
      guard let sign = text.byte(at: at + 1), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
      else { return nil }
      at += 2
      let first = at
      var value = 0
      while let digit = text.digit(at: at), at - first < 3 {
        value = value * 10 + Int(digit)
        at += 1
      }
      guard at - first >= 2, at - first == 2 || text[first] != UInt8(ascii: "0") else {
        return nil
      }
      exponent += sign == UInt8(ascii: "-") ? -value : value
    }
    guard at == text.count else { return nil }
    (self.mantissa, self.exponent) = (mantissa.value, exponent)
  }
}

/// Digits put together one by one.
private struct Mantissa {
  private(set) var value: UInt64 = 0
  private var significant = 0

  /// Adds a digit; false if there are too many by now.
  mutating func take(_ digit: UInt8) -> Bool {
    if value > 0 || digit > 0 { significant += 1 }
    value = value &* 10 &+ UInt64(digit)
    return significant <= 17
  }
}

extension Span<UInt8> {
  fileprivate func digit(at offset: Int) -> UInt8? {
    guard offset < count else { return nil }
    let digit = self[offset] &- UInt8(ascii: "0")
    return digit < 10 ? digit : nil
  }
}

extension FloatText {
  /// The magnitude as 64 bits times a power of two, for numbers that 128 bits can hold exactly.
  ///
  /// The lowest bit also stands for all bits below it, so that rounding to fewer is right.
  ///
  /// - Returns: `nil` for exponents too far from zero.
  var scaled: (bits: UInt64, exponent: Int)? {
    guard (-27...27).contains(exponent), mantissa > 0 else { return nil }
    var power: UInt64 = 1
    for _ in 0..<abs(exponent) { power *= 5 }
    if exponent >= 0 {
      return Self.top(UInt128(mantissa) * UInt128(power), exponent: exponent, isExact: true)
    }
    let shift = UInt128(mantissa).leadingZeroBitCount
    let (quotient, remainder) = (UInt128(mantissa) << shift)
      .quotientAndRemainder(dividingBy: UInt128(power))
    return Self.top(quotient, exponent: exponent - shift, isExact: remainder == 0)
  }

  private static func top(
    _ value: UInt128, exponent: Int, isExact: Bool
  ) -> (bits: UInt64, exponent: Int) {
    let drop = max(0, 64 - value.leadingZeroBitCount)
    let bits = UInt64(truncatingIfNeeded: value >> drop)
    let isWhole = isExact && value & ((UInt128(1) << drop) - 1) == 0
    return (isWhole ? bits : bits | 1, exponent + drop)
  }

  /// Powers of ten that a `Double` holds exactly.
  static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]
}
