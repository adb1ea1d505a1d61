internal import PGOutput
internal import PGWire

/// What the one consumer of a subscription works with: the stream, what is made of its messages,
/// and what of that is delivered.
///
/// All that happens here happens on the consumer's task, and only when it asks; the stream's own
/// thread continues to receive and give feedback within its budget.
struct Receiver: Sendable {
  typealias Step = TransactionAssembler.Step

  private let options: SubscriptionOptions
  private let control: SubscriptionControl
  private let acknowledgements: Acknowledgements
  private let createsFile: Bool
  private(set) var keeper: StreamKeeper
  private(set) var assembler: TransactionAssembler
  /// What the consumer knew of tables before the open transaction.
  private var shapesBefore: RelationTracker
  private var spools: SpoolStore
  private var types: TypeLearner
  private var noted = KeptTransactions()
  /// How it has ended.
  private var ending: Result<Void, ReplicationError>?
  /// In which way the consumer takes what comes; `nil` until it has asked.
  private(set) var mode: TransactionSource.Mode?
  /// The change of the open transaction, if it has just one.
  private var onlyChange: Change?
  /// What the consumer was last asked to drop.
  var discard: ProvisionalStep.Discard?
  /// What is delivered of the steps.
  var machine: DeliveryMachine

  init(
    _ client: Client, _ store: (any CheckpointStore)?, _ options: SubscriptionOptions,
    _ control: SubscriptionControl, _ acknowledgements: Acknowledgements
  ) {
    self.options = options
    self.control = control
    self.acknowledgements = acknowledgements
    createsFile = client.params.streaming != .off || options.keepsTransactionsWhole
    keeper = StreamKeeper(client, store, options, control, acknowledgements)
    assembler = TransactionAssembler(
      .whole, spoolLimit: options.streamedBytes ?? client.params.byteBudget / 64,
      tracker: RelationTracker(), RowReaders(options.types))
    assembler.keepsAll = options.keepsTransactionsWhole
    shapesBefore = assembler.knownShapes
    spools = SpoolStore(in: options.spillDirectory)
    types = TypeLearner(options)
    machine = DeliveryMachine(
      DeliveryMachine.Policy(
        advancesWhenIdle: options.advancesWhenIdle, leavesSlot: options.leavesSlot,
        selection: client.params.selection))
  }

  /// Chooses the mode with the first request.
  mutating func choose(_ wanted: TransactionSource.Mode) throws(ReplicationError) {
    guard let mode else {
      mode = wanted
      if wanted == .provisional { restartAssembler(assembler.knownShapes) }
      return
    }
    guard mode == wanted else {
      throw .invalidParameter(
        "a subscription gives whole transactions or provisional steps, not both: make another one")
    }
  }

  /// The consumer asks for something else than changes of the open transaction.
  mutating func passOver() {
    machine.passOver()
    if onlyChange != nil { onlyChange = nil }
  }

  /// A step has opened a transaction.
  mutating func opened(by step: Step) {
    // What it says of tables is said again if it breaks off.
    shapesBefore = assembler.knownShapes
    if case .point(_, _, let change?) = step { onlyChange = change }
  }

