import CDCTime
import Testing

/// Numbers from elsewhere stay in their range.
@Suite struct SaturatingArithmeticTests {
  private static let edges: [Int8] = [-128, -127, -100, -2, -1, 0, 1, 2, 100, 126, 127]

  @Test func `what fits is exact, what does not is the nearest`() {
    for left in Int8.min...Int8.max {
      for right in Self.edges {
        let (l, r) = (Int(left), Int(right))
        #expect(left.addingSaturating(right) == Int8(clamping: l + r))
        #expect(left.subtractingSaturating(right) == Int8(clamping: l - r))
        #expect(left.multipliedSaturating(by: right) == Int8(clamping: l * r))
      }
    }
  }

  @Test func `numbers without a sign end at zero`() {
    #expect(UInt64(3).subtractingSaturating(5) == 0)
    #expect(UInt64.max.addingSaturating(1) == .max)
    #expect(UInt64.max.multipliedSaturating(by: 2) == .max)
  }

  @Test func `sums saturate`() {
    #expect([Int64.max, Int64.max].sumSaturating() == .max)
    #expect([Int64.min, -1].sumSaturating() == .min)
    #expect([1, 2, 3].sumSaturating() == 6)
  }

  @Test func `times far apart have a distance`() {
    let early = PostgresTimestamp(microseconds: .min + 1)
    let late = PostgresTimestamp(microseconds: .max - 1)
    #expect(late.microseconds(since: early) == .max)
    #expect(early.microseconds(since: late) == .min)
    #expect(late.microseconds(since: late) == 0)
  }
}
