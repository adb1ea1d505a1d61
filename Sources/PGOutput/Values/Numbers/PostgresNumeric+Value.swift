extension PostgresNumeric: Comparable {
  public static func == (left: Self, right: Self) -> Bool { compare(left, right) == 0 }

  public static func < (left: Self, right: Self) -> Bool { compare(left, right) < 0 }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(rank)
    guard case let (digits, integers)? = magnitude else { return }
    hasher.combine(isNegative)
    hasher.combine(integers)
    hasher.combine(digits)
  }

  /// -infinity, numbers, infinity, NaN.
  private var rank: Int {
    switch storage {
    case .negativeInfinity: 0
    case .small, .large: 1
    case .infinity: 2
    case .nan: 3
    }
  }

  /// The digits without zeros at either end, and how many of them stand before the point.
  private var magnitude: (digits: [UInt8], integers: Int)? {
    guard isFinite else { return nil }
    var digits = digits
    let integers = digits.count - scale
    while digits.last == 0 { digits.removeLast() }
    return (digits, digits.isEmpty ? 0 : integers)
  }

  private static func compare(_ left: Self, _ right: Self) -> Int {
    if case .small(let leftSign, let left, let leftScale) = left.storage,
      case .small(let rightSign, let right, let rightScale) = right.storage,
      leftScale == rightScale, leftSign == rightSign
    {
      let order = left < right ? -1 : left > right ? 1 : 0
      return leftSign ? -order : order
    }
    guard let (leftDigits, leftIntegers) = left.magnitude,
      let (rightDigits, rightIntegers) = right.magnitude
    else { return left.rank - right.rank }
    func sign(_ digits: [UInt8], _ isNegative: Bool) -> Int {
      digits.isEmpty ? 0 : isNegative ? -1 : 1
    }
    let (leftSign, rightSign) = (
      sign(leftDigits, left.isNegative), sign(rightDigits, right.isNegative)
    )
    guard leftSign == rightSign else { return leftSign - rightSign }
    guard leftIntegers == rightIntegers else { return leftSign * (leftIntegers - rightIntegers) }
    if leftDigits == rightDigits { return 0 }
    return leftDigits.lexicographicallyPrecedes(rightDigits) ? -leftSign : leftSign
  }
}

extension FixedWidthInteger {
  /// The same number; `nil` if it isn't whole, isn't finite, or doesn't fit.
  public init?(exactly number: PostgresNumeric) {
    guard number.isFinite else { return nil }
    let digits = number.digits
    let integers = Swift.max(0, digits.count - number.scale)
    guard digits[integers...].allSatisfy({ $0 == 0 }) else { return nil }
    var value: Self = 0
    for digit in digits[..<integers] {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) =
        number.isNegative
        ? product.subtractingReportingOverflow(Self(digit))
        : product.addingReportingOverflow(Self(digit))
      guard !overflow, !carry else { return nil }
      value = sum
    }
    self = value
  }
}

extension Double {
  /// The nearest number; what is too large becomes infinite.
  ///
  /// Most decimal fractions have no exact counterpart; use `init(exactly:)` to find out.
  public init(_ number: PostgresNumeric) {
    self = Double(number.postgresText) ?? .nan
  }

  /// The same number; `nil` if no `Double` is exactly that.
  ///
  /// NaN and the infinities have a counterpart.
  public init?(exactly number: PostgresNumeric) {
    let value = Double(number)
    guard number.isFinite else {
      self = value
      return
    }
    guard value.isFinite, PostgresNumeric(exactly: value) == number else { return nil }
    self = value
  }
}

extension PostgresNumeric {
  /// The number with all the digits that it takes, never rounded; of a `Double` these are at most
  /// 1074 after the point.
  public init(exactly number: Double) {
    guard number.isFinite else {
      self = number.isNaN ? .nan : number < 0 ? .negativeInfinity : .infinity
      return
    }
    guard number != 0 else {
      self.init(0)
      return
    }
    // significand × 2^exponent; a negative power of two is one of five over one of ten.
    let bits = number.significandBitPattern
    let significand = number.isNormal ? bits | 1 << Double.significandBitCount : bits
    let exponent = max(Int(number.exponent), -1022) - Double.significandBitCount
    var digits = String(significand).utf8.map { $0 - 48 }
    for _ in 0..<abs(exponent) { digits.multiply(by: exponent < 0 ? 5 : 2) }
    self.init(digits: digits, isNegative: number < 0, scale: max(0, -exponent))
  }
}

extension [UInt8] {
  fileprivate mutating func multiply(by factor: UInt8) {
    var carry: UInt8 = 0
    for index in indices.reversed() {
      let product = self[index] * factor + carry
      self[index] = product % 10
      carry = product / 10
    }
    if carry > 0 { insert(carry, at: 0) }
  }
}
