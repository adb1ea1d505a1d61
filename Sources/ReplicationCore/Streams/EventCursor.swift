internal import CDCTime
internal import PGOutput
internal import PGWire
internal import Synchronization

/// Turns the frames of a stream into events, one at a time, and stops at the requested position.
///
/// It belongs to the consumer and takes no lock. Only what an event needs is decoded, in place.
struct EventCursor {
  private var frames: FrameCursor
  private let isPgOutput: Bool
  private let decodes: Bool
  private let deliversKeepAlives: Bool
  private var stop: StopCondition?
  /// Where the stream stands between transactions and inside of one.
  private var position: StreamPosition

  /// - Parameters:
  ///   - mailbox: Where the batches come from; it is notified of each that is opened.
  ///   - checksOrder: As in ``StreamTuning/checksOrder``.
  init(
    _ params: ReplicationParams, from mailbox: Mailbox, _ counters: StreamCounters,
    checksOrder: Bool = true
  ) {
    frames = FrameCursor(from: mailbox, counters)
    stop = params.stopAt.map(StopCondition.init)
    decodes = params.decodesTransactions
    isPgOutput = params.isPgOutput
    position = StreamPosition(checks: checksOrder ? .everything : .nothing)
    deliversKeepAlives = params.deliversKeepAlives
  }

  /// Gives it more to iterate over, once ``next()`` has returned nothing.
  mutating func refill(_ batches: [Batch]) {
    frames.refill(batches)
  }

  /// Whether the stop position was reached.
  var isStopped: Bool { stop?.isReached == true }

  /// The next event, or `nil` if the batches are used up.
  mutating func next() throws(ReplicationError) -> ReplicationEvent? {
    while let frame = frames.next() {
      do throws(ReplicationError) {
        guard let event = try event(of: frame) else { continue }
        frames.countDelivered()
        return event
      } catch {
        // A message that can't be read stays where it is, so that the consumer can't skip it
        // unnoticed.
        frames.putBack()
        throw error
      }
    }
    return nil
  }

  /// Passes every available frame.
  ///
  /// - Returns: Whether there was any.
  mutating func lendFrames(_ lend: (CopyBothFrame) throws -> Void) throws -> Bool {
    let deliversKeepAlives = deliversKeepAlives
    return try frames.forEachReady { segment, content in
      try segment.withBytes(content) { bytes in
        if let header = XLogDataHeader(bytes) {
          try lend(
            .xLogData(
              start: header.start, end: header.end, sentAt: header.sentAt,
              payload: bytes.extracting(droppingFirst: XLogDataHeader.size)))
          return true
        }
        guard deliversKeepAlives,
          let keepAlive = try? CopyBothFrame.decode(bytes, { KeepAlive($0) })
        else { return false }
        try lend(
          .keepAlive(
            walEnd: keepAlive.walEnd, sentAt: keepAlive.sentAt,
            replyRequested: keepAlive.replyRequested))
        return true
      }
    }
  }

  @inline(__always)
  private mutating func event(
    of frame: ReceivedFrame
  ) throws(ReplicationError) -> ReplicationEvent? {
    guard frame.isXLogData else { return frame.keepAlive.flatMap { event(of: $0) } }
    if isPgOutput, let letter = frame.payloadLetter, !position.passesOver(letter),
      let event = try boundaryEvent(of: frame), decodes || isStopped
    {
      return event
    }
    return frame.xLogData.map { .xLogData($0) }
  }

  private mutating func event(of keepAlive: KeepAlive) -> ReplicationEvent? {
    let isInTransaction = position.place != .outside
    if stop?.reaches(walEnd: keepAlive.walEnd, isInTransaction: isInTransaction) == true {
      return stopped()
    }
    return deliversKeepAlives ? .keepAlive(keepAlive) : nil
  }

  private mutating func stopped() -> ReplicationEvent {
    frames.dropRest()
    return .stoppedAt(stop?.position ?? .zero)
  }
}

// MARK: - Transactions

extension EventCursor {
  /// The event for a message that begins or ends a transaction, or stands outside of one; `nil` if
  /// it is delivered as it is.
  @inline(never)
  private mutating func boundaryEvent(
    of frame: ReceivedFrame
  ) throws(ReplicationError) -> ReplicationEvent? {
    var event: ReplicationEvent?
    var boundary = TransactionBoundary.none
    do throws(PgOutputError) {
      try frame.withMessage { (payload, lsn) throws(PgOutputError) in
        try position.read(payload, at: lsn) { message in
          event = ReplicationEvent(message)
          boundary = message.boundary
        }
      }
    } catch {
      throw .decoding(error)
    }
    if stop != nil, let commit = boundary.commitPosition, stop?.reaches(commit: commit) == true {
      return stopped()
    }
    if let end = boundary.end, let time = end.time {
      frames.counters.delivered.store(end.position.rawValue, ordering: .relaxed)
      frames.counters.lastCommitTime.store(time.microseconds, ordering: .relaxed)
    }
    return event
  }
}

extension ReplicationEvent {
  /// The event for a message of pgoutput, if it has one of its own.
  fileprivate init?(_ message: PgOutputMessage) {
    switch message {
    case .begin(let begin): self = .begin(begin)
    case .commit(let commit): self = .commit(commit)
    case .message(let message): self = .message(message)
    default: return nil
    }
  }
}
