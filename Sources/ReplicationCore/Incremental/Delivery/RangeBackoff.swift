internal import PGWire

/// When something may be tried again that has failed: later after each failure.
struct RangeBackoff: Sendable {
  private var failures = 0
  private var next: ContinuousClock.Instant?

  private static let shortest = Duration.milliseconds(100)
  private static let longest = Duration.seconds(10)
  /// How many internal errors of the server in a row are taken for races that will pass.
  ///
  /// A damaged table has such errors too, and they don't pass: with the pauses it is given up after
  /// about ten seconds.
  static let mostInternalErrors = 8

  mutating func failed(now: ContinuousClock.Instant) {
    next = now + min(Self.shortest * (1 << min(failures, 10)), Self.longest)
    failures += 1
  }

  func mayTry(now: ContinuousClock.Instant) -> Bool {
    next.map { $0 <= now } ?? true
  }

  /// What may help after this failure, the last one that was noted.
  func remedy(for error: ReplicationError) -> RangeRemedy {
    if error.sqlState == .internalError {
      return failures < Self.mostInternalErrors ? .lookUpTables : .none
    }
    return error.rangeRemedy
  }
}
