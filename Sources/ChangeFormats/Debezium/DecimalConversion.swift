/// Turns decimal digits into a binary number, in far fewer steps than the square of their count.
///
/// The digits are halved again and again: a number is its upper half times a power of ten, plus its
/// lower half. The powers are squares of one another, and products are made by Karatsuba's method:
/// three products of half the length in place of four. One `numeric` has up to 147,455 digits.
struct DecimalConversion {
  /// How many products of two words were made.
  private(set) var steps = 0
  /// The powers 10^18, 10^36, 10^72 and so on.
  private var powers: [[UInt64]] = [[wordPower]]

  /// Digits that always fit a word.
  private static let wordDigits = 18
  private static let wordPower: UInt64 = 1_000_000_000_000_000_000
  /// Where the simple method is faster.
  private static let simpleCount = 32

  /// The number's words, the lowest first.
  ///
  /// - Parameter digits: Values from 0 to 9, the most significant first.
  mutating func words(of digits: ArraySlice<UInt8>) -> [UInt64] {
    guard digits.count > Self.wordDigits else {
      return [digits.reduce(0) { $0 &* 10 &+ UInt64($1) }]
    }
    var level = 0
    while Self.wordDigits << (level + 1) < digits.count { level += 1 }
    let lowCount = Self.wordDigits << level
    let high = words(of: digits.dropLast(lowCount))
    let low = words(of: digits.suffix(lowCount))
    var number = product(high[...], power(level)[...])
    Self.add(low[...], to: &number, at: 0)
    return Self.trimmed(number)
  }

  private mutating func power(_ level: Int) -> [UInt64] {
    while powers.count <= level {
      let last = powers[powers.count - 1]
      powers.append(Self.trimmed(product(last[...], last[...])))
    }
    return powers[level]
  }

  /// The product, of as many words as both together have.
  private mutating func product(
    _ left: ArraySlice<UInt64>, _ right: ArraySlice<UInt64>
  ) -> [UInt64] {
    guard left.count <= right.count else { return product(right, left) }
    guard left.count > Self.simpleCount else { return simpleProduct(left, right) }
    let half = (right.count + 1) / 2
    guard left.count > half else { return productInPieces(left, right) }
    let (leftLow, leftHigh) = (left.prefix(half), left.dropFirst(half))
    let (rightLow, rightHigh) = (right.prefix(half), right.dropFirst(half))
    let low = product(leftLow, rightLow)
    let high = product(leftHigh, rightHigh)
    // (a + b)(c + d) - ac - bd = ad + bc
    var middle = product(
      Self.sum(leftLow, leftHigh)[...], Self.sum(rightLow, rightHigh)[...])
    Self.subtract(low[...], from: &middle)
    Self.subtract(high[...], from: &middle)
    var result = [UInt64](repeating: 0, count: left.count + right.count)
    Self.add(low[...], to: &result, at: 0)
    Self.add(high[...], to: &result, at: 2 * half)
    Self.add(Self.trimmed(middle)[...], to: &result, at: half)
    return result
  }

  /// Cuts the longer number into pieces as long as the shorter one.
  private mutating func productInPieces(
    _ shorter: ArraySlice<UInt64>, _ longer: ArraySlice<UInt64>
  ) -> [UInt64] {
    var result = [UInt64](repeating: 0, count: shorter.count + longer.count)
    var rest = longer
    var at = 0
    while !rest.isEmpty {
      let piece = rest.prefix(shorter.count)
      Self.add(product(shorter, piece)[...], to: &result, at: at)
      at += piece.count
      rest = rest.dropFirst(piece.count)
    }
    return result
  }

  private mutating func simpleProduct(
    _ left: ArraySlice<UInt64>, _ right: ArraySlice<UInt64>
  ) -> [UInt64] {
    var result = [UInt64](repeating: 0, count: left.count + right.count)
    for (offset, word) in left.enumerated() {
      var carry: UInt64 = 0
      for (index, other) in right.enumerated() {
        // The greatest product of two words leaves room for two more words.
        let (high, low) = word.multipliedFullWidth(by: other)
        let (sum, overflow) = low.addingReportingOverflow(result[offset + index])
        let (total, carried) = sum.addingReportingOverflow(carry)
        result[offset + index] = total
        carry = high &+ (overflow ? 1 : 0) &+ (carried ? 1 : 0)
      }
      result[offset + right.count] = carry
    }
    steps += left.count * right.count
    return result
  }
}

extension DecimalConversion {
  private static func trimmed(_ words: [UInt64]) -> [UInt64] {
    let zeros = words.reversed().prefix { $0 == 0 }.count
    return Array(words.dropLast(Swift.min(zeros, words.count - 1)))
  }

  private static func sum(_ left: ArraySlice<UInt64>, _ right: ArraySlice<UInt64>) -> [UInt64] {
    var result = [UInt64](repeating: 0, count: Swift.max(left.count, right.count) + 1)
    add(left, to: &result, at: 0)
    add(right, to: &result, at: 0)
    return result
  }

  /// Adds a number, which has to fit, at an offset in words.
  private static func add(_ number: ArraySlice<UInt64>, to result: inout [UInt64], at offset: Int) {
    var carry = false
    var at = offset
    for word in number {
      (result[at], carry) = added(result[at], word, carry)
      at += 1
    }
    while carry {
      (result[at], carry) = added(result[at], 0, carry)
      at += 1
    }
  }

  private static func added(
    _ left: UInt64, _ right: UInt64, _ carry: Bool
  ) -> (UInt64, carry: Bool) {
    let (sum, overflow) = left.addingReportingOverflow(right)
    let (total, carried) = sum.addingReportingOverflow(carry ? 1 : 0)
    return (total, overflow || carried)
  }

  /// Subtracts a number that isn't the greater one.
  private static func subtract(_ number: ArraySlice<UInt64>, from result: inout [UInt64]) {
    var borrow = false
    var at = 0
    for word in number {
      // What is beyond the end can only be zeros.
      guard at < result.count else { return }
      let (difference, below) = result[at].subtractingReportingOverflow(word)
      let (total, borrowed) = difference.subtractingReportingOverflow(borrow ? 1 : 0)
      (result[at], borrow) = (total, below || borrowed)
      at += 1
    }
    while borrow, at < result.count {
      (result[at], borrow) = result[at].subtractingReportingOverflow(1)
      at += 1
    }
  }
}
