/// A point in time as PostgreSQL keeps it: microseconds since 2000-01-01 00:00:00 UTC.
public struct PostgresTimestamp: Hashable, Comparable, Sendable {
  /// Microseconds since 2000-01-01 00:00:00 UTC; the two extreme values are the infinities.
  public let microseconds: Int64

  /// The time so many microseconds after (or, if negative, before) 2000-01-01 00:00:00 UTC.
  public init(microseconds: Int64) {
    self.microseconds = microseconds
  }

  public static func < (left: Self, right: Self) -> Bool {
    left.microseconds < right.microseconds
  }
}
