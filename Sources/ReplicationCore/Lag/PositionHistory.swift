internal import PGWire

/// Remembers when a growing position was where: finely for the last seconds, coarsely for hours.
///
/// A pure value in simulated time. Its spans follow one another without a gap. When there are too
/// many, the two neighbours are merged whose common length is the smallest in comparison with their
/// age. So the error of an answer stays a small part of the answer, however long the history is.
struct PositionHistory: Hashable, Sendable {
  /// A move from one position to the next.
  struct Span: Hashable, Sendable {
    let start: LSN
    var end: LSN
    /// When the position left the start.
    let began: MonotonicTime
    /// When it reached the end.
    var ended: MonotonicTime
  }

  private(set) var spans: [Span] = []

  /// The maximum number of spans.
  static let capacity = 128
  /// Moves within this time are one span.
  static let resolution = Duration.milliseconds(100)

  /// The position is here now.
  ///
  /// A position that is not beyond the last one changes nothing.
  ///
  /// - Parameter earlier: Since when it may have moved, if nobody has looked since then; by default
  ///   it moved just now.
  mutating func note(
    _ position: LSN, at now: MonotonicTime, movingSince earlier: MonotonicTime? = nil
  ) {
    guard let last = spans.last else {
      spans.reserveCapacity(Self.capacity + 1)
      spans.append(Span(start: position, end: position, began: now, ended: now))
      return
    }
    guard position > last.end else { return }
    let now = max(now, last.ended)
    if earlier == nil, now - last.began < Self.resolution {
      spans[spans.count - 1].end = position
      spans[spans.count - 1].ended = now
      return
    }
    let began = min(max(earlier ?? now, last.ended), now)
    spans.append(Span(start: last.end, end: position, began: began, ended: now))
    if spans.count > Self.capacity { thin(at: now) }
  }

  private mutating func thin(at now: MonotonicTime) {
    var best = (index: 0, cost: Double.infinity)
    for index in 0..<spans.count - 1 {
      let length = (spans[index + 1].ended - spans[index].began).wholeNanoseconds
      let age = max((now - spans[index + 1].ended).wholeNanoseconds, 1)
      let cost = Double(length) / Double(age)
      if cost < best.cost { best = (index, cost) }
    }
    let (first, second) = (spans[best.index], spans[best.index + 1])
    spans[best.index] = Span(
      start: first.start, end: second.end, began: first.began, ended: second.ended)
    spans.remove(at: best.index + 1)
  }
}

extension PositionHistory {
  /// Whether it goes back to this position.
  func covers(_ position: LSN) -> Bool {
    spans.first.map { position >= $0.start } ?? false
  }

  /// How long ago the first byte beyond this position came; zero if none has.
  ///
  /// - Returns: The least that it can be if the history does not go back so far, and `nil` if
  ///   nothing is known.
  func age(beyond position: LSN, at now: MonotonicTime) -> Duration? {
    guard !spans.isEmpty else { return nil }
    guard let span = spans.first(where: { $0.end > position }) else { return .zero }
    return max(now - Self.time(of: position, in: span), .zero)
  }

  /// How long ago this position was reached; counts from the last one that was, if it has not been.
  ///
  /// - Returns: As ``age(beyond:at:)``.
  func age(of position: LSN, at now: MonotonicTime) -> Duration? {
    guard let last = spans.last else { return nil }
    guard let span = spans.first(where: { $0.end >= position }) else {
      return max(now - last.ended, .zero)
    }
    return max(now - Self.time(of: position, in: span), .zero)
  }

  /// When a position was passed that lies in a span, or before it.
  private static func time(of position: LSN, in span: Span) -> MonotonicTime {
    guard position > span.start else { return span.began }
    let share =
      Double(position.bytes(since: span.start)) / Double(span.end.bytes(since: span.start))
    let length = Double((span.ended - span.began).wholeNanoseconds)
    return span.began + .nanoseconds(Int64(length * min(share, 1)))
  }
}

/// The histories of one stream.
struct PositionHistories: Hashable, Sendable {
  /// What was received when.
  private(set) var receipts = PositionHistory()
  /// Where the server's log ended when the server was asked.
  private(set) var serverEnds = PositionHistory()
  private var lastAsked: MonotonicTime?

  mutating func noteReceived(_ position: LSN, at now: MonotonicTime) {
    receipts.note(position, at: now)
  }

  /// The server said where its log ends.
  mutating func noteServerEnd(_ position: LSN, at now: MonotonicTime) {
    serverEnds.note(position, at: now, movingSince: lastAsked)
    lastAsked = now
  }
}
