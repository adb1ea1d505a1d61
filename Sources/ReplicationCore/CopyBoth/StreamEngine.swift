internal import CDCTime
internal import PGOutput
internal import PGWire
internal import Synchronization

/// The stream's own thread: reads, finds message boundaries, answers the server, hands over
/// batches.
///
/// It alone touches the socket. The consumer decodes on its own thread, straight from the segments,
/// and may sleep for any time: feedback has its own clock here, and when the byte budget is used up
/// only the reading stops.
struct StreamEngine: ~Copyable {
  let control: StreamControl
  let mailbox: Mailbox
  let log: StreamLog
  let counters: StreamCounters
  var feedback: FeedbackSchedule
  var stall: StallDetector
  var machine = CopyBothMachine()
  var reader: SegmentReader
  var scanner: FrameScanner
  var outgoing = OutgoingBytes()
  var limit: PositionLimit
  var patience: ShutdownPatience
  let shutdown: ShutdownQuestion
  let skipsMissingPublications: Bool
  var closeDeadline: MonotonicTime?
  /// Whether our side ended the stream.
  var isClosing = false
  var ending: StreamEnd?
  /// Set once nothing can be sent any more.
  ///
  /// Received data is still processed: it may contain the server's last message.
  var writeFailure: TransportError?
  /// What the socket must be ready for before the next read, and before the next write.
  ///
  /// Usually reading and writing, but TLS may have to write in order to read.
  var readNeeds = Readiness.read
  var writeNeeds: Readiness = []
  /// The time since which reading is stopped because of the consumer.
  var stoppedSince: MonotonicTime?
  /// The received position that was last noted with its time.
  var timedPosition = LSN.zero

  /// How long the server may take to answer our CopyDone.
  static let closeTimeout = Duration.seconds(10)

  init(
    control: StreamControl, mailbox: Mailbox, log: StreamLog, counters: StreamCounters,
    params: ReplicationParams, server: ConnectionOptions, from known: LSN?,
    feedback: FeedbackSchedule, stall: StallDetector, pool: SegmentPool, received: [UInt8]
  ) {
    self.control = control
    self.mailbox = mailbox
    self.log = log
    self.counters = counters
    self.feedback = feedback
    self.stall = stall
    self.reader = SegmentReader(pool, received: received)
    self.limit = PositionLimit(from: known)
    self.patience = ShutdownPatience(params.shutdownTimeout)
    self.shutdown = ShutdownQuestion(server)
    self.skipsMissingPublications = params.skipsMissingPublications
    self.scanner = FrameScanner(
      limits: params.limits.frames,
      acknowledgeable: params.isPgOutput ? AcknowledgeableMessages() : nil)
  }

  /// Runs the stream to its end.
  mutating func run(_ session: inout Session, interrupt: Interrupt) -> StreamEnd {
    do throws(TransportError) {
      try scan(&session)
      noteReceiptTime(.now())
      while true {
        if let ending { return ending }
        if interrupt.isTriggered { throw .cancelled }
        let now = MonotonicTime.now()
        takeRequests(now)
        checkForLife(now)
        sendFeedback(now)
        write(&session)
        let canRead = canReadMore()
        noteReading(canRead, now)
        if canRead, try read(&session, now) { continue }
        notePatience(canRead, now)
        if let ending { return ending }
        // The socket accepts nothing more, and everything that had arrived was read.
        if canRead, let writeFailure { throw writeFailure }
        try wait(session.transport.descriptor, reading: canRead, interrupt)
      }
    } catch {
      return ending ?? brokenEnd(error)
    }
  }

  /// Whether there is room to read into.
  private mutating func canReadMore() -> Bool {
    // While we close, incoming data is dropped: no consumer has to make room for it.
    if closeDeadline != nil { return reader.prepare(force: true) }
    if mailbox.hasRoom, reader.prepare(force: mailbox.isConsumerStarved) { return true }
    // Announced first, then checked again: a consumer that makes room or waits from here on wakes
    // us.
    mailbox.readerStops()
    return mailbox.hasRoom && reader.prepare(force: mailbox.isConsumerStarved)
  }

