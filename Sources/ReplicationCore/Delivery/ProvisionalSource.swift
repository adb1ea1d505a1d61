internal import PGOutput
internal import PGWire

/// Gives the one consumer of a subscription the steps of a stream whose blocks are delivered as
/// they arrive.
final class ProvisionalSource: ChangeSource {
  private typealias Assembled = ProvisionalStep.Assembled

  /// What the consumer takes from.
  struct State: ~Copyable, Sendable {
    var receiver: Receiver<ProvisionalAssembler>
    /// What the consumer was last asked to drop.
    var discard: ProvisionalStep.Discard?
  }

  let context: SubscriptionContext
  let state: ExclusiveCell<State>

  init(_ context: SubscriptionContext) {
    self.context = context
    let assembler = ProvisionalAssembler(
      RelationTracker(), RowReaders(context.options.types))
    state = ExclusiveCell(State(receiver: Receiver(context, assembler)))
  }

  /// The next step, if nothing has to be waited for.
  func readyStep() throws(ReplicationError) -> ProvisionalStep? {
    try context.choose(.provisional)
    return try state.use { (state) throws(ReplicationError) in
      try prepare(&state)
      while let step = try state.receiver.readyStep(isTaking: false) {
        if let step = deliver(step, &state) { return step }
      }
      return nil
    }
  }

  /// The next step; `nil` after the last.
  func nextStep() async throws(ReplicationError) -> ProvisionalStep? {
    try context.choose(.provisional)
    return try await state.use { (state) async throws(ReplicationError) in
      try prepare(&state)
      while let step = try await state.receiver.nextStep(isTaking: false, until: nil) {
        if let step = deliver(step, &state) { return step }
      }
      return nil
    }
  }

  func readyChange(of transaction: ReplicationTransaction) throws(ReplicationError)
    -> TransactionChange?
  {
    try state.use { (state) throws(ReplicationError) in
      try state.receiver.readyChange(of: transaction)
    }
  }

  func nextChange(of transaction: ReplicationTransaction) async throws(ReplicationError)
    -> TransactionChange?
  {
    try await state.use { (state) async throws(ReplicationError) in
      try await state.receiver.nextChange(of: transaction)
    }
  }

  func forEachReady(
    of transaction: ReplicationTransaction, _ body: (TransactionChange) throws -> Void
  ) async throws -> Bool {
    try await state.useThrowing { state in
      try await state.receiver.forEachReady(of: transaction, body)
    }
  }

  private func prepare(_ state: inout State) throws(ReplicationError) {
    if let discard = state.discard, !discard.isDone { throw .stagedNotDiscarded }
    state.receiver.passOver()
  }

  private func deliver(_ step: Assembled, _ state: inout State) -> ProvisionalStep? {
    switch ProvisionalDelivery.take(step, &state.receiver.machine) {
    case .discard:
      let request = ProvisionalStep.Discard()
      state.discard = request
      return .discard(request)
    case .change(let change): return .provisional(change)
    case .aborted(let xid, let subxid?): return .subtransactionAborted(xid: xid, subxid: subxid)
    case .aborted(let xid, nil): return .aborted(xid: xid)
    case .known(let xid, let delivery):
      _ = context.perform(delivery, changes: self)
      return .aborted(xid: xid)
    case .staged(let opening, let stage, let end):
      guard let transaction = context.perform(.open(opening), changes: self) else { return nil }
      let staged = StagedTransaction(transaction, stage, endLSN: end)
      if case .prepared(let gid) = opening.info.kind { return .prepared(staged, gid: gid) }
      return .committed(staged)
    case .whole(let delivery):
      guard let transaction = context.perform(delivery, changes: self) else { return nil }
      state.receiver.opened(with: step.transactionStep?.onlyChange)
      return .transaction(transaction)
    }
  }
}
