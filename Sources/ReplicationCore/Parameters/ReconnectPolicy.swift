internal import PGWire

/// How long and how fast to try to reopen a broken stream.
///
/// The waits double from ``initialInterval`` to ``longestInterval``. Each actual wait is a random
/// part of that, between a half and the whole, so that many consumers don't reconnect all at once.
/// While the slot is held, the wait is at most four seconds. Errors that can't pass by themselves
/// (``/PGWire/ErrorCategory``) are not retried.
public struct ReconnectPolicy: Hashable, Sendable {
  /// The first wait.
  public var initialInterval: Duration
  /// The longest wait.
  public var longestInterval: Duration
  /// How long to try without a stream before the last error is thrown; `nil` for no limit.
  public var timeout: Duration?
  /// Whether a broken stream is reopened at all.
  public var isEnabled: Bool

  /// Creates a policy.
  ///
  /// - Parameters:
  ///   - initialInterval: The first wait.
  ///   - longestInterval: The longest wait.
  ///   - timeout: How long to try without a stream before the last error is thrown; `nil` for no
  ///     limit.
  public init(
    initialInterval: Duration = .milliseconds(250), longestInterval: Duration = .seconds(30),
    timeout: Duration? = .seconds(600)
  ) {
    self.initialInterval = initialInterval
    self.longestInterval = longestInterval
    self.timeout = timeout
    isEnabled = true
  }

  /// Never reopens a broken stream.
  ///
  /// Only if the slot is still held when the first stream is opened, it waits for the slot for a
  /// few seconds.
  public static var never: ReconnectPolicy {
    var policy = ReconnectPolicy()
    policy.isEnabled = false
    return policy
  }
}

/// The waits between the attempts to open one stream.
struct Backoff: Sendable {
  private let policy: ReconnectPolicy
  private var next: Duration
  private static let slotWait = Duration.seconds(8)
  /// Without any wait a server that refuses connections would get them as fast as we can.
  private static let shortest = Duration.milliseconds(1)

  init(_ policy: ReconnectPolicy) {
    self.policy = policy
    next = max(policy.initialInterval, Self.shortest)
  }

  /// The next wait; `nil` if it is time to give up.
  ///
  /// - Parameters:
  ///   - elapsed: Time since the stream was lost.
  ///   - forSlot: Whether the slot is held by a session, which may be a dead one of ours.
  ///   - random: From 0 to 1.
  mutating func wait(
    after elapsed: Duration, forSlot: Bool = false, random: Double
  ) -> Duration? {
    let limit = policy.isEnabled ? policy.timeout : forSlot ? Self.slotWait : .zero
    guard limit.map({ elapsed < $0 }) ?? true else { return nil }
    defer { next = max(min(next * 2, policy.longestInterval), Self.shortest) }
    return next * (0.5 + 0.5 * random)
  }
}

/// The attempts to open a stream since one last delivered something.
struct Attempts: Sendable {
  private var backoff: Backoff
  private let began: MonotonicTime
  /// When the latest stream was opened.
  var opened: MonotonicTime?
  /// Why there is no stream now.
  var failure: ReplicationError?

  /// A stream that lasted this long was a good one, even if nothing was sent.
  private static let longEnough = Duration.seconds(60)

  init(_ policy: ReconnectPolicy, now: MonotonicTime) {
    backoff = Backoff(policy)
    began = now
  }

  /// The wait before the next attempt; `nil` if it is time to give up.
  mutating func wait(forSlot: Bool, now: MonotonicTime) -> Duration? {
    backoff.wait(after: now - began, forSlot: forSlot, random: .random(in: 0...1))
  }

  /// The stream has broken, and had delivered nothing.
  ///
  /// - Returns: `nil` if it was a good one nevertheless.
  func failing(_ error: ReplicationError, now: MonotonicTime) -> Attempts? {
    if let opened, now - opened > Self.longEnough { return nil }
    var attempts = self
    attempts.failure = error
    return attempts
  }
}
