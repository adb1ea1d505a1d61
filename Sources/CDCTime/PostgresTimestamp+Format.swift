extension PostgresTimestamp {
  /// The SQL type of the value that a text stands for.
  ///
  /// They differ only in the zone: a `timestamptz` prints an offset from UTC, a `timestamp` does
  /// not.
  public enum SQLType: Hashable, Sendable, CaseIterable {
    /// `timestamp without time zone`.
    case timestamp
    /// `timestamp with time zone`.
    case timestamptz
  }

  /// The style of a text.
  @nonexhaustive public enum TextStyle: Hashable, Sendable, CaseIterable {
    /// As PostgreSQL prints it in UTC with `DateStyle` `ISO`: `2026-11-22 16:00:00.5+00`.
    case postgres
    /// As in ISO 8601: `2026-11-22T16:00:00.5Z`.
    ///
    /// ISO 8601 has no infinities and no BC; for these it is the style ``postgres``.
    case iso8601
  }

  /// The time as text, in UTC.
  ///
  ///     type         style      text
  ///     timestamptz  postgres   2026-11-22 16:00:00.5+00    0044-03-15 00:00:00+00 BC
  ///     timestamp    postgres   2026-11-22 16:00:00.5       0044-03-15 00:00:00 BC
  ///     timestamptz  iso8601    2026-11-22T16:00:00.5Z      0044-03-15 00:00:00+00 BC
  ///     timestamp    iso8601    2026-11-22T16:00:00.5       0044-03-15 00:00:00 BC
  ///
  /// The fraction has as many digits as it needs, up to six, and is absent if it is zero; years
  /// after 9999 have five or six digits; the infinities are `infinity` and `-infinity`.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-datetime.html>
  public func text(as type: SQLType, style: TextStyle = .postgres) -> String {
    var bytes: [UInt8] = []
    append(to: &bytes, as: type, style: style)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the bytes of ``text(as:style:)``, all of them ASCII, without making a string.
  public func append(to bytes: inout [UInt8], as type: SQLType, style: TextStyle = .postgres) {
    bytes.append(addingCapacity: Self.maxTextCount) { output in
      append(to: &output, as: type, style: style)
    }
  }

  /// The time in UTC as in ISO 8601: `2026-11-22T16:00:00.123456Z`.
  ///
  /// For the infinities and dates BC, which ISO 8601 lacks, it is the ``description``.
  public var iso8601UTC: String { text(as: .timestamptz, style: .iso8601) }

  /// The longest is the earliest: `290279-12-22 19:59:05.224193+00 BC` has 34 bytes.
  package static let maxTextCount = 40

  /// Appends the same to room of ``maxTextCount`` bytes.
  package func append(
    to output: inout OutputSpan<UInt8>, as type: SQLType, style: TextStyle = .postgres
  ) {
    guard isFinite else {
      return output.append(self == .infinity ? "infinity" : "-infinity")
    }
    let (days, timeOfDay) = microseconds.flooredDivision(by: Self.microsecondsPerDay)
    let date = CivilDate(daysSince2000: Int32(truncatingIfNeeded: days))
    let isBC = date.year < 1
    let isISO8601 = style == .iso8601 && !isBC
    output.append(isBC ? 1 - date.year : date.year, minDigits: 4)
    output.append(UInt8(ascii: "-"))
    output.append(twoDigits: date.month)
    output.append(UInt8(ascii: "-"))
    output.append(twoDigits: date.day)
    output.append(isISO8601 ? UInt8(ascii: "T") : UInt8(ascii: " "))
    output.append(timeOfDay: timeOfDay)
    if type == .timestamptz { output.append(isISO8601 ? "Z" : "+00") }
    if isBC { output.append(" BC") }
  }
}

extension PostgresTimestamp: CustomStringConvertible {
  /// The time as PostgreSQL prints a `timestamptz` in UTC: `2024-01-02 03:04:05.5+00`.
  public var description: String { text(as: .timestamptz) }
}
