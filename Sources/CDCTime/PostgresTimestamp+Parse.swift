extension PostgresTimestamp {
  /// Reads the text of a time, exactly as PostgreSQL prints it with `DateStyle` `ISO`.
  ///
  ///     2024-01-02 03:04:05.5         timestamp
  ///     2024-01-02 03:04:05.5+00      timestamptz, with every offset that a time zone has:
  ///     1890-01-01 05:21:10+05:21:10  +HH, +HH:MM or +HH:MM:SS, the shortest that is exact
  ///     0044-03-15 00:00:00+00 BC     the same before the year 1
  ///     infinity  -infinity           of both types
  ///     2024-01-02T03:04:05.5Z        ISO 8601: with Z, with +HH:MM[:SS], or without a zone
  ///
  /// Reading is strict: what PostgreSQL would not print is refused, such as a month 13, a February
  /// 30, an hour 24, a second 60, the year 0, a fraction that ends in a zero or has seven digits,
  /// spaces around, or a time out of the server's range. ISO 8601, which others write too, may have
  /// such zeros (`.500Z`), and ` BC` where PostgreSQL's JSON has it (`00:00:00+00:00 BC`). Offsets
  /// go up to 15:59:59, as far as the server reads them. Nothing is allocated.
  ///
  /// - Parameters:
  ///   - text: The whole text, without a terminating zero.
  ///   - type: What the column is. A `timestamptz` then must have an offset and a `timestamp` must
  ///     not. `nil` takes both, and a time without an offset as UTC.
  /// - Returns: `nil` for any other text.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-datetime.html>
  public init?(_ text: Span<UInt8>, as type: SQLType? = nil) {
    guard
      let value = Self.parseUsual(text, as: type) ?? Self.parseFinite(text, as: type)
        ?? Self.parseInfinity(text)
    else { return nil }
    self = value
  }

  /// Reads the text of a time, as the initializer that takes bytes does.
  public init?(_ text: String, as type: SQLType? = nil) {
    let utf8 = text.utf8
    self.init(utf8.span, as: type)
  }

  private static func parseInfinity(_ text: Span<UInt8>) -> PostgresTimestamp? {
    var rest = text
    let isNegative = rest.take(UInt8(ascii: "-"))
    guard rest.take("infinity"), rest.isEmpty else { return nil }
    return isNegative ? .negativeInfinity : .infinity
  }

  /// The form that nearly all times have: a year of four digits, and UTC if there is a zone.
  ///
  /// - Returns: `nil` also for a time in another form, which the general parser reads.
  private static func parseUsual(_ text: Span<UInt8>, as type: SQLType?) -> PostgresTimestamp? {
    guard text.count >= 19, let yearAndMonth = text.yearAndMonth(),
      // `02 03:04`
      let dayAndTime = EightDigits(
        text.word(at: 8), pattern: 0x3030_2030_303A_3030, separators: 0x0000_FF00_00FF_0000)
    else { return nil }
    var rest = text.extracting(droppingFirst: 16)
    let year = yearAndMonth.twoDigits(endingAt: 6) * 100 + yearAndMonth.twoDigits(endingAt: 4)
    let (hour, minute) = (dayAndTime.twoDigits(endingAt: 3), dayAndTime.twoDigits(endingAt: 0))
    guard rest.take(UInt8(ascii: ":")), let seconds = rest.takeSeconds(padded: false),
      hour < 24, minute < 60, year > 0,
      rest.isEmpty
        ? type != .timestamptz
        : type != .timestamp && rest.count == 3 && rest[0] == UInt8(ascii: "+")
          && rest[1] == UInt8(ascii: "0") && rest[2] == UInt8(ascii: "0"),
      let date = CivilDate(
        year: year, month: yearAndMonth.twoDigits(endingAt: 1),
        day: dayAndTime.twoDigits(endingAt: 6))
    else { return nil }
    return PostgresTimestamp(
      microseconds: date.daysSince2000 * microsecondsPerDay
        + Int64(hour * 3600 + minute * 60) * microsecondsPerSecond + seconds)
  }

  private static func parseFinite(_ text: Span<UInt8>, as type: SQLType?) -> PostgresTimestamp? {
    var rest = text
    guard let year = rest.takeYear(), rest.take(UInt8(ascii: "-")),
      let month = rest.takeTwoDigits(), rest.take(UInt8(ascii: "-")),
      let day = rest.takeTwoDigits()
    else { return nil }
    let isISO8601 = rest.take(UInt8(ascii: "T"))
    guard isISO8601 || rest.take(UInt8(ascii: " ")),
      let timeOfDay = rest.takeTimeOfDay(padded: isISO8601),
      let zone = rest.takeZone(iso8601: isISO8601), zone.mayBelong(to: type)
    else { return nil }
    let isBC = zone != .zulu && rest.take(" BC")
    guard rest.isEmpty, let date = CivilDate(year: isBC ? 1 - year : year, month: month, day: day)
    else { return nil }
    // A local time is at most a day outside the range, so this can't overflow.
    let days = date.daysSince2000
    guard localDays.contains(days) else { return nil }
    let micros =
      days * microsecondsPerDay + timeOfDay - zone.secondsEastOfUTC * microsecondsPerSecond
    return serverRange.contains(micros) ? PostgresTimestamp(microseconds: micros) : nil
  }

  /// The days of ``serverRange``, and one more at each end for the offset.
  private static let localDays: ClosedRange<Int64> = -2_451_546...106_751_983
}
