internal import PGOutput
public import PGWire
internal import Synchronization

/// An open replication stream: changes one way, progress the other.
///
/// A thread of its own reads from the server, answers its keepalives and reports progress at the
/// interval, whether ``recv()`` is called or not. Events are decoded where they are received; see
/// ``Payload`` for what it costs to keep one.
///
///     for try await event in duplex {
///       if case .commit(let commit) = event { duplex.sendStatusUpdate(flush: commit.endLSN) }
///     }
///     await duplex.close()
///
/// One task at a time may wait for events. Acknowledging and closing are safe from any task at any
/// time. Dropping the last reference closes the stream as ``close()`` does, without waiting.
public final class Duplex: Sendable {
  private let control: StreamControl
  let mailbox: Mailbox
  let pool: SegmentPool
  let counters = StreamCounters()
  let cursor: ExclusiveCell<EventCursor>
  private let finished = Completion()
  /// The server that the stream comes from.
  let server: ConnectionOptions
  let processID: Int32
  private let slot: SlotName
  /// The longest time between two reports.
  let reportInterval: Duration

  /// The server's version as the server reports it: `15.18 (Debian 15.18-0+deb12u1)`.
  public let serverVersion: String
  /// The options that the plugin was started with.
  public let pluginOptions: [String: String]

  init(
    _ connection: WireConnection, _ params: ReplicationParams, _ tuning: StreamTuning,
    from known: LSN?, serverVersion: String, pluginOptions: [String: String], liveness: Liveness,
    slot: SlotName
  ) throws(ReplicationError) {
    let wake: @Sendable () -> Void = { [interrupt = connection.interrupt] in interrupt.wake() }
    let control = StreamControl(wake: wake)
    let mailbox = Mailbox(
      readAhead: tuning.readAhead(of: params.byteBudget), wakeReader: wake)
    let pool = SegmentPool(
      budget: params.byteBudget, segmentSize: tuning.segmentSize, wakeReader: wake)
    let finished = finished
    self.control = control
    self.mailbox = mailbox
    self.pool = pool
    self.serverVersion = serverVersion
    self.pluginOptions = pluginOptions
    self.slot = slot
    reportInterval = liveness.statusInterval
    server = connection.options
    processID = connection.processID
    cursor = ExclusiveCell(
      EventCursor(params, from: mailbox, counters, checksOrder: tuning.checksOrder))
    let feedback = FeedbackSchedule(
      interval: liveness.statusInterval,
      probeInterval: params.stopAt == nil ? nil : .milliseconds(250),
      advancesWhenIdle: params.advancesWhenIdle,
      confirmsRequests: tuning.confirmsRequests, now: .now())
    let stall = StallDetector(timeout: liveness.stallTimeout, now: .now())
    let counters = counters
    let log = StreamLog(logger: params.logger, slot: params.slot)
    do {
      try OwnThread.start {
        let seen = Self.run(connection) { session in
          var engine = StreamEngine(
            control: control, mailbox: mailbox, log: log, counters: counters,
            params: params, server: connection.options, from: known, feedback: feedback,
            stall: stall, pool: pool, received: session.takeReceived())
          return engine.run(&session, interrupt: connection.interrupt)
        }
        connection.close()
        let end = seen.explained(by: slot, on: connection.options)
        log.ended(end)
        mailbox.finish(end)
        finished.complete()
      }
    } catch {
      throw .connection(.transport(error))
    }
  }

  deinit {
    control.order { $0.finishes = true }
  }

  private static func run(
    _ connection: WireConnection, _ stream: @escaping @Sendable (inout Session) -> StreamEnd
  ) -> StreamEnd {
    do throws(PGWireError) {
      return try connection.holdingSession { session throws(PGWireError) in stream(&session) }
    } catch {
      return .failed(.connection(error))
    }
  }

  /// The next event.
  ///
  /// - Returns: `nil` when the stream has ended cleanly: closed by us, stopped at
  ///   ``ReplicationParams/stopAt``, or the server shut down; ``end`` says which.
  /// - Throws: ``ReplicationError``. ``ReplicationError/cancelled`` if the waiting task is
  ///   cancelled: the stream continues and no event is lost. ``ReplicationError/concurrentReceive``
  ///   if another task is waiting already.
  ///
  /// Inlined into its caller, so that an event that is there already costs no call that could wait.
  @inlinable
  public func recv() async throws(ReplicationError) -> ReplicationEvent? {
    if let event = try takenEvent() { return event }
    return try await waitForEvent()
  }

  /// The next event of the batches that were taken from the stream's thread.
  @usableFromInline
  func takenEvent() throws(ReplicationError) -> ReplicationEvent? {
    try cursor.use { (cursor) throws(ReplicationError) in try cursor.next() }
  }

