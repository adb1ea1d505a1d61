internal import PGOutput
internal import PGWire

/// The receiving side of a subscription's one consumer: the stream, the steps that are made of its
/// messages, and which of them are delivered.
///
/// Everything here runs on the consumer's task, and only on request; the stream's own thread
/// continues to receive and give feedback within its budget. It can't be copied; otherwise the
/// compiler would copy it for each step.
struct Receiver<Source: StepSource>: ~Copyable, Sendable {
  private let control: SubscriptionControl
  private let acknowledgements: Acknowledgements
  private let reconnects: Bool
  private let unsavedLimit: Int
  private var keeper: StreamKeeper
  var source: Source
  /// The table descriptions that the consumer had before the open transaction.
  private var shapesBefore: RelationTracker
  private var types: TypeLearner
  /// The transaction that was begun last.
  private var xid: UInt32?
  private var reportedKept = KeptTransactions()
  /// Where the stream is to stop.
  private var stop: StopCondition?
  /// How it has ended.
  private var ending: Result<Void, ReplicationError>?
  /// The change of the open transaction, if it has just one.
  private var onlyChange: TransactionChange?
  /// Whether a server that asks for an answer has nothing more to send.
  private let endsWhenAsked: Bool
  /// Decides which steps are delivered.
  var machine: DeliveryMachine

  /// - Parameter stream: One that is open already.
  init(_ context: SubscriptionContext, _ source: Source, over stream: Duplex? = nil) {
    control = context.control
    acknowledgements = context.acknowledgements
    reconnects = context.options.reconnect.isEnabled
    unsavedLimit = max(context.options.unsavedTransactions, 1)
    keeper = StreamKeeper(context)
    self.source = source
    shapesBefore = source.knownShapes
    types = TypeLearner(context.options)
    stop = context.client.params.stopAt.map { StopCondition(at: $0) }
    endsWhenAsked = context.isRecording
    machine = DeliveryMachine(context.policy)
    if let stream { keeper.take(stream) }
  }

  /// The consumer asks for something else than changes of the open transaction.
  mutating func passOver() {
    machine.passOver()
    if onlyChange != nil { onlyChange = nil }
  }

  /// A transaction was opened.
  ///
  /// - Parameter change: The only change that it has, if that is known already.
  mutating func opened(with change: TransactionChange?) {
    // Its table descriptions are delivered again if it breaks off.
    shapesBefore = source.knownShapes
    onlyChange = change
  }

  /// The next row of the open transaction, if it was taken in already.
  @inline(__always)
  mutating func takeRow() -> TransactionChange? {
    machine.givesChanges ? source.nextRow() : nil
  }

  /// The change of a transaction that has just one.
  @inline(__always)
  mutating func takeOnlyChange() -> TransactionChange? {
    guard onlyChange != nil else { return nil }
    return onlyChange.take()
  }
}

// MARK: - Without a wait

extension Receiver {
  /// The next step, if neither the server nor the disk has to be waited for.
  ///
  /// - Parameter isTaking: Whether the consumer is taking the changes of a transaction, which a
  ///   stop does not end, and which can break off.
  @inline(__always)
  mutating func readyStep(isTaking: Bool) throws(ReplicationError) -> Source.Step? {
    guard ending == nil else { return nil }
    do throws(ReplicationError) {
      return try pull(isTaking: isTaking)
    } catch {
      throw ended(by: error)
    }
  }

  private mutating func pull(isTaking: Bool) throws(ReplicationError) -> Source.Step? {
    while true {
      // Looked up before the step is taken, which a cancelled task would lose.
      if needsTypes { return nil }
      if let step = try source.nextStep() {
        if let place = step.place {
          xid = step.xid ?? xid
          guard reaches(place) else { return nil }
        }
        types.tookStep()
        return step
      }
      guard mayRead(isTaking: isTaking) else { return nil }
      if keeper.stream?.takeRows(into: &source) == true { continue }
      guard let frame = keeper.stream?.nextIfReady() else { return nil }
      try take(frame)
    }
  }

