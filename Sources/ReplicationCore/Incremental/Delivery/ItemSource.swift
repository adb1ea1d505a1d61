internal import PGOutput
internal import PGWire

/// Gives the one consumer of a subscription its items: transactions, and the chunks of tables that
/// are read meanwhile.
final class ItemSource: ChangeSource {
  let context: SubscriptionContext
  let cell: ExclusiveCell<ItemDelivery>

  /// - Parameter stream: One that is open already.
  init(_ context: SubscriptionContext, over stream: Duplex? = nil) {
    self.context = context
    let options = context.options
    let steps = WholeSteps(context.client.params, options, checksOrder: true, mayKeep: true)
    cell = ExclusiveCell(
      ItemDelivery(Receiver(context, steps, over: stream), keepsAll: options.keepsTransactionsWhole)
    )
  }

  /// The next item, if nothing has to be waited for and no table is being read.
  func readyItem() throws(ReplicationError) -> SubscriptionItem? {
    try context.choose(.items)
    return try cell.use { (delivery) throws(ReplicationError) in
      delivery.receiver.passOver()
      guard delivery.isQuiet, !delivery.needsLookup, delivery.unknown == nil,
        !context.control.isWoken, !delivery.receiver.isBehindSaves
      else { return nil }
      while let step = try delivery.receiver.readyStep(isTaking: false) {
        if let transaction = takeQuietly(step, &delivery) { return .transaction(transaction) }
      }
      return nil
    }
  }

  /// The next item; `nil` if none comes any more.
  func nextItem() async throws(ReplicationError) -> SubscriptionItem? {
    try context.choose(.items)
    return try await cell.use { (delivery) async throws(ReplicationError) in
      delivery.receiver.passOver()
      if delivery.unknown.take() != nil { delivery.needsLookup = true }
      try await dropRest(of: &delivery)
      try await passOverUndecided(&delivery)
      try await delivery.receiver.waitForSaves(until: nil)
      while true {
        guard try await prepare(&delivery), try await lookUpAtFirst(&delivery) else { return nil }
        if delivery.needsLookup, !context.requests.isHeld { continue }
        attend(&delivery)
        if let failure = delivery.incremental?.failure, !context.control.isStopped { throw failure }
        if let item = try await itemBetween(&delivery) { return item }
        if delivery.waiting != nil {
          guard try await pause() else { return nil }
          continue
        }
        switch try await nextStep(&delivery) {
        case .end: return nil
        case .again: continue
        case .step(let step):
          _ = try await prepare(&delivery)
          if let item = try await take(step, &delivery) { return item }
        }
      }
    }
  }

  /// Opens the stream if none is open, and what belongs to it.
  ///
  /// - Returns: False if it was stopped before.
  private func prepare(_ delivery: inout ItemDelivery) async throws(ReplicationError) -> Bool {
    guard try await delivery.receiver.openStream(until: nil) else { return false }
    let acknowledgements = context.acknowledgements
    let beginnings = acknowledgements.beginnings
    guard let base = acknowledgements.checkpoint else { return true }
    if delivery.incremental == nil || delivery.beginnings != beginnings {
      try refuse(base)
      if delivery.incremental != nil { await context.requests.replaceReaders() }
      delivery.incremental = IncrementalDelivery(
        base.incremental?.progress ?? IncrementalProgress(), at: base.position,
        try makeReaders(), context.requests,
        try context.requests.lookups(context.options.snapshot.incremental),
        context.options.snapshot, context.rules)
      delivery.beginnings = beginnings
      delivery.needsLookup = context.options.snapshot.incremental != nil
      (delivery.waiting, delivery.judged, delivery.chunk) = (nil, nil, nil)
      delivery.keepAsNeeded()
    }
    if acknowledgements.isRewound {
      // What is refused now is looked at again by the next attempt.
      try refuse(base)
    }
    if let end = acknowledgements.takeRewind() {
      await context.requests.replaceReaders()
      delivery.incremental?.rewind(to: end, try makeReaders())
    }
    return true
  }

