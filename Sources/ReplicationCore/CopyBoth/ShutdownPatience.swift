internal import PGWire

/// Decides when a consumer that takes nothing has delayed a server's shutdown for too long.
///
/// A pure value in simulated time. A server that shuts down first sends everything, and only then
/// reports the shutdown; while we don't read, we can't receive that. So it is asked by other means,
/// and only while the consumer delays it.
struct ShutdownPatience: Sendable {
  enum Verdict: Equatable {
    case fine
    /// Find out whether the server shuts down.
    case ask
    /// It does, and nothing was taken for this long.
    case giveUp(after: Duration)
  }

  /// How long nothing may be taken; `nil` for no limit.
  private let patience: Duration?
  private var progress: UInt64?
  /// The time since which nothing was taken although something is available.
  private var heldUpSince: MonotonicTime?
  private var nextQuestion: MonotonicTime?
  private var isAsking = false
  private var isShuttingDown = false

  init(_ patience: Duration?) {
    self.patience = patience
  }

  /// Records the consumer's state.
  ///
  /// - Parameters:
  ///   - isHeldUp: Whether the server waits for the consumer.
  ///   - progress: A number that changes whenever the consumer takes or acknowledges something.
  mutating func note(isHeldUp: Bool, progress: UInt64, at now: MonotonicTime) {
    guard let patience, isHeldUp else {
      heldUpSince = nil
      nextQuestion = nil
      return
    }
    if heldUpSince == nil || self.progress != progress {
      self.progress = progress
      heldUpSince = now
      nextQuestion = now + patience / 2
    }
  }

  /// The server was asked.
  mutating func learn(isShuttingDown: Bool, at now: MonotonicTime) {
    isAsking = false
    self.isShuttingDown = isShuttingDown
    if nextQuestion != nil { nextQuestion = patience.map { now + $0 } }
  }

  /// When ``check(at:)`` must be called next.
  var nextDue: MonotonicTime? {
    guard let patience, let heldUpSince else { return nil }
    if isShuttingDown { return heldUpSince + patience }
    return isAsking ? nil : nextQuestion
  }

  mutating func check(at now: MonotonicTime) -> Verdict {
    guard let patience, let heldUpSince else { return .fine }
    if isShuttingDown {
      return now >= heldUpSince + patience ? .giveUp(after: now - heldUpSince) : .fine
    }
    guard !isAsking, let nextQuestion, now >= nextQuestion else { return .fine }
    isAsking = true
    return .ask
  }
}
