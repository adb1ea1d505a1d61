internal import Logging
internal import PGWire

/// Keeps a subscription's stream open, and reopens it when needed.
struct StreamKeeper: Sendable {
  /// The longest wait before checking again whether a held slot is free.
  private static let slotPace = Duration.seconds(4)

  private let client: Client
  private let reconnect: ReconnectPolicy
  private let control: SubscriptionControl
  private let acknowledgements: Acknowledgements
  /// The stream that is open.
  var stream: OpenStream?
  private var resumption: StreamResumption
  /// The session of the stream that was lost last.
  private var former: FormerSession?
  /// The attempts to open a stream since one last delivered a whole transaction.
  private var attempts: Attempts?

  init(_ context: SubscriptionContext) {
    client = context.client
    control = context.control
    acknowledgements = context.acknowledgements
    reconnect = context.options.reconnect
    resumption = StreamResumption(context)
  }

  /// Takes a stream that is open, of which nothing is acknowledged.
  mutating func take(_ duplex: Duplex) {
    stream = OpenStream(duplex)
    control.stream = duplex
  }

  /// Opens the stream, unless it is stopped before.
  ///
  /// A stream that was opened and broke without delivering anything counts as a failed attempt:
  /// otherwise a server that fails at the same place each time would be retried as fast as it can
  /// answer.
  ///
  /// - Parameters:
  ///   - progress: How far the consumer has got, and then where the stream begins.
  ///   - endsOnStop: Whether a stop ends the attempts.
  /// - Returns: Whether there is a stream now.
  mutating func open(
    _ progress: inout DeliveryProgress, endsOnStop: Bool, until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) -> Bool {
    let isFirst = !resumption.hasStreamed
    var attempts = self.attempts ?? Attempts(reconnect, now: .now())
    while true {
      if control.isStopped, endsOnStop { return false }
      if let failure = attempts.failure {
        let wait = try nextWait(after: failure, &attempts, isFirst: isFirst)
        self.attempts = attempts
        try await control.pause(wait, until: deadline)
        attempts.failure = nil
        continue
      }
      do throws(ReplicationError) {
        try await attempt(&progress, until: deadline)
        attempts.opened = .now()
        self.attempts = attempts
        if !isFirst { control.noteReconnect() }
        return true
      } catch {
        if error == .cancelled, !Task.isCancelled, control.isStopped { return false }
        guard error.deservesAnotherStream else { throw error }
        attempts.failure = await freed(error) ? nil : error
      }
    }
  }

  /// The stream has broken.
  mutating func lose(_ error: ReplicationError) {
    client.log.log(
      .warning, "the stream was lost", condition: error.group,
      metadata: ["slot": "\(client.params.slot)", "error": "\(error)"])
    attempts = attempts?.failing(error, now: .now())
    acknowledgements.detach()
    former = stream?.duplex.session ?? former
    stream = nil
    control.stream = nil
  }

  /// The stream has delivered a whole transaction.
  mutating func hasBrought() {
    if attempts != nil { attempts = nil }
  }

  private func nextWait(
    after failure: ReplicationError, _ attempts: inout Attempts, isFirst: Bool
  ) throws(ReplicationError) -> Duration {
    let wait = attempts.wait(forSlot: isFirst && failure.isSlotActive, now: .now())
    guard var wait else { throw failure }
    // Another process that holds the slot does not notify us when it releases it.
    if failure.isSlotActive { wait = min(wait, Self.slotPace) }
    client.log.log(
      .warning, failure.isSlotActive ? "waiting for the slot" : "no stream yet",
      condition: failure.group,
      metadata: [
        "slot": "\(client.params.slot)", "error": "\(failure)",
        "retryIn": "\(Amounts.wait(wait))",
      ])
    return wait
  }

  private mutating func attempt(
    _ progress: inout DeliveryProgress, until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) {
    var attempt = resumption
    attempt.progress = progress
    let (after, result) = try await control.wait(endsOnStop: true, until: deadline) {
      [attempt] () async throws(ReplicationError) in
      var attempt = attempt
      let result = await attempt.open()
      return (attempt, result)
    }
    resumption = after
    progress = after.progress
    let stream = try result.get()
    self.stream = OpenStream(stream)
    control.stream = stream
    acknowledgements.attach { stream.record(Progress(flush: $0), isUrgent: $1) }
  }

  /// Ends the session that holds the slot, if that is the former one of this process.
  ///
  /// - Returns: Whether the slot is free now.
  private mutating func freed(_ error: ReplicationError) async -> Bool {
    guard case .slotActive(let conflict) = error, let holder = conflict.holder,
      let former, former.isSame(as: holder)
    else { return false }
    self.former = nil
    client.log.log(
      .notice, "ending this subscription's own former session, which still holds the slot",
      metadata: ["slot": "\(client.params.slot)", "session": "\(holder)"])
    do throws(ReplicationError) {
      _ = try await client.takeOver(former.policy)
      return true
    } catch {
      client.log.log(
        .warning, "the former session could not be ended", condition: error.group,
        metadata: ["error": "\(error)"])
      return false
    }
  }
}
