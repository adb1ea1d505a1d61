/// Microseconds from the Unix epoch, 1970-01-01, to PostgreSQL's, 2000-01-01 (both 00:00:00 UTC).
public let postgresEpochMicros: Int64 = 946_684_800_000_000

/// PostgreSQL's clock as Unix time: microseconds since 2000-01-01 UTC to milliseconds since 1970.
///
/// What is finer than a millisecond is rounded down, toward the past, on either side of both
/// epochs: one microsecond before 1970 is -1 ms. `Int64.max` and `Int64.min`, PostgreSQL's
/// infinities, stay `Int64.max` and `Int64.min`. For every other value the result fits, so nothing
/// overflows.
public func postgresClockToUnixMs(_ micros: Int64) -> Int64 {
  guard PostgresTimestamp(microseconds: micros).isFinite else { return micros }
  return micros.flooredDivision(by: 1000).quotient + postgresEpochMicros / 1000
}

extension PostgresTimestamp {
  /// The time this number of microseconds after 1970-01-01 00:00:00 UTC, or before it if negative.
  ///
  /// `Int64.max` and `Int64.min` are the infinities. A time that is too early to be counted from
  /// 2000 in 64 bits becomes ``negativeInfinity``.
  public init(unixMicroseconds: Int64) {
    guard unixMicroseconds != .max else {
      self = .infinity
      return
    }
    let (micros, tooEarly) = unixMicroseconds.subtractingReportingOverflow(postgresEpochMicros)
    self.init(microseconds: tooEarly ? .min : micros)
  }

  /// Microseconds since 1970-01-01 00:00:00 UTC.
  ///
  /// `Int64.max` for ``infinity`` and `Int64.min` for ``negativeInfinity``. The last thirty years
  /// of the server's range do not fit either and give `Int64.max`; check ``isFinite``.
  public var unixMicroseconds: Int64 {
    guard self != .negativeInfinity else { return .min }
    let (micros, tooLate) = microseconds.addingReportingOverflow(postgresEpochMicros)
    return tooLate ? .max : micros
  }
}

extension Int64 {
  /// Division that rounds toward the past, with a remainder that is never negative.
  ///
  /// The divisor is one of this module's constants, all above 1.
  func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