  /// Looks the published tables up if that has not been done since the checkpoint was loaded, or is
  /// to be done again.
  ///
  /// If the stream is lost meanwhile, it is still to be done when this returns.
  ///
  /// - Returns: False if it was stopped before.
  private func lookUpAtFirst(
    _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) -> Bool {
    guard delivery.needsLookup, !context.requests.isHeld else { return true }
    do throws(ReplicationError) {
      try await askWhileStreaming(&delivery, isTaking: false) {
        (delivery) async throws(ReplicationError) in
        try await delivery.incremental?.lookUp()
      }
    } catch .interrupted {
      return true
    } catch .cancelled where context.control.isStopped && !Task.isCancelled {
      return false
    }
    delivery.needsLookup = false
    return true
  }

  /// Throws if tables are to be read that can't be.
  private func refuse(_ base: Checkpoint) throws(ReplicationError) {
    let isReading = base.incremental.map { !$0.openTables.isEmpty } ?? false
    guard isReading || context.options.snapshot.incremental != nil else { return }
    if context.client.params.usesTwoPhase { throw .snapshotRefused(.twoPhase) }
    if base.isFromStandby { throw .snapshotRefused(.inRecovery) }
  }

  private func makeReaders() throws(ReplicationError) -> any RangeReading {
    let readers = try context.requests.readers()
    readers.onReport { [control = context.control] in control.wake() }
    return readers
  }

  /// Takes in what has happened beside the stream.
  ///
  /// - Parameter mayBegin: Whether tables can be added though a transaction has begun to arrive.
  func attend(_ delivery: inout ItemDelivery, mayBegin: Bool = false) {
    _ = context.control.takeWake()
    delivery.attend(mayBegin: mayBegin)
    noteTransactions(delivery)
    guard delivery.judged == nil, delivery.chunk == nil, !context.options.leavesSlot,
      let deltas = delivery.incremental?.takeDeltas(), !deltas.isEmpty
    else { return }
    // What was asked for, or is no longer published, is saved though no item brings it.
    context.acknowledgements.enter(
      delivery.receiver.machine.openChunk(),
      at: delivery.receiver.machine.progress.position ?? .zero,
      deltas)
  }

  /// Lets the checkpoint know of transactions what the machine knows.
  func noteTransactions(_ delivery: borrowing ItemDelivery) {
    guard let incremental = delivery.incremental, !incremental.isIdle else { return }
    context.acknowledgements.updateIncremental { incremental.noteTransactions(in: &$0) }
  }
}

// MARK: - Steps of the stream

extension ItemSource {
  /// What asking the receiver for a step has come to.
  private enum Received {
    case step(TransactionStep)
    /// Something else is to be looked at.
    case again
    case end
  }

  private func nextStep(_ delivery: inout ItemDelivery) async throws(ReplicationError) -> Received {
    if let step = delivery.judged?.ahead.popFirst() { return .step(step) }
    if let step = try delivery.receiver.readyStep(isTaking: false) { return .step(step) }
    if delivery.incremental?.asksStream() == true { context.control.stream?.askForKeepAlive() }
    // No deadline, by which a stream that is being opened would be given up.
    let timer = delivery.incremental?.pace.map { pace in
      Task { [control = context.control] in
        if (try? await Task.sleep(for: pace)) != nil { control.wake() }
      }
    }
    defer { timer?.cancel() }
    do throws(ReplicationError) {
      let step = try await delivery.receiver.nextStep(isTaking: false, until: nil)
      return step.map { .step($0) } ?? .end
    } catch .cancelled where !Task.isCancelled && !context.control.isStopped {
      if let failure = context.acknowledgements.failure { throw failure }
      return .again
    }
  }

  /// Waits until something happens beside the stream.
  ///
  /// - Returns: False if it was stopped.
  func pause() async throws(ReplicationError) -> Bool {
    if Task.isCancelled { throw .cancelled }
    if context.control.isStopped { return false }
    if let failure = context.acknowledgements.failure { throw failure }
    do throws(ReplicationError) {
      try await context.control.wait(endsOnStop: true, endsOnWake: true) {
        () throws(ReplicationError) in
        do { try await Task.sleep(for: .milliseconds(100)) } catch { throw .cancelled }
      }
    } catch .cancelled where !Task.isCancelled {
      // The caller looks at what has ended it.
    }
    return !context.control.isStopped
  }

