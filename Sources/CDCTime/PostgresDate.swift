/// A `date`: days since 2000-01-01, exact over the server's whole range.
///
/// That is 4714-11-24 BC to 5874897-12-31, and both infinities; `<` orders it as the server does.
/// Days before 1582 are those of the Gregorian calendar, as in PostgreSQL.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-datetime.html>
public struct PostgresDate: Hashable, Comparable, Sendable {
  /// Days since 2000-01-01; the two extreme values are the infinities.
  public let daysSince2000: Int32

  /// The date this number of days after 2000-01-01, or before it if negative.
  ///
  /// - Returns: `nil` for days outside the server's range.
  public init?(daysSince2000: Int32) {
    guard Self.serverRange.contains(daysSince2000) || daysSince2000 == .max || daysSince2000 == .min
    else { return nil }
    self.daysSince2000 = daysSince2000
  }

  /// The date of the Gregorian calendar; 1 BC is the year 0, 2 BC the year -1.
  ///
  /// - Returns: `nil` if there is no such day, or the server has none.
  public init?(year: Int32, month: Int32, day: Int32) {
    guard let date = CivilDate(year: year, month: month, day: day),
      let days = Int32(exactly: date.daysSince2000), Self.serverRange.contains(days)
    else { return nil }
    daysSince2000 = days
  }

  private init(extreme days: Int32) {
    daysSince2000 = days
  }

  /// `infinity`: later than every other date.
  public static let infinity = PostgresDate(extreme: .max)

  /// `-infinity`: earlier than every other date.
  public static let negativeInfinity = PostgresDate(extreme: .min)

  /// Whether this is a day, not one of the infinities.
  public var isFinite: Bool { daysSince2000 != .max && daysSince2000 != .min }

  /// The year, month (1 to 12) and day (1 to 31); `nil` for the infinities.
  ///
  /// 1 BC is the year 0, 2 BC the year -1.
  public var components: (year: Int32, month: Int32, day: Int32)? {
    guard isFinite else { return nil }
    let date = CivilDate(daysSince2000: daysSince2000)
    return (date.year, date.month, date.day)
  }

  public static func < (left: Self, right: Self) -> Bool {
    left.daysSince2000 < right.daysSince2000
  }

  /// Julian day 0, which is 4714-11-24 BC, to 5874897-12-31: `IS_VALID_DATE` of the server.
  private static let serverRange: ClosedRange<Int32> = -2_451_545...2_145_031_948
}

extension PostgresDate: CustomStringConvertible {
  /// Reads a date exactly as PostgreSQL prints it with `DateStyle` `ISO`.
  ///
  ///     2024-01-02   0044-03-15 BC   infinity   -infinity
  ///
  /// - Returns: `nil` for any other text. Nothing is allocated.
  public init?(_ text: Span<UInt8>) {
    // Nearly all dates have a year of four digits.
    if text.count == 10, let yearAndMonth = text.yearAndMonth() {
      let year = yearAndMonth.twoDigits(endingAt: 6) * 100 + yearAndMonth.twoDigits(endingAt: 4)
      var rest = text.extracting(droppingFirst: 8)
      guard year > 0, let day = rest.takeTwoDigits() else { return nil }
      self.init(year: year, month: yearAndMonth.twoDigits(endingAt: 1), day: day)
      return
    }
    var rest = text
    guard let year = rest.takeYear(maxDigits: 7) else {
      if rest.take("-infinity"), rest.isEmpty {
        self = .negativeInfinity
      } else if rest.take("infinity"), rest.isEmpty {
        self = .infinity
      } else {
        return nil
      }
      return
    }
    guard rest.take(UInt8(ascii: "-")), let month = rest.takeTwoDigits(),
      rest.take(UInt8(ascii: "-")), let day = rest.takeTwoDigits()
    else { return nil }
    let isBC = rest.take(" BC")
    guard rest.isEmpty else { return nil }
    self.init(year: isBC ? 1 - year : year, month: month, day: day)
  }

  /// The date as PostgreSQL prints it with `DateStyle` `ISO`.
  public var description: String {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the bytes of the ``description``.
  public func append(to bytes: inout [UInt8]) {
    bytes.append(addingCapacity: Self.maxTextLength) { output in
      guard let (year, month, day) = components else {
        return output.append(self == .infinity ? "infinity" : "-infinity")
      }
      output.append(year < 1 ? 1 - year : year, minDigits: 4)
      output.append(UInt8(ascii: "-"))
      output.append(twoDigits: month)
      output.append(UInt8(ascii: "-"))
      output.append(twoDigits: day)
      if year < 1 { output.append(" BC") }
    }
  }

  /// `5874897-12-31` and `4714-11-24 BC` have 13 bytes.
  private static let maxTextLength = 16
}
