internal import CDCTime
internal import PGWire
internal import Synchronization

/// The stream's own thread: reads, finds message boundaries, answers the server, hands over
/// batches.
///
/// It alone touches the socket. The consumer decodes on its own thread, straight from the segments,
/// and may sleep for as long as it likes: feedback has its own clock here, and when the byte budget
/// is used up only the reading stops.
struct StreamEngine: ~Copyable {
  private let control: StreamControl
  private let mailbox: Mailbox
  private let log: StreamLog
  private let counters: StreamCounters
  private var feedback: FeedbackSchedule
  private var stall: StallDetector
  private var machine = CopyBothMachine()
  private var reader: SegmentReader
  private var scanner: FrameScanner
  private var outgoing = OutgoingBytes()
  private var closeDeadline: MonotonicTime?
  private var ending: StreamEnd?
  /// Set once nothing can be sent any more.
  ///
  /// What has been received is still taken in: the server's last words may be among it.
  private var writeFailure: TransportError?
  /// What the socket must be ready for before there is more to be read, and to be written.
  ///
  /// They are what one expects, but TLS may have to write in order to read.
  private var readNeeds = Readiness.read
  private var writeNeeds: Readiness = []
  /// Since when reading has stood still for the consumer.
  private var stoppedSince: MonotonicTime?

  /// How long the server may take to answer our CopyDone.
  private static let closeTimeout = Duration.seconds(10)

  init(
    control: StreamControl, mailbox: Mailbox, log: StreamLog, counters: StreamCounters,
    limits: FrameLimits, isPgOutput: Bool, feedback: FeedbackSchedule, stall: StallDetector,
    pool: SegmentPool, received: [UInt8]
  ) {
    self.control = control
    self.mailbox = mailbox
    self.log = log
    self.counters = counters
    self.feedback = feedback
    self.stall = stall
    self.reader = SegmentReader(pool, received: received)
    self.scanner = FrameScanner(limits: limits, isPgOutput: isPgOutput)
  }

  /// Runs the stream to its end.
  mutating func run(_ session: inout Session, interrupt: Interrupt) -> StreamEnd {
    do throws(TransportError) {
      try scan(&session)
      while ending == nil {
        if interrupt.isTriggered { throw .cancelled }
        let now = MonotonicTime.now()
        takeOrders(now)
        checkForLife(now)
        sendFeedback(now)
        write(&session)
        let canRead = canReadMore()
        noteReading(canRead, now)
        if canRead, try read(&session, now) { continue }
        if ending != nil { break }
        // The socket takes nothing more, and everything that had come was read.
        if canRead, let writeFailure { throw writeFailure }
        try wait(session.transport.descriptor, reading: canRead, interrupt)
      }
    } catch {
      ending = ending ?? brokenEnd(error)
    }
    return ending ?? .closed
  }

  /// Whether there is room to read into.
  private mutating func canReadMore() -> Bool {
    // While we close, what comes is dropped: no consumer has to make room for it.
    if closeDeadline != nil { return reader.prepare(force: true) }
    if mailbox.hasRoom, reader.prepare(force: mailbox.isConsumerStarved) { return true }
    // First said, then looked at again: whoever makes room from here on, or waits, wakes us.
    mailbox.readerStops()
    return mailbox.hasRoom && reader.prepare(force: mailbox.isConsumerStarved)
  }

  /// How the stream has ended when its connection broke: as the server said, if it said anything.
  private mutating func brokenEnd(_ error: TransportError) -> StreamEnd {
    if case .lost = error {
      let end = machine.connectionEnded()
      if end != .connectionLost { return streamEnd(end) }
    }
    return .failed(.connection(.transport(error)))
  }

  /// Sleeps until there is something to do.
  private func wait(
    _ descriptor: Int32, reading: Bool, _ interrupt: Interrupt
  ) throws(TransportError) {
    mailbox.wakeConsumer()
    var wanted: Readiness = []
    if reading { wanted.formUnion(readNeeds) }
    wanted.formUnion(writeNeeds)
    let deadlines = [
      closeDeadline, canQueueFeedback ? feedback.nextDue : nil, reading ? stall.nextDue : nil,
    ].compactMap(\.self)
    let (_, woken) = try waitUntilReady(
      descriptor, for: wanted, orWoken: interrupt.descriptor, until: deadlines.min())
    if woken { interrupt.drain() }
  }

  /// Reads once.
  ///
  /// True if bytes came, and there may be more.
  private mutating func read(
    _ session: inout Session, _ now: MonotonicTime
  ) throws(TransportError) -> Bool {
    switch try reader.read(from: &session.transport) {
    case .moved(let count):
      stall.heard(at: now)
      counters.bytesReceived.add(count, ordering: .relaxed)
      counters.lastHeard.store(postgresClockNow(), ordering: .relaxed)
      try scan(&session)
      return true
    case .wouldBlock(let readiness):
      readNeeds = readiness
      return false
    case .end:
      ending = streamEnd(machine.connectionEnded())
      return false
    }
  }

