/// The shortest decimal digits that read back as a floating-point number, as PostgreSQL prints
/// them.
///
/// It differs from Swift in one thing: digits that lie exactly half-way to a neighbour don't count
/// as reading back, even where rounding to even would give the same number; so 1e23 has 16 digits.
struct ShortestDigits {
  /// The digits without zeros at either end.
  private(set) var digits: [UInt8]
  /// The number is 0.d₁d₂d₃… times ten to this power.
  private(set) var pointPosition: Int

  /// The digits of a finite number that is above zero.
  init<Number: BinaryFloatingPoint & CustomStringConvertible>(_ number: Number) {
    (digits, pointPosition) = Self.parse(number.description)
    let significand = UInt64(
      number.significandBitPattern | (number.isNormal ? 1 << Number.significandBitCount : 0))
    let leastExponent = Int(Number.leastNormalMagnitude.exponent)
    let exponent = max(Int(number.exponent), leastExponent) - Number.significandBitCount
    let hasNarrowBelow = number.significandBitPattern == 0 && Int(number.exponent) > leastExponent
    let interval = Interval(significand, exponent: exponent, isNarrowBelow: hasNarrowBelow)
    guard exponent > -8, interval.hasBound(digits, pointPosition: pointPosition) else { return }
    refine(significand, exponent: exponent, interval)
  }

  /// Takes the digits and the point out of Swift's text of the number.
  private static func parse(_ text: String) -> (digits: [UInt8], pointPosition: Int) {
    var (digits, pointPosition, exponent): ([UInt8], Int?, Int) = ([], nil, 0)
    var rest = Substring(text)
    if let letter = rest.firstIndex(of: "e") {
      exponent = Int(rest[rest.index(after: letter)...]) ?? 0
      rest = rest[..<letter]
    }
    for byte in rest.utf8 {
      if byte == UInt8(ascii: ".") {
        pointPosition = digits.count
      } else {
        digits.append(byte &- UInt8(ascii: "0"))
      }
    }
    var position = (pointPosition ?? digits.count) + exponent
    while digits.last == 0 { digits.removeLast() }
    let zeros = digits.prefix { $0 == 0 }.count
    digits.removeFirst(zeros)
    position -= zeros
    return (digits, position)
  }

  /// Rounds the number to ever more digits until they lie inside the interval.
  private mutating func refine(_ significand: UInt64, exponent: Int, _ interval: Interval) {
    // Digits that few can hit a bound only where the number is whole and fits 128 bits.
    guard exponent >= 0, exponent <= 75, digits.count < 17 else { return }
    let value = UInt128(significand) << exponent
    let all = String(value).utf8.map { $0 - UInt8(ascii: "0") }
    for count in (digits.count + 1)...17 where count < all.count {
      var rounded = Array(all[..<count])
      let rest = all[count...]
      let isUp = [5].lexicographicallyPrecedes(rest.reversed().drop { $0 == 0 }.reversed())
      guard rounded.increase(by: isUp ? 1 : 0) else { continue }
      if !interval.hasBound(rounded, pointPosition: all.count) {
        while rounded.last == 0 { rounded.removeLast() }
        (digits, pointPosition) = (rounded, all.count)
        return
      }
    }
  }
}

extension [UInt8] {
  /// Adds to the last digit; fails if that needs another digit in front.
  fileprivate mutating func increase(by carry: UInt8) -> Bool {
    guard carry > 0 else { return true }
    for index in indices.reversed() {
      if self[index] < 9 {
        self[index] += 1
        return true
      }
      self[index] = 0
    }
    return false
  }
}

/// The numbers that round to one floating-point number: half-way to its neighbours.
private struct Interval {
  /// The bounds are these times two to the power `exponent`.
  let lower: UInt128
  let upper: UInt128
  let exponent: Int

  /// - Parameter isNarrowBelow: Whether the number below is half as far as the one above.
  init(_ significand: UInt64, exponent: Int, isNarrowBelow: Bool) {
    lower = UInt128(significand) * 4 - (isNarrowBelow ? 1 : 2)
    upper = UInt128(significand) * 4 + 2
    self.exponent = exponent - 2
  }

  /// Whether the decimal number is exactly one of the bounds.
  ///
  /// It can be only if no more than a few powers of five are in it, so that 128 bits are enough; a
  /// number that overflows them is not a bound.
  func hasBound(_ digits: [UInt8], pointPosition: Int) -> Bool {
    var decimal: UInt128 = 0
    for digit in digits { decimal = decimal * 10 + UInt128(digit) }
    let power = pointPosition - digits.count
    guard power > -4, power < 30 else { return false }
    // decimal * 10^power = bound * 2^exponent, without the twos that both sides have.
    var (left, right) = (decimal, UInt128(1))
    for _ in 0..<max(0, power) {
      let (product, overflow) = left.multipliedReportingOverflow(by: 5)
      guard !overflow else { return false }
      left = product
    }
    for _ in 0..<max(0, -power) { right *= 5 }
    return [lower, upper].contains { bound in
      let (product, overflow) = bound.multipliedReportingOverflow(by: right)
      guard !overflow, product > 0, left > 0 else { return false }
      let (leftTwos, rightTwos) = (left.trailingZeroBitCount, product.trailingZeroBitCount)
      return left >> leftTwos == product >> rightTwos
        && leftTwos + power == rightTwos + exponent
    }
  }
}

extension [UInt8] {
  /// Appends a floating-point number as PostgreSQL prints it, with its shortest exact digits.
  ///
  /// - Parameter fixedDigits: With more digits than this before the point the exponent is printed.
  mutating func append(
    _ number: some BinaryFloatingPoint & CustomStringConvertible, fixedDigits: Int
  ) {
    guard number.isFinite else {
      return append(ascii: number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity")
    }
    if number.sign == .minus { append(UInt8(ascii: "-")) }
    guard number != 0 else { return append(UInt8(ascii: "0")) }
    let shortest = ShortestDigits(number.magnitude)
    let (digits, position) = (shortest.digits, shortest.pointPosition)
    if position > fixedDigits || position < -3 {
      append(UInt8(ascii: "0") + digits[0])
      if digits.count > 1 { append(UInt8(ascii: ".")) }
      for digit in digits.dropFirst() { append(UInt8(ascii: "0") + digit) }
      append(UInt8(ascii: "e"))
      append(position > 0 ? UInt8(ascii: "+") : UInt8(ascii: "-"))
      append(decimal: UInt64((position - 1).magnitude), minDigits: 2)
    } else {
      if position <= 0 { append(ascii: "0." + String(repeating: "0", count: -position)) }
      for index in 0..<Swift.max(digits.count, position) {
        if index == position, index > 0 { append(UInt8(ascii: ".")) }
        append(UInt8(ascii: "0") + (index < digits.count ? digits[index] : 0))
      }
    }
  }
}
