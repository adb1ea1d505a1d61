/// A day of the proleptic Gregorian calendar, the only one that PostgreSQL counts in.
///
/// Years are counted through zero, as astronomers do: 1 BC is year 0, 2 BC is year -1. The
/// reckoning starts years in March, so that a leap day is a year's last, and goes by the 400 years
/// after which the calendar repeats.
///
/// Algorithm: <https://howardhinnant.github.io/date_algorithms.html>
package struct CivilDate: Hashable, Sendable {
  package let year: Int32
  /// 1 to 12.
  package let month: Int32
  /// 1 to 31.
  package let day: Int32

  /// The date, if the calendar has it.
  ///
  /// - Returns: `nil` for a date that does not exist, such as month 13 or 30 February.
  package init?(year: Int32, month: Int32, day: Int32) {
    guard month >= 1, month <= 12, day >= 1, day <= CivilDate.dayCount(month: month, year: year)
    else {
      return nil
    }
    self.year = year
    self.month = month
    self.day = day
  }

  /// The date this number of days after 2000-01-01, or before it if negative.
  package init(daysSince2000 days: Int32) {
    let (cycle, dayOfCycle) = (Int64(days) + Self.epochDay).flooredDivision(by: Self.daysPerCycle)
    let leapDays = dayOfCycle / 1460 - dayOfCycle / 36_524 + dayOfCycle / 146_096
    let yearOfCycle = (dayOfCycle - leapDays) / 365
    let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let isNextYear = monthFromMarch >= 10
    year = Int32(truncatingIfNeeded: cycle * 400 + yearOfCycle + (isNextYear ? 1 : 0))
    month = Int32(truncatingIfNeeded: isNextYear ? monthFromMarch - 9 : monthFromMarch + 3)
    day = Int32(truncatingIfNeeded: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  /// Days from 2000-01-01 to this date, negative for a date before.
  package var daysSince2000: Int64 {
    let isNextYear = month <= 2
    let (cycle, yearOfCycle) = (Int64(year) - (isNextYear ? 1 : 0)).flooredDivision(by: 400)
    let monthFromMarch = Int64(month) + (isNextYear ? 9 : -3)
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
    let dayOfCycle = 365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear
    return cycle * Self.daysPerCycle + dayOfCycle - Self.epochDay
  }

  /// 2000-01-01 in days since 0000-03-01.
  private static let epochDay: Int64 = 730_425
  /// Days of 400 years.
  private static let daysPerCycle: Int64 = 146_097

  private static func dayCount(month: Int32, year: Int32) -> Int32 {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }
}
