import CDCTime
import Logging
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// A subscription whose server and clock are simulated; all else is what runs on a real stream:
/// frames are found, transactions made of them, delivered and acknowledged, and reports sent by the
/// feedback's own clock.
final class SimulatedStream {
  /// A position that the server has sent, in order: an end, or a keepalive's.
  private struct Sent {
    let end: LSN
    var isDone: Bool
  }

  let subscription: Subscription
  /// What the server has been told, and what it was told last.
  private(set) var reports = 0
  private(set) var confirmed: LSN
  /// The server's clock and log.
  private(set) var now = MonotonicTime(nanoseconds: 0)
  private(set) var position: UInt64 = 0x1000

  private var context: SubscriptionContext { subscription.context }
  /// Whether blocks are taken as they come.
  private let isProvisional: Bool
  private var scanner = FrameScanner(
    limits: FrameLimits(), acknowledgeable: AcknowledgeableMessages())
  private var frames = FrameCursor(from: Mailbox(readAhead: 1 << 20) {}, StreamCounters())
  /// The feedback's clock, which the consumer and the stream's thread share.
  private final class Feedback: Sendable {
    private let schedule: Lock<FeedbackSchedule>

    init(_ schedule: FeedbackSchedule) {
      self.schedule = Lock(schedule)
    }

    func withLock<R>(_ body: (inout FeedbackSchedule) throws -> R) rethrows -> R {
      try schedule.withLock(body)
    }
  }

  private let feedback: Feedback
  private var sent: [Sent] = []
  private var firstOpen = 0
  private var done: LSN

  init(
    _ options: SubscriptionOptions = SubscriptionOptions(), provisional: Bool = false
  ) throws {
    isProvisional = provisional
    var params = ReplicationParams(
      connection: try ConnectionOptions("host=/nonexistent user=u"), slot: "s", publications: ["p"])
    params.logger = quietLogger
    params.streaming = .on
    subscription = try Subscription(params, options: options)
    // It takes what is there, and never waits for more.
    subscription.stop()
    let inner = subscription.context.client.params
    feedback = Feedback(
      FeedbackSchedule(
        interval: inner.statusInterval, advancesWhenIdle: inner.advancesWhenIdle,
        confirmsRequests: StreamTuning.subscription.confirmsRequests, now: now))
    let begin = LSN(rawValue: position)
    (confirmed, done) = (begin, begin)
    context.acknowledgements.begin(
      at: Checkpoint(position: begin, systemID: "1", timeline: 1, slot: "s"))
    try subscription.source.receiver.use { (receiver) throws(ReplicationError) in
      receiver.machine.progress.begin(at: begin)
    }
    try subscription.provisionalSource.state.use { (state) throws(ReplicationError) in
      state.receiver.machine.progress.begin(at: begin)
    }
    // A server begins with where the stream does.
    feedback.withLock { $0.receivedKeepAlive(walEnd: begin, replyRequested: false) }
    context.acknowledgements.attach { [feedback] lsn, isUrgent in
      feedback.withLock { $0.acknowledge(Progress(flush: lsn), isUrgent: isUrgent) }
    }
  }

  /// What may be confirmed at most: everything before the first that is not done.
  var mayConfirm: LSN {
    while firstOpen < sent.count, sent[firstOpen].isDone {
      done = max(done, sent[firstOpen].end)
      firstOpen += 1
    }
    return done
  }
}

// MARK: - The server

extension SimulatedStream {
  /// Sends messages of the plugin, or a keepalive.
  func send(_ messages: [[UInt8]]) throws {
    try receive(messages.flatMap { Backend.xLogData(lsn(position), $0) })
  }

  /// The log grows.
  func write(_ bytes: UInt64 = 100) {
    position += bytes
  }

  /// - Returns: The number under which ``acknowledged(_:)`` knows the end.
  func ends(at end: UInt64) -> Int {
    // Nothing is committed where it was said that all is done.
    #expect(confirmed < lsn(end))
    sent.append(Sent(end: lsn(end), isDone: false))
    return sent.count - 1
  }

  /// What was delivered under a number is done.
  func acknowledged(_ number: Int) {
    sent[number].isDone = true
  }

  func keepAlive(replyRequested: Bool = false, isMark: Bool = true) throws {
    if isMark { sent.append(Sent(end: lsn(position), isDone: true)) }
    try receive(Backend.keepAlive(walEnd: lsn(position), replyRequested: replyRequested))
  }

  /// Time goes by; what is due is sent.
  func wait(_ time: Duration) {
    let until = now + time
    while true {
      let due = feedback.withLock { $0.nextDue }
      guard due <= until else { break }
      now = max(now, due)
      report()
    }
    now = until
  }

  private func report() {
    let update = feedback.withLock { $0.takeDue(at: now) { PostgresTimestamp(microseconds: 0) } }
    guard let update else { return }
    reports += 1
    #expect(update.flush <= mayConfirm && !update.replyRequested)
    #expect(update.flush >= confirmed && update.write <= lsn(position))
    confirmed = update.flush
  }

  /// What the stream's thread does with what it has read.
  private func receive(_ bytes: [UInt8]) throws {
    let segment = Segment(SegmentMemory(bytes.count), capacity: bytes.count, pool: nil)
    segment.write(bytes.span, at: 0)
    scanner.begin(at: 0)
    scanning: while true {
      let stop = scanner.scan(segment, to: bytes.count)
      feedback.withLock { $0.receivedData(upTo: lsn(scanner.highest)) }
      switch stop {
      case .message(_, let body, let end):
        try segment.withBytes(body) { (bytes) throws(WireError) in
          try CopyBothFrame.decode(bytes) { frame in
            guard case .keepAlive(let end, _, let isRequested) = frame else { return }
            feedback.withLock { $0.receivedKeepAlive(walEnd: end, replyRequested: isRequested) }
          }
        }
        scanner.skip(to: end)
      case .needsMore: break scanning
      case .invalid(let error): throw error
      }
    }
    frames.refill([Batch(segment: segment, range: 0..<bytes.count)])
    while let frame = frames.next() { try take(frame) }
    wait(.zero)
  }

  private func take(_ frame: ReceivedFrame) throws {
    if isProvisional {
      try subscription.provisionalSource.state.use { (state) throws(ReplicationError) in
        try state.receiver.take(frame)
      }
    } else {
      try subscription.source.receiver.use { (receiver) throws(ReplicationError) in
        try receiver.take(frame)
      }
    }
  }
}

// MARK: - The consumer

extension SimulatedStream {
  /// Takes what is there.
  func take() async throws -> [ReplicationTransaction] {
    var transactions: [ReplicationTransaction] = []
    while let transaction = try await subscription.source.nextTransaction() {
      for try await _ in transaction.changes {}
      transactions.append(transaction)
    }
    return transactions
  }

  /// The same, with blocks as they come.
  func takeProvisional() async throws -> [ProvisionalStep] {
    var steps: [ProvisionalStep] = []
    while let step = try await subscription.provisionalSource.nextStep() {
      switch step {
      case .discard(let request): request.done()
      case .transaction(let transaction): for try await _ in transaction.changes {}
      default: break
      }
      steps.append(step)
    }
    return steps
  }

  /// Takes the next transaction, which is not complete yet.
  func takeBeginning() async throws -> ReplicationTransaction? {
    try await subscription.source.nextTransaction()
  }
}