  /// The change of a transaction that has just one.
  @inline(__always)
  mutating func takeOnlyChange() -> Change? {
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
  mutating func readyStep(isTaking: Bool) throws(ReplicationError) -> Step? {
    guard ending == nil else { return nil }
    do throws(ReplicationError) {
      return try pull(isTaking: isTaking)
    } catch {
      throw ended(by: error)
    }
  }

  private mutating func pull(isTaking: Bool) throws(ReplicationError) -> Step? {
    while true {
      // Looked up before the step is taken, which a cancelled task would lose.
      if keeper.stream != nil, types.relation(before: assembler.upcomingStep) != nil {
        return nil
      }
      if let step = assembler.nextStep() {
        note(step)
        return step
      }
      if spools.isReplaying {
        guard spools.pendingRead == nil else { return nil }
        if let end = try spools.replayNext(into: &assembler) {
          spools.emptyIfUnused(by: assembler.streamed)
          return .end(end)
        }
        continue
      }
      guard let stream = keeper.stream, mayRead(isTaking: isTaking) else { return nil }
      do throws(ReplicationError) {
        guard let event = try stream.recvIfReady() else { return nil }
        try take(event)
      } catch {
        try loseStream(error, isTaking: isTaking)
      }
    }
  }

  private func mayRead(isTaking: Bool) -> Bool {
    !control.isFailed && (isTaking || !control.isStopped) && !assembler.streamed.isOverLimit
      && !Task.isCancelled
  }

  private mutating func note(_ step: Step) {
    types.tookStep()
    switch step {
    case .whole(let info, let end, let spool):
      spools.replay(spool, of: info.xid, end: end)
      keeper.hasBrought()
    case .end, .point, .staged: keeper.hasBrought()
    default: break
    }
  }

  /// Takes what the stream has brought.
  mutating func take(_ event: ReplicationEvent) throws(ReplicationError) {
    switch event {
    case .xLogData(let data):
      do throws(PgOutputError) { try assembler.take(data) } catch { throw .decoding(error) }
    case .keepAlive(let keepAlive): assembler.take(keepAlive)
    default: break
    }
    spools.emptyIfUnused(by: assembler.streamed)
    noteKept()
  }

  /// Lets others know what is kept, when it has changed.
  private mutating func noteKept() {
    let transactions = assembler.streamed.count + assembler.provisional.count
    guard transactions != noted.transactions || spools.spilledBytes != noted.spilled else { return }
    noted = KeptTransactions(
      transactions: transactions, memory: assembler.streamed.memory, spilled: spools.spilledBytes)
    control.kept = noted
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
  ) async throws(ReplicationError) -> Step? {
    if let ending {
      try ending.get()
      return nil
    }
    do throws(ReplicationError) {
      while true {
        if let step = try pull(isTaking: isTaking) { return step }
        guard try await wait(isTaking: isTaking, until: deadline) else { return nil }
      }
    } catch {
      throw ended(by: error)
    }
  }

  /// Waits for what keeps ``pull(isTaking:)`` from having a step.
  ///
  /// - Returns: False if nothing comes any more.
  private mutating func wait(
    isTaking: Bool, until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) -> Bool {
    if let relation = types.relation(before: assembler.upcomingStep), let stream = keeper.stream {
      let readers = try await types.learn(relation, from: stream, control, until: deadline)
      if let readers { assembler.learn(readers) }
      return true
    }
    if spools.pendingRead != nil {
      try await spools.readPending()
      return true
    }
    if let failure = acknowledgements.failure { throw failure }
    try await spools.spill(&assembler.streamed)
    noteKept()
    guard let stream = keeper.stream else {
      // Created before it is needed, so that a directory that can't be used is an error at once.
      if createsFile, mode != .provisional { try await spools.open() }
      return try await keeper.open(&machine.progress, endsOnStop: !isTaking, until: deadline)
    }
    do throws(ReplicationError) {
      if let event = try await nextEvent(of: stream, isTaking: isTaking, until: deadline) {
        try take(event)
        return true
      }
      if control.isStopped, !isTaking { return false }
      guard stream.end == .serverShutdown else {
        ending = .success(())
        return false
      }
      throw .serverShutdown
    } catch {
      try loseStream(error, isTaking: isTaking)
      return true
    }
  }

  private func nextEvent(
    of stream: Duplex, isTaking: Bool, until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) -> ReplicationEvent? {
    if Task.isCancelled { throw .cancelled }
    if !isTaking, control.isStopped { return nil }
    if let deadline, deadline <= .now { throw .cancelled }
    do throws(ReplicationError) {
      return try await control.wait(endsOnStop: !isTaking, until: deadline) {
        () throws(ReplicationError) in
        try await stream.recv()
      }
    } catch .cancelled where !Task.isCancelled && control.isStopped {
      return nil
    }
  }

  /// Waits while too much of what was acknowledged is not saved yet.
  func waitForSaves(until deadline: ContinuousClock.Instant?) async throws(ReplicationError) {
    let limit = max(options.unsavedTransactions, 1)
    while acknowledgements.isBehind(by: limit) {
      if Task.isCancelled || deadline.map({ $0 <= .now }) ?? false { throw .cancelled }
      if control.isStopped { return }
      try await control.wait(endsOnStop: true, until: deadline) {
        [acknowledgements] () throws(ReplicationError) in await acknowledgements.catchUp(to: limit)
      }
    }
  }

  /// Whether the next transaction has to wait for saves.
  var isBehindSaves: Bool { acknowledgements.isBehind(by: max(options.unsavedTransactions, 1)) }
}

// MARK: - Breaks

extension Receiver {
  /// The stream is gone; what was kept of transactions in progress comes again with the next.
  ///
  /// - Throws: The error, if no other stream is opened for it, or that the consumer has a part of
  ///   a transaction.
  private mutating func loseStream(
    _ error: ReplicationError, isTaking: Bool
  ) throws(ReplicationError) {
    // What fails in decoding may not fail the next time: servers have their races.
    let mayPass = error.isTransient || error.sqlState == .internalError
    guard mayPass, options.reconnect.isEnabled else { throw error }
    keeper.lose(error)
    guard let interruption = machine.loseStream(whileTaking: isTaking) else {
      return restartAssembler(assembler.knownShapes)
    }
    restartAssembler(shapesBefore)
    acknowledgements.void(interruption.id)
    throw .interrupted(commitLSN: interruption.commitLSN)
  }

  private mutating func restartAssembler(_ shapes: RelationTracker) {
    spools.empty()
    var fresh = TransactionAssembler(
      mode ?? .whole, spoolLimit: assembler.streamed.limit, tracker: shapes, assembler.readers)
    fresh.keepsAll = options.keepsTransactionsWhole
    assembler = fresh
  }

  /// What has broken stays broken; a wait that was given up, or a transaction that broke off, does
  /// not end it.
  ///
  /// - Returns: The error for the consumer.
  private mutating func ended(by error: ReplicationError) -> ReplicationError {
    var error = error
    // A wait that nobody cancelled was given up since nothing can be saved any more.
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
