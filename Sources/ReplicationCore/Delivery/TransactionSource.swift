internal import PGOutput
internal import PGWire

/// Gives the one consumer of a subscription its transactions, each once it has ended or while it
/// is arriving.
///
/// It asks the machine what to deliver for each step, and carries that out.
final class TransactionSource: ChangeSource {
  let context: SubscriptionContext
  let receiver: ExclusiveCell<Receiver<WholeSteps>>

  /// - Parameter stream: One that is open already; the positions of its messages may go back.
  init(_ context: SubscriptionContext, over stream: Duplex? = nil) {
    self.context = context
    receiver = ExclusiveCell(
      Receiver(
        context,
        WholeSteps(context.client.params, context.options, checksOrder: stream == nil),
        over: stream))
  }

  /// The next transaction, if nothing has to be waited for.
  func readyTransaction() throws(ReplicationError) -> ReplicationTransaction? {
    try context.choose(.whole)
    return try receiver.use { (receiver) throws(ReplicationError) in
      receiver.passOver()
      guard !receiver.isBehindSaves else { return nil }
      while let step = try receiver.readyStep(isTaking: false) {
        if let transaction = begin(step, &receiver) { return transaction }
      }
      return nil
    }
  }

  /// The next transaction; `nil` if there are no more.
  ///
  /// - Throws: ``ReplicationError/cancelled`` also if none has arrived by the deadline.
  func nextTransaction(
    until deadline: ContinuousClock.Instant? = nil
  ) async throws(ReplicationError) -> ReplicationTransaction? {
    try context.choose(.whole)
    return try await receiver.use { (receiver) async throws(ReplicationError) in
      receiver.passOver()
      try await receiver.waitForSaves(until: deadline)
      while let step = try await receiver.nextStep(isTaking: false, until: deadline) {
        if let transaction = begin(step, &receiver) { return transaction }
      }
      return nil
    }
  }

  func readyChange(of transaction: ReplicationTransaction) throws(ReplicationError)
    -> TransactionChange?
  {
    try receiver.use { (receiver) throws(ReplicationError) in
      try receiver.readyChange(of: transaction)
    }
  }

  func nextChange(of transaction: ReplicationTransaction) async throws(ReplicationError)
    -> TransactionChange?
  {
    try await receiver.use { (receiver) async throws(ReplicationError) in
      try await receiver.nextChange(of: transaction)
    }
  }

  func forEachReady(
    of transaction: ReplicationTransaction, _ body: (TransactionChange) throws -> Void
  ) async throws -> Bool {
    try await receiver.useThrowing { receiver in
      try await receiver.forEachReady(of: transaction, body)
    }
  }

  /// Begins to deliver a step.
  private func begin(
    _ step: TransactionStep, _ receiver: inout Receiver<WholeSteps>
  ) -> ReplicationTransaction? {
    guard let transaction = context.perform(receiver.machine.take(step), changes: self) else {
      return nil
    }
    receiver.opened(with: step.onlyChange)
    return transaction
  }
}

extension TransactionStep {
  /// The change of a step that has just one.
  var onlyChange: TransactionChange? {
    if case .point(_, _, let change) = self { change } else { nil }
  }
}