  /// Takes a step while no table is being read.
  private func takeQuietly(
    _ step: TransactionStep, _ delivery: inout ItemDelivery
  ) -> ReplicationTransaction? {
    noteSkipped(step, &delivery)
    if let info = step.info, info.xid != 0 { delivery.incremental?.passWhileIdle(info.xid) }
    let decided = delivery.receiver.machine.take(step)
    if case .idle(let position, _) = step { delivery.incremental?.keepAlive(position) }
    guard let transaction = context.perform(decided, changes: self) else { return nil }
    delivery.receiver.opened(with: step.onlyChange)
    return transaction
  }

  private func take(
    _ step: TransactionStep, _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) -> SubscriptionItem? {
    if step.info != nil, delivery.judged != nil {
      // What was passed over was lost with its stream.
      delivery.judged = nil
      delivery.incremental?.transactionBreaksOff()
    }
    switch step {
    case .whole(let info, _, _) where isJudged(info, delivery):
      return try await takeWhole(step, info, &delivery)
    case .change(let change) where delivery.judged != nil:
      // The consumer does not want it; what is read later has to have it all the same.
      noteSkipped(step, &delivery)
      try await passOver(change, &delivery)
      return nil
    case .end(let end) where delivery.judged != nil:
      endJudged(at: end, &delivery)
      return nil
    default: return takeQuietly(step, &delivery).map { .transaction($0) }
    }
  }

  /// Whether a transaction is one that tables being read have to be compared with.
  private func isJudged(_ info: TransactionInfo, _ delivery: borrowing ItemDelivery) -> Bool {
    guard let incremental = delivery.incremental, !incremental.isIdle else { return false }
    let progress = delivery.receiver.machine.progress
    return progress.isNew(info) || progress.isPassedOver(info)
  }

  private func takeWhole(
    _ step: TransactionStep, _ info: TransactionInfo, _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) -> SubscriptionItem? {
    let attention = try delivery.incremental?.begin(xid: info.xid, commitLSN: info.commitLSN)
    if attention == .scan {
      delivery.waiting = ItemDelivery.Waiting(step: step)
      return nil
    }
    return open(step, &delivery).map { .transaction($0) }
  }

  /// Delivers a transaction whose changes are judged.
  func open(_ step: TransactionStep, _ delivery: inout ItemDelivery) -> ReplicationTransaction? {
    guard case .open(let opening) = delivery.receiver.machine.take(step) else {
      delivery.judged = ItemDelivery.Judged(id: nil)
      return nil
    }
    // Not all of it is done before its last change was judged, even if it is acknowledged earlier.
    let transaction = context.perform(.open(opening.withoutEnd), changes: self)
    delivery.receiver.opened(with: nil)
    delivery.judged = ItemDelivery.Judged(id: opening.id, transaction: transaction)
    return transaction
  }

  /// All changes of the transaction have been judged.
  func endJudged(at end: LSN, _ delivery: inout ItemDelivery) {
    guard let judged = delivery.judged.take() else { return }
    let deltas = delivery.incremental?.transactionEnds(at: end) ?? []
    noteTransactions(delivery)
    let decided = delivery.receiver.machine.take(.end(end))
    var isSaved = false
    if let id = judged.id {
      isSaved = context.acknowledgements.end(id, at: end, deltas)
      judged.transaction?.ended(at: end)
    } else {
      _ = context.perform(decided, changes: self)
    }
    // Nobody got it, or it was acknowledged before it was judged.
    if !isSaved, !deltas.isEmpty, !context.options.leavesSlot {
      context.acknowledgements.enter(delivery.receiver.machine.openChunk(), at: end, deltas)
    }
    delivery.keepAsNeeded()
  }
}

extension TransactionStep {
  /// The transaction that it begins, or is.
  fileprivate var info: TransactionInfo? {
    switch self {
    case .begin(let info), .whole(let info, _, _), .point(let info, _, _): info
    case .change, .end, .idle: nil
    }
  }
}

extension DeliveryMachine.Opening {
  /// The same, as if its end were not known yet.
  fileprivate var withoutEnd: DeliveryMachine.Opening {
    DeliveryMachine.Opening(
      id: id, info: info, end: nil, mark: mark, isRedelivered: isRedelivered)
  }
}
