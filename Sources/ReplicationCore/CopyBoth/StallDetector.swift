internal import PGWire

/// Detects a peer that has gone silent: a frozen server, a network that drops everything.
///
/// A pure value in simulated time. At half of the timeout without a byte the server is asked for a
/// reply; at the end of it the stream is given up. Time in which we do not read does not count.
struct StallDetector: Sendable {
  enum Verdict: Equatable {
    case alive
    /// Ask for a reply, once.
    case ask
    case stalled
  }

  /// How long silence is accepted; `nil` if indefinitely.
  let timeout: Duration?
  private var lastHeard: MonotonicTime
  private var hasAsked = false

  init(timeout: Duration?, now: MonotonicTime) {
    self.timeout = timeout
    self.lastHeard = now
  }

  /// Bytes came, or we were not listening.
  mutating func heard(at now: MonotonicTime) {
    lastHeard = now
    hasAsked = false
  }

  /// When ``check(at:)`` must be called next.
  var nextDue: MonotonicTime? {
    timeout.map { lastHeard + (hasAsked ? $0 : $0 / 2) }
  }

  mutating func check(at now: MonotonicTime) -> Verdict {
    guard let timeout else { return .alive }
    if now >= lastHeard + timeout { return .stalled }
    guard !hasAsked, now >= lastHeard + timeout / 2 else { return .alive }
    hasAsked = true
    return .ask
  }
}
