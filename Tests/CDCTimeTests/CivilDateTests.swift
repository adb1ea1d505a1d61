import CDCTime
import TestSupport
import Testing

@Suite struct CivilDateTests {
  /// The day after, by the rule that school teaches.
  private func dayAfter(_ date: CivilDate) -> CivilDate? {
    CivilDate(year: date.year, month: date.month, day: date.day + 1)
      ?? CivilDate(year: date.year, month: date.month + 1, day: 1)
      ?? CivilDate(year: date.year + 1, month: 1, day: 1)
  }

  @Test(
    arguments: [
      -2_451_545 ... -2_305_448,  // 4714 BC, Julian day 0, and 400 years on
      -750_000 ... -720_000,  // the years around 1 BC
      -74_000...75_000,  // 1797 to 2205
      106_741_983...106_751_990,  // the last 27 years
    ] as [ClosedRange<Int32>])
  func `each day follows the one before`(days: ClosedRange<Int32>) throws {
    var expected = CivilDate(daysSince2000: days.lowerBound)
    for day in days {
      let date = CivilDate(daysSince2000: day)
      guard date == expected, date.daysSince2000 == Int64(day) else {
        Issue.record("day \(day) is \(date), not \(expected)")
        return
      }
      expected = try #require(dayAfter(date))
    }
  }

  @Test func `day 0 is 2000-01-01`() {
    #expect(CivilDate(daysSince2000: 0) == CivilDate(year: 2000, month: 1, day: 1))
  }

  @Test func `every 32-bit day has a date and a way back`() {
    var random = RepeatableGenerator(seed: 5)
    for day in [Int32.min, .max]
      + (0..<10_000).map({ _ in Int32(truncatingIfNeeded: random.next()) })
    {
      let date = CivilDate(daysSince2000: day)
      #expect(date.daysSince2000 == Int64(day))
      #expect(CivilDate(year: date.year, month: date.month, day: date.day) == date)
    }
  }

  @Test(
    arguments: [
      (2024, 13, 1), (2024, 0, 1), (2024, 1, 0), (2024, 1, 32), (2024, 2, 30), (2023, 2, 29),
      (1900, 2, 29), (-1, 2, 29), (-100, 2, 29), (2024, 6, 31), (.max, .max, .max),
      (.min, .min, .min),
    ] as [(Int32, Int32, Int32)])
  func `refuses days that are in no calendar`(year: Int32, month: Int32, day: Int32) {
    #expect(CivilDate(year: year, month: month, day: day) == nil)
  }

  @Test(arguments: [2024, 2000, 1600, 0, -4, -400, -4712] as [Int32])
  func `knows leap years on both sides of the year 1`(year: Int32) {
    #expect(CivilDate(year: year, month: 2, day: 29) != nil)
  }
}
