internal import CDCTime
internal import PGOutput
internal import PGWire
internal import Synchronization

/// Turns the batches that the stream's thread hands over into events, one at a time.
///
/// It belongs to the consumer and takes no lock. Decoding is for what an event needs, in place.
struct EventCursor {
  /// What is still to be opened, the next one last: an opened batch is not held here.
  private var batches: [Batch] = []
  private var segment: Segment?
  private var position = 0
  private var end = 0

  private let isPgOutput: Bool
  private let decodes: Bool
  private let deliversKeepAlives: Bool
  var stop: StopCondition?
  /// Where the stream stands between transactions and inside of one.
  var order: MessageOrder
  /// Whether ``order`` has the last word, or is only kept up with.
  let checksOrder: Bool
  /// Whether a change of a row can come next.
  var takesChanges = false
  private let mailbox: Mailbox
  let counters: StreamCounters
  /// Events since the counters were told of the last ones.
  private var uncounted = 0

  /// - Parameter mailbox: Where the batches come from; it is told of each that is opened.
  init(_ params: ReplicationParams, from mailbox: Mailbox, _ counters: StreamCounters) {
    self.mailbox = mailbox
    self.counters = counters
    stop = params.stopAt.map(StopCondition.init)
    decodes = params.decodesTransactions
    isPgOutput = params.plugin == "pgoutput"
    checksOrder = params.checksOrder
    order = MessageOrder(seesEverything: params.checksOrder)
    deliversKeepAlives = params.deliversKeepAlives
  }

  /// Gives it more to walk through, once ``next()`` has returned nothing.
  mutating func refill(_ batches: [Batch]) {
    self.batches = batches.reversed()
  }

  /// Whether the stop position was reached.
  var isStopped: Bool { stop?.isReached == true }

  /// The next event, or `nil` if the batches are used up.
  mutating func next() throws(ReplicationError) -> ReplicationEvent? {
    while true {
      guard position < end, let segment else {
        guard openNextBatch() else { return nil }
        continue
      }
      let tag = segment.byte(at: position)
      let length = Int(segment.uint32(at: position + 1))
      let start = position
      let body = start + FrameHeader.size..<start + 1 + length
      position = body.upperBound
      guard tag == UInt8(ascii: "d"), !body.isEmpty else { continue }
      do throws(ReplicationError) {
        guard let event = try event(segment, body) else { continue }
        uncounted += 1
        return event
      } catch {
        // A message that can't be read stays where it is: nobody gets past it unawares.
        position = start
        throw error
      }
    }
  }

  /// Lends every frame that is there.
  ///
  /// - Returns: Whether there was any.
  mutating func lendFrames(_ lend: (CopyBothFrame) throws -> Void) throws -> Bool {
    var lentAny = false
    while true {
      guard position < end, let segment else {
        guard openNextBatch() else { return lentAny }
        continue
      }
      lentAny = try lendFrames(of: segment, lend) || lentAny
    }
  }

  /// Lends the rest of the open batch, with one hold on its segment for all of it.
  private mutating func lendFrames(
    of segment: Segment, _ lend: (CopyBothFrame) throws -> Void
  ) throws -> Bool {
    var lentAny = false
    while position < end {
      let tag = segment.byte(at: position)
      let body = position + FrameHeader.size..<position + 1 + Int(segment.uint32(at: position + 1))
      position = body.upperBound
      guard tag == UInt8(ascii: "d"), !body.isEmpty else { continue }
      if segment.byte(at: body.lowerBound) == UInt8(ascii: "w") {
        try lendXLogData(segment, body, to: lend)
      } else if deliversKeepAlives, case .keepAlive(let keepAlive) = self.keepAlive(segment, body) {
        try lend(
          .keepAlive(
            walEnd: keepAlive.walEnd, sentAt: keepAlive.sentAt,
            replyRequested: keepAlive.replyRequested))
      } else {
        continue
      }
      lentAny = true
    }
    return lentAny
  }

  @inline(__always)
  private func lendXLogData(
    _ segment: Segment, _ body: Range<Int>, to lend: (CopyBothFrame) throws -> Void
  ) throws {
    let header = XLogDataHeader(segment, at: body.lowerBound)
    let payload = body.lowerBound + CopyBothFrame.xLogDataHeaderSize..<body.upperBound
    try segment.withBytes(payload) { bytes in
      try lend(
        .xLogData(start: header.start, end: header.end, sentAt: header.sentAt, payload: bytes))
    }
  }

  private mutating func openNextBatch() -> Bool {
    counters.eventsDelivered.add(uncounted, ordering: .relaxed)
    uncounted = 0
    guard let batch = batches.popLast() else {
      segment = nil
      return false
    }
    segment = batch.segment
    position = batch.range.lowerBound
    end = batch.range.upperBound
    mailbox.opened(batch.range.count)
    return true
  }

  private mutating func event(
    _ segment: Segment, _ body: Range<Int>
  ) throws(ReplicationError) -> ReplicationEvent? {
    guard segment.byte(at: body.lowerBound) == UInt8(ascii: "w") else {
      return keepAlive(segment, body)
    }
    let payload = body.lowerBound + CopyBothFrame.xLogDataHeaderSize..<body.upperBound
    if isPgOutput, let event = try transactionEvent(segment, payload, at: body),
      decodes || isStopped
    {
      return event
    }
    let header = XLogDataHeader(segment, at: body.lowerBound)
    return .xLogData(
      XLogData(
        start: header.start, end: header.end, sentAt: header.sentAt,
        payload: Payload(segment, payload)))
  }

  private mutating func keepAlive(_ segment: Segment, _ body: Range<Int>) -> ReplicationEvent? {
    // The stream's thread has decoded it before; a keepalive has 18 bytes.
    guard body.count == 18 else { return nil }
    let walEnd = LSN(rawValue: segment.uint64(at: body.lowerBound + 1))
    if stop?.reaches(walEnd: walEnd) == true { return stopped() }
    guard deliversKeepAlives else { return nil }
    return .keepAlive(
      KeepAlive(
        walEnd: walEnd,
        sentAt: PostgresTimestamp(
          microseconds: Int64(bitPattern: segment.uint64(at: body.lowerBound + 9))),
        replyRequested: segment.byte(at: body.lowerBound + 17) != 0))
  }

  mutating func stopped() -> ReplicationEvent {
    batches = []
    segment = nil
    position = end
    return .stoppedAt(stop?.position ?? .zero)
  }
}

/// What stands before the plugin's message in XLogData.
private struct XLogDataHeader {
  let start: LSN
  let end: LSN
  let sentAt: PostgresTimestamp

  /// The frame scanner has seen to it that the header is whole.
  @inline(__always)
  init(_ segment: Segment, at position: Int) {
    start = LSN(rawValue: segment.uint64(at: position + 1))
    end = LSN(rawValue: segment.uint64(at: position + 9))
    sentAt = PostgresTimestamp(
      microseconds: Int64(bitPattern: segment.uint64(at: position + 17)))
  }
}
