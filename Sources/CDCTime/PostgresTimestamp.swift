/// A point in time as PostgreSQL keeps it: microseconds since 2000-01-01 00:00:00 UTC.
///
/// It is the value of the types `timestamptz` and `timestamp` (which counts as if its local time
/// were UTC) and of every time in the replication protocol. Nothing is rounded: all that PostgreSQL
/// can hold, 4714-11-24 BC to 294276-12-31 and both infinities, is held exactly, and `<` orders it
/// as the server does. Days before 1582 are those of the Gregorian calendar, as in PostgreSQL.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-datetime.html>
public struct PostgresTimestamp: Hashable, Comparable, Sendable {
  /// Microseconds since 2000-01-01 00:00:00 UTC; the two extreme values are the infinities.
  public let microseconds: Int64

  /// The time this number of microseconds after 2000-01-01 00:00:00 UTC, or before it if negative.
  ///
  /// Finite values outside the server's range are not an error here, although no server sends them:
  /// they compare and print like any other, but their text is not read back.
  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  /// `infinity`: later than every other time (`Int64.max`).
  public static let infinity = PostgresTimestamp(microseconds: .max)

  /// `-infinity`: earlier than every other time (`Int64.min`).
  public static let negativeInfinity = PostgresTimestamp(microseconds: .min)

  /// Whether this is a date and a time, not one of the infinities.
  public var isFinite: Bool {
    self != .infinity && self != .negativeInfinity
  }

  public static func < (left: Self, right: Self) -> Bool {
    left.microseconds < right.microseconds
  }
}

extension PostgresTimestamp {
  static let microsecondsPerSecond: Int64 = 1_000_000
  static let microsecondsPerDay: Int64 = 86_400_000_000

  /// The microseconds that the server takes for finite: `MIN_TIMESTAMP` up to `END_TIMESTAMP`.
  ///
  /// Julian day 0, which is 4714-11-24 BC, to the last microsecond before the year 294277.
  package static let serverRange: Range<Int64> =
    -211_813_488_000_000_000..<9_223_371_331_200_000_000
}