  /// Finds the messages in what has been received, and hands them over.
  private mutating func scan(_ session: inout Session) throws(TransportError) {
    scanner.begin(at: reader.start)
    while ending == nil {
      let stop = scanner.scan(reader.segment, to: reader.filled)
      feedback.receivedData(upTo: LSN(rawValue: scanner.highest))
      counters.messagesReceived.store(scanner.messages, ordering: .relaxed)
      counters.received.store(feedback.received.rawValue, ordering: .relaxed)
      switch stop {
      case .needsMore(let length):
        reader.expect(frameLength: length)
        deliver(to: scanner.position)
        return
      case .message(let tag, let body, let end):
        do throws(WireError) {
          try handle(tag, body, &session)
          scanner.skip(to: end)
        } catch {
          // What is no message is not handed over; the consumer decodes without checking again.
          ending = .failed(.connection(.wire(error)))
        }
      case .invalid(let error):
        deliver(to: scanner.position)
        ending = .failed(.connection(.wire(error)))
      }
    }
    deliver(to: scanner.position)
  }

  private mutating func deliver(to end: Int) {
    guard closeDeadline == nil else { return reader.drop(to: end) }
    if let batch = reader.takeBatch(to: end) { mailbox.put(batch, more: reader.isFull) }
  }

  /// Deals with a message that is not XLogData.
  private mutating func handle(
    _ tag: UInt8, _ body: Range<Int>, _ session: inout Session
  ) throws(WireError) {
    let action = try reader.segment.withBytes(body) { bytes throws(WireError) in
      if tag == UInt8(ascii: "d") { try receiveCopyData(bytes, &feedback) }
      return try BackendMessage.decode(tag: tag, bytes) { machine.receive($0) }
    }
    switch action {
    case .deliver, .discard, .wait: break
    case .notice(let notice): log.notice(notice)
    case .parameterChanged(let name, let value): log.parameterChanged(name, value)
    case .sendCopyDone:
      deliver(to: scanner.position)
      feedback.promptNow()
      sendFeedback(MonotonicTime.now())
      outgoing.append(.copyDone)
      closeDeadline = MonotonicTime.now() + Self.closeTimeout
    case .ended(let end):
      session.copyBothFinished()
      ending = streamEnd(end)
    case .fail(let error): throw error
    }
  }

  private func streamEnd(_ end: CopyBothEnd) -> StreamEnd {
    switch end {
    case .finished: .closed
    case .serverShutdown: .serverShutdown
    case .failed(let error): .failed(.connection(.server(error)))
    case .connectionLost: .failed(.connection(.transport(.closedByServer)))
    }
  }
}

/// Takes in what is no XLogData, and so a keepalive.
///
/// The server's status (`s`, 19) is sent only to those who ask for it, which we don't.
private func receiveCopyData(
  _ bytes: Span<UInt8>, _ feedback: inout FeedbackSchedule
) throws(WireError) {
  try CopyBothFrame.decode(bytes) { frame in
    if case .keepAlive(let walEnd, _, let replyRequested) = frame {
      feedback.receivedKeepAlive(walEnd: walEnd, replyRequested: replyRequested)
    }
  }
}

// MARK: - What we send

extension StreamEngine {
  private mutating func takeOrders(_ now: MonotonicTime) {
    if let orders = control.take() {
      if let progress = orders.progress {
        feedback.acknowledge(progress, isUrgent: orders.isUrgent)
      }
      if orders.finishes, closeDeadline == nil {
        feedback.promptNow()
        sendFeedback(now)
        if machine.finish() { outgoing.append(.copyDone) }
        closeDeadline = now + Self.closeTimeout
        mailbox.discard()
      }
    }
    if let closeDeadline, now >= closeDeadline { ending = .closed }
  }

  /// Writes what the socket takes.
  private mutating func write(_ session: inout Session) {
    guard writeFailure == nil else { return }
    do throws(TransportError) {
      writeNeeds = try outgoing.write(to: &session.transport)
    } catch {
      writeFailure = error
      writeNeeds = []
      outgoing = OutgoingBytes()
    }
  }

  private mutating func checkForLife(_ now: MonotonicTime) {
    switch stall.check(at: now) {
    case .alive: break
    case .ask: feedback.askForReply()
    case .stalled: ending = .failed(.stalled(stall.timeout ?? .zero))
    }
  }

  /// Keeps account of the time in which the consumer is so far behind that we do not read.
  private mutating func noteReading(_ canRead: Bool, _ now: MonotonicTime) {
    if let since = stoppedSince {
      counters.nanosecondsStopped.add((now - since).wholeNanoseconds, ordering: .relaxed)
      stoppedSince = nil
    }
    guard !canRead else { return }
    stoppedSince = now
    stall.heard(at: now)
  }

  /// While our last words are stuck in the socket, more of them would only pile up, and behind
  /// CopyDone there is nothing to say.
  private var canQueueFeedback: Bool {
    outgoing.count < 4096 && writeFailure == nil && closeDeadline == nil
  }

  private mutating func sendFeedback(_ now: MonotonicTime) {
    guard canQueueFeedback, let update = feedback.takeDue(at: now, clock: { .now() })
    else { return }
    log.feedback(update)
    counters.feedbackSent.add(1, ordering: .relaxed)
    counters.reportedFlush.store(update.flush.rawValue, ordering: .relaxed)
    counters.walEnd.store(feedback.walEnd.rawValue, ordering: .relaxed)
    outgoing.append(.copyData(update.encoded))
  }
}
