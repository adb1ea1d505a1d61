/// When something may be tried again that has failed: later after each failure.
struct RangeBackoff: Sendable {
  private var failures = 0
  private var next: ContinuousClock.Instant?

  private static let shortest = Duration.milliseconds(100)
  private static let longest = Duration.seconds(10)

  mutating func failed(now: ContinuousClock.Instant) {
    next = now + min(Self.shortest * (1 << min(failures, 10)), Self.longest)
    failures += 1
  }

  func mayTry(now: ContinuousClock.Instant) -> Bool {
    next.map { $0 <= now } ?? true
  }
}