  /// How the stream has ended when its connection broke: as the server reported, if it did.
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
      patience.nextDue,
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
      noteReceiptTime(now)
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
      noteScanned()
      if ending != nil { return }
      switch stop {
      case .needsMore(let length):
        reader.expect(frameLength: length)
        deliver(to: scanner.position)
        return
      case .message(let tag, let body, let end):
        do throws(ReplicationError) {
          try handle(tag, body, &session)
          scanner.skip(to: end)
        } catch {
          // An invalid message is not handed over, since the consumer decodes without checks.
          ending = .failed(error)
        }
      case .invalid(let error):
        deliver(to: scanner.position)
        ending = .failed(.connection(.wire(error)))
      }
    }
    deliver(to: scanner.position)
  }

  /// Records the scanned messages; ends the stream if they are impossible.
  private mutating func noteScanned() {
    let isNews = scanner.messages > counters.messagesReceived.load(ordering: .relaxed)
    guard isNews else { return }
    counters.messagesReceived.store(scanner.messages, ordering: .relaxed)
    // While we close, incoming data is dropped.
    guard closeDeadline == nil else { return }
    guard machine.takesData else {
      ending = .failed(.connection(.unexpectedMessage))
      return
    }
    let highest = LSN(rawValue: scanner.highest)
    do throws(ReplicationError) {
      try limit.check(highest)
    } catch {
      // The consumer gets none of these messages, so it does not matter which of them is wrong.
      ending = .failed(error)
      return
    }
    feedback.receivedData(upTo: highest)
    counters.received.store(feedback.received.rawValue, ordering: .relaxed)
  }

  mutating func deliver(to end: Int) {
    guard closeDeadline == nil, machine.takesData else { return reader.drop(to: end) }
    guard var batch = reader.takeBatch(to: end) else { return }
    batch.position = feedback.received
    mailbox.put(batch, more: reader.isFull)
  }

  /// Deals with a message that is not XLogData.
  private mutating func handle(
    _ tag: UInt8, _ body: Range<Int>, _ session: inout Session
  ) throws(ReplicationError) {
    // Data before an error or the end is delivered; data after it is not.
    if tag != UInt8(ascii: "d") { deliver(to: scanner.position) }
    let action: CopyBothMachine.Action
    var keepAlive: KeepAlive?
    do throws(WireError) {
      action = try reader.segment.withBytes(body) { bytes throws(WireError) in
        if tag == UInt8(ascii: "d") { keepAlive = try Self.keepAlive(bytes) }
        return try BackendMessage.decode(tag: tag, bytes) { machine.receive($0) }
      }
    } catch {
      throw .connection(.wire(error))
    }
    if let keepAlive, action == .deliver {
      try limit.check(keepAlive.walEnd)
      if counters.serverTime.load(ordering: .relaxed) == Int64.min {
        counters.serverTime.store(keepAlive.sentAt.microseconds, ordering: .relaxed)
      }
      feedback.receivedKeepAlive(
        walEnd: keepAlive.walEnd, replyRequested: keepAlive.replyRequested)
      counters.received.store(feedback.received.rawValue, ordering: .relaxed)
    }
    try act(on: action, &session)
  }

  private mutating func act(
    on action: CopyBothMachine.Action, _ session: inout Session
  ) throws(ReplicationError) {
    switch action {
    case .deliver, .discard: break
    case .wait:
      // An error ends the stream, whether the server reports that it is ready again or not.
      if let failure = machine.failure { ending = .failed(.connection(.server(failure))) }
    case .notice(let notice):
      log.notice(notice)
      guard notice.isPublicationSkipped, !skipsMissingPublications else { return }
      throw .publicationSkipped(notice)
    case .parameterChanged(let name, let value): log.parameterChanged(name, value)
    case .sendCopyDone:
      feedback.promptNow()
      sendFeedback(MonotonicTime.now())
      outgoing.append(.copyDone)
      closeDeadline = MonotonicTime.now() + Self.closeTimeout
    case .ended(let end):
      session.copyBothFinished()
      ending = streamEnd(end)
    case .fail(let error): throw .connection(.wire(error))
    }
  }

  func streamEnd(_ end: CopyBothEnd) -> StreamEnd {
    switch end {
    case .finished: isClosing ? .closed : .failed(.endedByServer)
    case .serverShutdown: .serverShutdown
    case .failed(let error): .failed(.connection(.server(error)))
    case .connectionLost: .failed(.connection(.transport(.closedByServer)))
    }
  }

  /// A keepalive, if it is one.
  ///
  /// The server's status (`s`, 19) is sent only on request, and we don't request it.
  private static func keepAlive(
    _ bytes: Span<UInt8>
  ) throws(WireError) -> KeepAlive? {
    try CopyBothFrame.decode(bytes) { KeepAlive($0) }
  }
}
