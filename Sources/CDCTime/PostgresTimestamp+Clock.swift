import CReplicationSystem

/// The system's clock as PostgreSQL counts: microseconds since 2000-01-01 00:00:00 UTC.
///
/// This is what a standby status update carries. The clock is the wall clock: it can be set, also
/// backwards, so measure durations with another one. The corresponding C function is
/// `clock_gettime` with `CLOCK_REALTIME`.
///
/// Message: <https://www.postgresql.org/docs/current/protocol-replication.html>
public func postgresClockNow() -> Int64 {
  var time = timespec()
  // It fails only for a clock or an address that does not exist.
  _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
  return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000 - postgresEpochMicros
}

extension PostgresTimestamp {
  /// The time by the system's wall clock, as ``postgresClockNow()`` reads it.
  public static func now() -> PostgresTimestamp {
    PostgresTimestamp(microseconds: postgresClockNow())
  }
}
