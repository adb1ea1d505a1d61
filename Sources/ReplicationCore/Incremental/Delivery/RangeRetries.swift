/// When a table's ranges may be tried again after a failure.
struct RangeRetries: Sendable {
  private struct Failures: Sendable {
    var count = 0
    var next: ContinuousClock.Instant
  }

  private var failures: [UInt32: Failures] = [:]

  private static let shortest = Duration.milliseconds(100)
  private static let longest = Duration.seconds(10)

  mutating func failed(_ table: UInt32, now: ContinuousClock.Instant) {
    let count = (failures[table]?.count ?? 0) + 1
    let wait = min(Self.shortest * (1 << min(count - 1, 10)), Self.longest)
    failures[table] = Failures(count: count, next: now + wait)
  }

  mutating func succeeded(_ table: UInt32) {
    failures[table] = nil
  }

  func mayTry(_ table: UInt32, now: ContinuousClock.Instant) -> Bool {
    failures[table].map { $0.next <= now } ?? true
  }
}
