internal import CDCTime
internal import PGWire

/// Decides when to report progress to the server, and which progress.
///
/// A pure value in simulated time: its inputs are what was received, acknowledged and requested.
/// Reports only move forward and never exceed what was received. A reply that was requested goes
/// out at once and asks for nothing back.
struct FeedbackSchedule: Sendable {
  /// The longest time between two reports.
  let interval: Duration
  /// Whether the slot may follow the server's log while everything received is acknowledged.
  let advancesWhenIdle: Bool
  /// Whether a position that the server asks for counts as done without an acknowledgement by the
  /// consumer, once everything else is acknowledged.
  let confirmsRequests: Bool
  /// How often to ask the server for its position, if a certain position is awaited.
  let probeInterval: Duration?
  /// The minimum time between a report and the next one that only our side asked for.
  static let coalescing = Duration.milliseconds(5)

  /// The highest position that the server has reported.
  private(set) var received = LSN.zero
  /// The highest position of a plugin message: all of them are done once this is acknowledged.
  private var lastData = LSN.zero
  /// The end of what the server has decoded, by its latest keepalive.
  private(set) var walEnd = LSN.zero
  private var write = LSN.zero
  private var flush = LSN.zero
  private var apply = LSN.zero
  /// The last report to the server; later reports never go back.
  private var reported = Progress()
  private var lastSent: MonotonicTime
  private var replyIsDue = false
  private var isPrompted = false
  private var asksForReply = false
  /// The position that the server wants confirmed before it shuts down: the end at which it asked
  /// for a reply.
  private var requestedUpTo = LSN.zero
  /// Whether the server has asked again, right after a report that did not confirm all.
  private var isAskedAgain = false

  init(
    interval: Duration, probeInterval: Duration? = nil, advancesWhenIdle: Bool,
    confirmsRequests: Bool = true, now: MonotonicTime
  ) {
    self.interval = min(interval, probeInterval ?? interval)
    self.probeInterval = probeInterval
    self.advancesWhenIdle = advancesWhenIdle
    self.confirmsRequests = confirmsRequests
    self.lastSent = now
  }

  /// Plugin messages up to this position have arrived.
  mutating func receivedData(upTo position: LSN) {
    lastData = max(lastData, position)
    received = max(received, position)
  }

  /// A keepalive has arrived.
  mutating func receivedKeepAlive(walEnd: LSN, replyRequested: Bool) {
    self.walEnd = max(self.walEnd, walEnd)
    received = max(received, walEnd)
    // While idle the slot follows at the next report; at once only if the server waits for it.
    guard replyRequested else { return }
    isAskedAgain = requestedUpTo > .zero && reported.flush < requestedUpTo && !replyIsDue
    replyIsDue = true
    requestedUpTo = self.walEnd
  }

  /// Send a report at once that asks the server for a keepalive.
  mutating func askForReply() {
    asksForReply = true
  }

  /// The consumer has recorded progress.
  ///
  /// Positions behind earlier ones change nothing.
  ///
  /// - Parameter isUrgent: Whether it is reported soon, and not only with the next report.
  mutating func acknowledge(_ progress: Progress, isUrgent: Bool = true) {
    // A position that was not received can't be done; if it were kept, it would confirm later data
    // on arrival.
    write = max(write, min(progress.write, received))
    flush = max(flush, min(progress.flush, received))
    apply = max(apply, min(progress.apply, received))
    if isUrgent { isPrompted = true }
  }

  /// Send a report now, whatever the interval: before the end of the stream.
  mutating func promptNow() {
    replyIsDue = true
  }

  /// The position that may be reported to the server as durable.
  ///
  /// Everything up to a keepalive's end is done once all messages before it are acknowledged. That
  /// is reported while idle if that is wanted, and always if the server asked: a server that shuts
  /// down waits until its very last record is confirmed.
  var confirmed: LSN {
    let acknowledged = min(flush, received)
    guard acknowledged >= lastData else { return acknowledged }
    if advancesWhenIdle { return max(acknowledged, walEnd) }
    guard confirmsRequests, acknowledged > .zero else { return acknowledged }
    return max(acknowledged, requestedUpTo)
  }

  /// Whether the server waits for more to be acknowledged, as it does when it shuts down: it then
  /// asks again immediately after a report that does not confirm all.
  var isPressed: Bool { isAskedAgain && confirmed < requestedUpTo }

  /// When ``takeDue(at:clock:)`` has something to send next.
  var nextDue: MonotonicTime {
    if replyIsDue || asksForReply { return lastSent }
    return lastSent + (isPrompted ? min(Self.coalescing, interval) : interval)
  }

  /// The report that is due, if one is.
  mutating func takeDue(
    at now: MonotonicTime, clock: () -> PostgresTimestamp
  ) -> StandbyStatusUpdate? {
    guard now >= nextDue else { return nil }
    let confirmed = confirmed
    reported.merge(
      Progress(
        write: max(write == .zero ? received : min(write, received), confirmed),
        flush: confirmed,
        apply: apply == .zero ? confirmed : min(apply, received)))
    let update = StandbyStatusUpdate(
      write: reported.write, flush: reported.flush, apply: reported.apply, clock: clock(),
      replyRequested: (probeInterval != nil || asksForReply) && !replyIsDue)
    lastSent = now
    replyIsDue = false
    isPrompted = false
    asksForReply = false
    return update
  }
}

/// The progress that the consumer has recorded: three positions that only move forward.
///
/// Zero means "not reported".
struct Progress: Hashable, Sendable {
  var write = LSN.zero
  var flush = LSN.zero
  var apply = LSN.zero

  /// The further of both, position by position.
  mutating func merge(_ other: Progress) {
    write = max(write, other.write)
    flush = max(flush, other.flush)
    apply = max(apply, other.apply)
  }
}
