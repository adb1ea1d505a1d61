internal import PGOutput
internal import PGWire

/// Gives the one consumer of a subscription its transactions and their changes.
///
/// It asks the machine what is to be delivered of each step, and does what that returns.
final class TransactionSource: Sendable {
  /// In which way a subscription gives out what the server streams in blocks.
  enum Mode {
    /// Once it has ended.
    case whole
    /// As it comes.
    case provisional
  }

  /// How soon it is saved and reported that only the server's log has grown.
  ///
  /// A server that shuts down saves its slots first, and asks for the last position afterwards.
  /// What was confirmed before is saved, as pg_upgrade demands it.
  private static let idlePace = Duration.milliseconds(500)

  let control = SubscriptionControl()
  let acknowledgements: Acknowledgements
  let client: Client
  let receiver: ExclusiveCell<Receiver>
  private let leavesSlot: Bool
  /// Which transactions are asked for, as a number.
  private let selection: UInt64

  init(_ client: Client, _ store: (any CheckpointStore)?, _ options: SubscriptionOptions) {
    self.client = client
    leavesSlot = options.leavesSlot
    selection = client.params.selection
    acknowledgements = Acknowledgements(
      store, idlePace: min(client.params.statusInterval, Self.idlePace), client.params.logger
    ) { [control] in control.fail() }
    receiver = ExclusiveCell(Receiver(client, store, options, control, acknowledgements))
  }

  func checkpoint(at lsn: LSN, _ info: TransactionInfo) throws(ReplicationError) -> Checkpoint {
    guard var checkpoint = acknowledgements.checkpoint else { throw .closed }
    checkpoint.lastTransaction = TransactionMark(info, selection: selection)
    checkpoint.position = lsn
    checkpoint.transactionEnd = lsn
    return checkpoint
  }

  /// Does what the machine has decided.
  ///
  /// - Returns: The transaction that the consumer gets, if it gets one.
  func perform(_ delivery: DeliveryMachine.Delivery) -> Transaction? {
    switch delivery {
    case .nothing: return nil
    case .open(let opening):
      if !leavesSlot { acknowledgements.open(opening.id, opening.mark, end: opening.end) }
      return Transaction(
        opening, Acknowledgement(opening.id, opening.info.commitLSN, acknowledgements), self)
    case .end(let id, let end), .endPassedOver(let id, let end):
      acknowledgements.end(id, at: end)
    case .idle(let position, let isRequested):
      acknowledgements.markIdle(upTo: position, isRequested: isRequested)
    }
    return nil
  }
}

// MARK: - Transactions

extension TransactionSource {
  /// The next transaction, if nothing has to be waited for.
  func readyTransaction() throws(ReplicationError) -> Transaction? {
    try receiver.use { (receiver) throws(ReplicationError) in
      try receiver.choose(.whole)
      receiver.passOver()
      guard !receiver.isBehindSaves else { return nil }
      while let step = try receiver.readyStep(isTaking: false) {
        if let transaction = begin(step, &receiver) { return transaction }
      }
      return nil
    }
  }

  /// The next transaction; `nil` if none comes any more.
  ///
  /// - Throws: ``ReplicationError/cancelled`` also if none has come until the deadline.
  func nextTransaction(
    until deadline: ContinuousClock.Instant? = nil
  ) async throws(ReplicationError) -> Transaction? {
    try await receiver.use { (receiver) async throws(ReplicationError) in
      try receiver.choose(.whole)
      receiver.passOver()
      try await receiver.waitForSaves(until: deadline)
      while let step = try await receiver.nextStep(isTaking: false, until: deadline) {
        if let transaction = begin(step, &receiver) { return transaction }
      }
      return nil
    }
  }

  /// Begins to deliver what a step brings.
  func begin(_ step: Receiver.Step, _ receiver: inout Receiver) -> Transaction? {
    guard let transaction = perform(receiver.machine.take(step)) else { return nil }
    receiver.opened(by: step)
    return transaction
  }
}

// MARK: - Changes

extension TransactionSource {
  /// The next change of a transaction, if nothing has to be waited for.
  func readyChange(of transaction: Transaction) throws(ReplicationError) -> Change? {
    try receiver.use { (receiver) throws(ReplicationError) in
      try check(transaction, receiver)
      if let change = receiver.takeOnlyChange() { return change }
      while receiver.machine.givesChanges, let step = try receiver.readyStep(isTaking: true) {
        if case .change(let change) = step { return change }
        end(transaction, step, &receiver)
      }
      return nil
    }
  }

  /// The next change of a transaction; `nil` after the last.
  func nextChange(of transaction: Transaction) async throws(ReplicationError) -> Change? {
    try await receiver.use { (receiver) async throws(ReplicationError) in
      try check(transaction, receiver)
      if let change = receiver.takeOnlyChange() { return change }
      while receiver.machine.givesChanges,
        let step = try await receiver.nextStep(isTaking: true, until: nil)
      {
        if case .change(let change) = step { return change }
        end(transaction, step, &receiver)
      }
      return nil
    }
  }

  private func check(
    _ transaction: Transaction, _ receiver: borrowing Receiver
  ) throws(ReplicationError) {
    guard receiver.machine.isOpen(transaction.acknowledgement.id) else {
      throw .transactionPassed(commitLSN: transaction.commitLSN)
    }
  }

  private func end(
    _ transaction: Transaction, _ step: Receiver.Step, _ receiver: inout Receiver
  ) {
    let delivery = receiver.machine.take(step)
    if case .end(_, let end) = delivery { transaction.ended(at: end) }
    _ = perform(delivery)
  }
}