  @inline(__always)
  private var needsTypes: Bool {
    guard types.looksAtTables, let relation = source.upcomingRelation else { return false }
    return types.isNeeded(for: relation) && keeper.stream != nil
  }

  @inline(__always)
  private func mayRead(isTaking: Bool) -> Bool {
    ending == nil && !control.isFailed && (isTaking || !control.isStopped) && !source.needsDisk
  }

  /// Notes where the stream stands, and ends it where it is to stop.
  ///
  /// - Returns: Whether what stands there is delivered.
  private mutating func reaches(_ place: StepPlace) -> Bool {
    switch place {
    case .begins(let commit, _): if stop?.reaches(commit: commit) == true { return end() }
    case .isWhole(let commit, _, _):
      if stop?.reaches(commit: commit) == true { return end() }
      keeper.hasBrought()
    case .ends: keeper.hasBrought()
    case .idle(let position, let isRequested):
      if isRequested, endsWhenAsked { return end() }
      if stop?.reaches(walEnd: position, isInTransaction: false) == true { return end() }
    case .other: break
    }
    keeper.stream?.note(place)
    return true
  }

  private mutating func end() -> Bool {
    ending = .success(())
    return false
  }

  /// Takes a frame of the stream.
  mutating func take(_ frame: ReceivedFrame) throws(ReplicationError) {
    if let data = frame.xLogData {
      do throws(PgOutputError) { try source.take(data) } catch { throw .decoding(error) }
    } else if let keepAlive = frame.keepAlive {
      source.take(keepAlive)
    }
    if let commit = source.keptCommit, stop?.reaches(commit: commit) == true { _ = end() }
    noteKept()
  }

  /// Publishes what is kept, if it has changed.
  @inline(__always)
  private mutating func noteKept() {
    let kept = source.kept
    guard
      kept.transactions != reportedKept.transactions || kept.spilled != reportedKept.spilled
    else { return }
    reportedKept = kept
    control.kept = kept
  }
}

// MARK: - With a wait

extension Receiver {
  /// The next step.
  ///
  /// - Parameter isTaking: As for ``readyStep(isTaking:)``.
  /// - Returns: `nil` if nothing comes any more.
  mutating func nextStep(
    isTaking: Bool, until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) -> Source.Step? {
    do throws(ReplicationError) {
      while true {
        if let ending {
          try ending.get()
          return nil
        }
        if let step = try pull(isTaking: isTaking) { return step }
        if ending != nil { continue }
        guard try await wait(isTaking: isTaking, until: deadline) else { return nil }
      }
    } catch {
      throw ended(by: error)
    }
  }

  /// Waits for whatever ``pull(isTaking:)`` needs to return a step.
  ///
  /// - Returns: False if nothing comes any more.
  private mutating func wait(
    isTaking: Bool, until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) -> Bool {
    if needsTypes, let relation = source.upcomingRelation, let stream = keeper.stream {
      let readers = try await types.learn(
        relation, of: source.upcomingXID ?? xid, from: stream.duplex, control, until: deadline)
      if let readers { source.learn(readers) }
      return true
    }
    if let failure = acknowledgements.failure { throw failure }
    if source.needsDisk {
      try await source.useDisk()
      noteKept()
      return true
    }
    guard let stream = keeper.stream else {
      try await source.prepare()
      return try await keeper.open(&machine.progress, endsOnStop: !isTaking, until: deadline)
    }
    if Task.isCancelled { throw .cancelled }
    if !isTaking, control.isStopped { return false }
    if let deadline, deadline <= .now { throw .cancelled }
    let mailbox = stream.duplex.mailbox
    let delivery = try await control.wait(
      endsOnStop: !isTaking, endsOnWake: !isTaking, until: deadline
    ) {
      () async throws(ReplicationError) in await mailbox.take()
    }
    switch delivery {
    case .batches(let batches): keeper.stream?.refill(batches)
    case .cancelled:
      guard !Task.isCancelled, control.isStopped, !isTaking else { throw .cancelled }
      return false
    case .ended(.failed(let error)): try loseStream(error, isTaking: isTaking)
    case .ended where control.isStopped && !isTaking: return false
    case .ended(.serverShutdown): try loseStream(.serverShutdown, isTaking: isTaking)
    case .ended(.closed): ending = .success(())
    }
    return true
  }

