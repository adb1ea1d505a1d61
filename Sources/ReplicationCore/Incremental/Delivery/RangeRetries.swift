/// When a table's ranges may be tried again after a failure.
struct RangeRetries: Sendable {
  private var backoffs: [UInt32: RangeBackoff] = [:]

  mutating func failed(_ table: UInt32, now: ContinuousClock.Instant) {
    backoffs[table, default: RangeBackoff()].failed(now: now)
  }

  /// - Returns: What may help.
  mutating func failed(
    _ table: UInt32, _ error: ReplicationError, now: ContinuousClock.Instant
  ) -> RangeRemedy {
    failed(table, now: now)
    return backoffs[table]?.remedy(for: error) ?? error.rangeRemedy
  }

  mutating func succeeded(_ table: UInt32) {
    backoffs[table] = nil
  }

  func mayTry(_ table: UInt32, now: ContinuousClock.Instant) -> Bool {
    backoffs[table]?.mayTry(now: now) ?? true
  }
}
