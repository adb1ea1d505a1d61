internal import CDCTime
internal import PGWire
internal import Synchronization

/// Sending: feedback on a clock of its own, and the end of the stream.
extension StreamEngine {
  mutating func takeRequests(_ now: MonotonicTime) {
    if let orders = control.take() {
      if let progress = orders.progress {
        feedback.acknowledge(progress, isUrgent: orders.isUrgent)
      }
      if orders.asksForReply { feedback.askForReply() }
      if let isShuttingDown = orders.isShuttingDown {
        patience.learn(isShuttingDown: isShuttingDown, at: now)
      }
      if orders.finishes, closeDeadline == nil {
        isClosing = true
        feedback.promptNow()
        sendFeedback(now)
        if machine.finish() { outgoing.append(.copyDone) }
        closeDeadline = now + Self.closeTimeout
        mailbox.discard()
      }
    }
    if let closeDeadline, now >= closeDeadline { ending = streamEnd(.finished) }
  }

  /// Writes as much as the socket accepts.
  mutating func write(_ session: inout Session) {
    guard writeFailure == nil else { return }
    do throws(TransportError) {
      writeNeeds = try outgoing.write(to: &session.transport)
    } catch {
      writeFailure = error
      writeNeeds = []
      outgoing = OutgoingBytes()
    }
  }

  mutating func checkForLife(_ now: MonotonicTime) {
    switch stall.check(at: now) {
    case .alive: break
    case .ask: feedback.askForReply()
    case .stalled: ending = .failed(.stalled(stall.timeout ?? .zero))
    }
  }

  /// Counts the time in which we do not read because the consumer is too far behind.
  mutating func noteReading(_ canRead: Bool, _ now: MonotonicTime) {
    if let since = stoppedSince {
      counters.nanosecondsStopped.add((now - since).wholeNanoseconds, ordering: .relaxed)
      stoppedSince = nil
    }
    if counters.isStopped.load(ordering: .relaxed) == canRead {
      counters.isStopped.store(!canRead, ordering: .relaxed)
    }
    guard !canRead else { return }
    stoppedSince = now
    stall.heard(at: now)
  }

  /// Notes when the received position was reached, once for each read that has moved it.
  mutating func noteReceiptTime(_ now: MonotonicTime) {
    let position = feedback.received
    guard position > timedPosition else { return }
    timedPosition = position
    counters.histories.withLock { $0.noteReceived(position, at: now) }
  }

  /// Gives the stream up if its consumer keeps the server from shutting down.
  mutating func notePatience(_ canRead: Bool, _ now: MonotonicTime) {
    patience.note(
      isHeldUp: closeDeadline == nil && (!canRead || feedback.isPressed),
      progress: mailbox.progress &+ feedback.confirmed.rawValue, at: now)
    switch patience.check(at: now) {
    case .fine: break
    case .ask: shutdown.ask { [control] answer in control.order { $0.isShuttingDown = answer } }
    case .giveUp(let time): ending = .failed(.droppedForShutdown(after: time))
    }
  }

  /// While earlier messages are stuck in the socket, more would only pile up; and after CopyDone
  /// there is nothing to send.
  var canQueueFeedback: Bool {
    outgoing.count < 4096 && writeFailure == nil && closeDeadline == nil
  }

  mutating func sendFeedback(_ now: MonotonicTime) {
    guard canQueueFeedback, let update = feedback.takeDue(at: now, clock: { .now() })
    else { return }
    log.feedback(update)
    counters.feedbackSent.add(1, ordering: .relaxed)
    counters.reportedFlush.store(update.flush.rawValue, ordering: .relaxed)
    counters.walEnd.store(feedback.walEnd.rawValue, ordering: .relaxed)
    outgoing.append(.copyData(update.encoded))
  }
}