  /// Opens a stream, unless one is open.
  ///
  /// - Returns: False if it was stopped before.
  mutating func openStream(
    until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) -> Bool {
    guard keeper.stream == nil, ending == nil else { return true }
    do throws(ReplicationError) {
      try await source.prepare()
      return try await keeper.open(&machine.progress, endsOnStop: true, until: deadline)
    } catch {
      throw ended(by: error)
    }
  }

  /// Waits while too much of what was acknowledged is not saved yet.
  func waitForSaves(until deadline: ContinuousClock.Instant?) async throws(ReplicationError) {
    while isBehindSaves {
      if Task.isCancelled || deadline.map({ $0 <= .now }) ?? false { throw .cancelled }
      if control.isStopped { return }
      try await control.wait(endsOnStop: true, until: deadline) {
        [acknowledgements, unsavedLimit] () throws(ReplicationError) in
        await acknowledgements.catchUp(to: unsavedLimit)
      }
    }
  }

  /// Whether the next transaction has to wait for saves.
  var isBehindSaves: Bool { acknowledgements.isBehind(by: unsavedLimit) }
}

// MARK: - Breaks

extension Receiver {
  /// The stream is gone; the next one sends transactions in progress again.
  ///
  /// - Throws: The error, if no other stream is opened after it, or
  ///   ``ReplicationError/interrupted(commitLSN:)`` if the consumer has a part of a transaction.
  private mutating func loseStream(
    _ error: ReplicationError, isTaking: Bool
  ) throws(ReplicationError) {
    guard error.deservesAnotherStream, reconnects else { throw error }
    keeper.lose(error)
    guard let interruption = machine.loseStream(whileTaking: isTaking) else {
      return source.restart(source.knownShapes)
    }
    source.restart(shapesBefore)
    acknowledgements.void(interruption.id)
    throw .interrupted(commitLSN: interruption.commitLSN)
  }

  /// Gives up a stream whose connection is gone, even if not all that came over it was taken.
  ///
  /// What was not taken is sent again. The rest of a transaction whose end has come is kept.
  ///
  /// - Returns: Whether the connection is gone.
  /// - Throws: As ``loseStream(_:isTaking:)``.
  mutating func dropLostStream(isTaking: Bool) throws(ReplicationError) -> Bool {
    guard let stream = keeper.stream else { return true }
    let error: ReplicationError
    switch stream.duplex.end {
    case .failed(let failure)?: error = failure
    case .serverShutdown?: error = .serverShutdown
    case .closed?, nil: return false
    }
    if isTaking, machine.hasWholeTransaction { return true }
    do throws(ReplicationError) {
      try loseStream(error, isTaking: isTaking)
      return true
    } catch {
      throw ended(by: error)
    }
  }

  /// Records a failure, which is permanent; a cancelled wait and a transaction that broke off are
  /// not failures.
  ///
  /// - Returns: The error for the consumer.
  private mutating func ended(by error: ReplicationError) -> ReplicationError {
    var error = error
    // If the task was not cancelled, the wait ended because nothing can be saved any more.
    if error == .cancelled, !Task.isCancelled, let failure = acknowledgements.failure {
      error = failure
    }
    switch error {
    case .cancelled, .interrupted: break
    default: ending = .failure(error)
    }
    return error
  }
}
