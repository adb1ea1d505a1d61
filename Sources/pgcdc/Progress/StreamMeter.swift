/// Shows how a stream is doing.
///
///     stream 9,000 messages/s  3.4 MiB/s  lag 12.3 MiB, 4 s (delivered)  at 0/1CAB6E0
///       slot keeps 1.2 GiB  lost in 34 min
struct StreamMeter {
  private var status: StatusLine
  private var messages = GrowthRate()
  private var bytes = GrowthRate()
  private let start: ContinuousClock.Instant

  init(_ status: StatusLine, start: ContinuousClock.Instant = .now) {
    self.status = status
    self.start = start
  }

  /// Shows it, if it is time to.
  mutating func show(_ figures: StreamFigures, now: ContinuousClock.Instant = .now) {
    if let counts = figures.counts {
      messages.note(Int64(counts.messages), at: now)
      bytes.note(Int64(counts.bytes), at: now)
    }
    guard status.isDue(since: start, now: now) else { return }
    status.show(figures.line((messages.perSecond, bytes.perSecond)), now: now)
  }

  /// Takes the line away.
  mutating func clear() {
    status.clear()
  }
}
