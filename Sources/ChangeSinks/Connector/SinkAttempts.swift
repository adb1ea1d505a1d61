internal import ReplicationCore

/// The waits between attempts to open a sink.
struct SinkAttempts {
  private let policy: ReconnectPolicy
  private var next: Duration
  private var failingSince: ContinuousClock.Instant?
  private var openedAt: ContinuousClock.Instant?

  /// A sink that worked this long was well.
  private static let longEnough = Duration.seconds(10)
  private static let shortest = Duration.milliseconds(10)

  init(_ policy: ReconnectPolicy) {
    self.policy = policy
    next = max(policy.initialInterval, Self.shortest)
  }

  mutating func hasOpened(now: ContinuousClock.Instant = .now) { openedAt = now }

  /// The wait before the next attempt; `nil` if it is time to give up.
  mutating func wait(
    now: ContinuousClock.Instant = .now, random: Double = .random(in: 0...1)
  ) -> Duration? {
    if let openedAt, now - openedAt > Self.longEnough {
      failingSince = nil
      next = max(policy.initialInterval, Self.shortest)
    }
    openedAt = nil
    let since = failingSince ?? now
    failingSince = since
    guard policy.isEnabled, policy.timeout.map({ now - since < $0 }) ?? true else { return nil }
    defer { next = max(min(next * 2, policy.longestInterval), Self.shortest) }
    return next * (0.5 + 0.5 * random)
  }
}