  /// The next event, after a wait if needed.
  @usableFromInline
  func waitForEvent() async throws(ReplicationError) -> ReplicationEvent? {
    try await cursor.use { (cursor) async throws(ReplicationError) in
      while true {
        if let event = try cursor.next() { return event }
        if cursor.isStopped { return nil }
        // Checked here too, or a task whose stream is never idle could not be cancelled.
        if Task.isCancelled { throw .cancelled }
        switch await mailbox.take() {
        case .batches(let batches): cursor.refill(batches)
        case .ended(.failed(let error)): throw error
        case .ended: return nil
        case .cancelled: throw .cancelled
        }
      }
    }
  }

  /// The next event if one is available; `nil` if the caller would have to wait.
  ///
  /// It never waits, so it is the cheapest way to take many events in a row. When it returns `nil`,
  /// continue with ``recv()``.
  ///
  /// - Throws: ``ReplicationError`` as ``recv()`` does, but never for the stream's end.
  public func recvIfReady() throws(ReplicationError) -> ReplicationEvent? {
    try cursor.use { (cursor) throws(ReplicationError) in
      while true {
        if let event = try cursor.next() { return event }
        guard !cursor.isStopped, let batches = mailbox.takeBatches() else { return nil }
        cursor.refill(batches)
      }
    }
  }

  /// Records progress and sends it to the server, within a few milliseconds.
  ///
  /// Positions only move forward: one behind an earlier one changes nothing, and one beyond the
  /// last received position counts as that position. Only `flush` moves the slot. It promises that
  /// everything up to it is durable on this side; the server will not send it again.
  ///
  /// - Parameters:
  ///   - flush: The exact end LSN of the last transaction that is durable; never add one to it.
  ///   - write: The position received and written, if it is further; otherwise the received
  ///     position is reported.
  ///   - apply: The position visible to readers, if it differs from `flush`.
  /// - Returns: False if the stream had ended already. The server then sends everything after the
  ///   last report that it got again on the next stream.
  ///
  /// Message: StandbyStatusUpdate (`r`).
  @discardableResult
  public func sendStatusUpdate(flush: LSN, write: LSN = .zero, apply: LSN = .zero) -> Bool {
    record(Progress(write: write, flush: flush, apply: apply), isUrgent: true)
    return mailbox.end == nil
  }

  /// Records progress.
  ///
  /// - Parameter isUrgent: Whether it is sent within a few milliseconds; if not it goes with the
  ///   next report.
  func record(_ progress: Progress, isUrgent: Bool) {
    counters.acknowledged.max(progress.flush.rawValue, ordering: .relaxed)
    control.order { orders in
      var merged = orders.progress ?? Progress()
      merged.merge(progress)
      orders.progress = merged
      orders.isUrgent = orders.isUrgent || isUrgent
    }
  }

  /// Asks the server how far it has decoded; the server answers with a keepalive.
  func askForKeepAlive() {
    control.order { $0.asksForReply = true }
  }

  /// Ends the stream cleanly: last report, CopyDone, Terminate.
  ///
  /// Events that have not reached the consumer yet are dropped, and a task that waits for one gets
  /// `nil`. Calling it again, or after the stream has ended, is fine. It returns once the
  /// connection is closed, which a server in the middle of a large transaction can delay by up to
  /// ten seconds, or when the waiting task is cancelled; the closing continues then.
  public func close() async {
    control.order { $0.finishes = true }
    await finished.wait()
  }

  /// Ends the stream, then waits until the server shows the slot at the acknowledged position.
  ///
  /// A report that was sent may still be lost with the connection; use this if you need certainty.
  ///
  /// - Parameter limit: How long to wait after the stream has ended.
  /// - Returns: Whether `confirmed_flush_lsn` is at or beyond the last reported position. False for
  ///   a temporary slot, which is gone by then.
  /// - Throws: ``ReplicationError`` if the query fails.
  public func close(confirmedWithin limit: Duration) async throws(ReplicationError) -> Bool {
    await close()
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
      let confirmed = try await withControlConnection(server) {
        [slot] control throws(ControlError) in try control.ask(.slot(slot))?.confirmedFlushLSN
      }
      guard let confirmed else { return false }
      if confirmed >= statistics.reportedFlush { return true }
      guard clock.now < deadline else { return false }
      do {
        try await Task.sleep(for: .milliseconds(50))
      } catch {
        throw .cancelled
      }
    }
  }

  /// How the stream ended; `nil` while it lasts.
  public var end: StreamEnd? { mailbox.end }
}

extension Duplex: AsyncSequence {
  public typealias Element = ReplicationEvent
  public typealias AsyncIterator = DeliverySequence<ReplicationEvent>.AsyncIterator

  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(
      ready: { () throws(ReplicationError) -> ReplicationEvent? in try self.takenEvent() },
      waitForNext: { () async throws(ReplicationError) -> ReplicationEvent? in
        try await self.waitForEvent()
      })
  }
}
