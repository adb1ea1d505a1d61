/// How long a session waits for the server, and for what.
///
/// A pure value in simulated time. It is checked in every iteration of every receive loop, not only
/// when there is nothing to read: a server that never stops sending gets no more time.
struct Patience: Sendable {
  let awaited: AwaitedAnswer
  /// When the wait ends, no matter what arrives.
  private let deadline: MonotonicTime?
  /// How long the server may be silent.
  private let silence: Duration?
  private let began: MonotonicTime
  private var lastHeard: MonotonicTime
  /// Messages that were not part of the answer, since the last one that was.
  private var asides = 0

  /// This number of notices and the like count as signs of life; more of them are a flood.
  static let asidesThatCount = 10_000

  init(
    for awaited: AwaitedAnswer, until deadline: MonotonicTime? = nil, silence: Duration? = nil,
    now: MonotonicTime
  ) {
    self.awaited = awaited
    self.deadline = deadline
    self.silence = silence
    began = now
    lastHeard = now
  }

  /// Bytes were moved, in either direction.
  mutating func moved(at now: MonotonicTime) {
    if asides < Self.asidesThatCount { lastHeard = now }
  }

  /// A message was taken.
  ///
  /// - Parameter isAside: Whether it is one that may come at any moment, and is no answer.
  mutating func took(isAside: Bool) {
    asides = isAside ? asides + 1 : 0
  }

  /// When the wait would end as of now; `nil` for never.
  var due: MonotonicTime? {
    guard let silence else { return deadline }
    let end = lastHeard + silence
    return deadline.map { min($0, end) } ?? end
  }

  /// How long nothing has arrived; for a deadline, how long all of it took.
  func waited(at now: MonotonicTime) -> Duration {
    now - (silence == nil ? began : lastHeard)
  }
}
