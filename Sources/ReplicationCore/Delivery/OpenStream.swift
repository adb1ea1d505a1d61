internal import CDCTime
internal import PGWire
internal import Synchronization

/// The consumer's side of a stream: its frames, and the record of their delivery.
struct OpenStream: Sendable {
  let duplex: Duplex
  private var frames: FrameCursor
  /// The commit time of the transaction that has begun, in microseconds.
  private var commitTime: Int64?

  init(_ duplex: Duplex) {
    self.duplex = duplex
    frames = FrameCursor(from: duplex.mailbox, duplex.counters)
  }

  /// The next frame, if it is there.
  @inline(__always)
  mutating func nextIfReady() -> ReceivedFrame? {
    while true {
      if let frame = frames.next() {
        frames.countDelivered()
        return frame
      }
      // Checked here, or a task that is never without frames could not be cancelled.
      guard !Task.isCancelled, let batches = duplex.mailbox.takeBatches() else { return nil }
      frames.refill(batches)
    }
  }

  /// Takes all the rows that come next in one call.
  ///
  /// - Returns: Whether there was any.
  @inline(__always)
  mutating func takeRows(into source: inout some StepSource) -> Bool {
    source.takeRows(&frames)
  }

  /// Gives it more, once there is no frame.
  mutating func refill(_ batches: [Batch]) {
    frames.refill(batches)
  }

  /// Records how far the consumer has got.
  mutating func note(_ place: StepPlace) {
    switch place {
    case .begins(_, let time): commitTime = time?.microseconds
    case .ends(let end): noteDelivered(upTo: end, committed: commitTime)
    case .isWhole(_, let end, let time): noteDelivered(upTo: end, committed: time?.microseconds)
    case .idle, .other: break
    }
  }

  private func noteDelivered(upTo end: LSN, committed time: Int64?) {
    // A message outside of transactions has no time, and is no transaction.
    guard let time else { return }
    duplex.counters.delivered.store(end.rawValue, ordering: .relaxed)
    duplex.counters.lastCommitTime.store(time, ordering: .relaxed)
  }
}
