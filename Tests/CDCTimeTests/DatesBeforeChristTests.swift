import CDCTime
import Testing

/// Years before the year 1, of which there is no year 0: as the server prints them.
@Suite struct DatesBeforeChristTests {
  private func date(_ text: String) -> PostgresDate? { PostgresDate(text.utf8.span) }

  @Test(arguments: [
    ("0001-12-31 BC", 0, 12, 31), ("0001-01-01 BC", 0, 1, 1), ("0002-06-15 BC", -1, 6, 15),
    ("0005-02-29 BC", -4, 2, 29), ("4714-11-24 BC", -4713, 11, 24),
  ])
  func `are read and printed`(_ text: String, year: Int, month: Int, day: Int) throws {
    let date = try #require(
      PostgresDate(year: Int32(year), month: Int32(month), day: Int32(day)))
    #expect(self.date(text) == date)
    #expect(date.description == text)
  }

  @Test func `the day after 1 BC is the first of the year 1`() throws {
    let last = try #require(date("0001-12-31 BC"))
    #expect(date("0001-01-01")?.daysSince2000 == last.daysSince2000 + 1)
  }
}
