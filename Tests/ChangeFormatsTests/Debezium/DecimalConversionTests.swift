import TestSupport
import Testing

@testable import ChangeFormats

/// Digits as a binary number: right for every length, and never quadratic.
@Suite struct DecimalConversionTests {
  /// The plain way: for each digit the number times ten, plus the digit.
  private static func words(_ digits: [UInt8]) -> [UInt64] {
    var words: [UInt64] = [0]
    for digit in digits {
      var carry = UInt64(digit)
      for index in words.indices {
        let (high, low) = words[index].multipliedFullWidth(by: 10)
        let (sum, overflow) = low.addingReportingOverflow(carry)
        words[index] = sum
        carry = high + (overflow ? 1 : 0)
      }
      if carry > 0 { words.append(carry) }
    }
    return words
  }

  private static func trimmed(_ words: [UInt64]) -> [UInt64] {
    var words = words
    while words.count > 1, words.last == 0 { words.removeLast() }
    return words
  }

  private static func digits(_ count: Int, _ random: inout RepeatableGenerator) -> [UInt8] {
    // Runs of nines and zeros are where carries go far.
    let kind = Int.random(in: 0..<4, using: &random)
    return (0..<count).map { index in
      switch kind {
      case 0: 9
      case 1: index == 0 ? 1 : 0
      default: UInt8.random(in: 0...9, using: &random)
      }
    }
  }

  @Test func `every length gives the same as the plain way`() async throws {
    #expect(try await offPool { Self.wrongLengths() } == [])
  }

  private static func wrongLengths() -> [Int] {
    var random = RepeatableGenerator(seed: 3)
    let lengths = Array(0...100) + (0..<60).map { _ in Int.random(in: 100...3000, using: &random) }
    return (lengths + [1152, 1153, 2304, 4608, 4609]).filter { length in
      let digits = Self.digits(length, &random)
      var conversion = DecimalConversion()
      return Self.trimmed(conversion.words(of: digits[...])) != Self.words(digits)
    }
  }

  @Test func `twice the digits take about three times the steps`() async throws {
    let steps = try await offPool {
      [18_432, 36_864, 73_728].map { count in
        var conversion = DecimalConversion()
        _ = conversion.words(of: [UInt8](repeating: 7, count: count)[...])
        return conversion.steps
      }
    }
    #expect(steps[1] * 10 <= steps[0] * 34 && steps[2] * 10 <= steps[1] * 34, "\(steps)")
    // All pairs of words would be 8 million.
    #expect(steps[2] < 3_000_000, "\(steps)")
  }
}
