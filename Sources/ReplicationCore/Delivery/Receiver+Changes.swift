/// A step that may belong to a transaction that is delivered whole.
protocol WholeStep {
  /// The step, if it does.
  var transactionStep: TransactionStep? { get }
}

extension TransactionStep: WholeStep {
  @inline(__always)
  var transactionStep: TransactionStep? { self }
}

extension ProvisionalStep.Assembled: WholeStep {
  var transactionStep: TransactionStep? {
    if case .whole(let step) = self { step } else { nil }
  }
}

extension Receiver where Source.Step: WholeStep {
  /// The next change of the open transaction, if nothing has to be waited for.
  @inline(__always)
  mutating func readyChange(
    of transaction: ReplicationTransaction
  ) throws(ReplicationError) -> TransactionChange? {
    try check(transaction)
    if let change = takeRow() ?? takeOnlyChange() { return change }
    while machine.givesChanges, let step = try readyStep(isTaking: true) {
      if let change = change(of: transaction, step) { return change }
    }
    return nil
  }

  /// The next change of the open transaction; `nil` after the last.
  mutating func nextChange(
    of transaction: ReplicationTransaction
  ) async throws(ReplicationError) -> TransactionChange? {
    try check(transaction)
    if let change = takeOnlyChange() { return change }
    while machine.givesChanges, let step = try await nextStep(isTaking: true, until: nil) {
      if let change = change(of: transaction, step) { return change }
    }
    return nil
  }

  /// Passes the changes of the open transaction that are there; waits if there is none.
  ///
  /// - Returns: False if there is none any more.
  mutating func forEachReady(
    of transaction: ReplicationTransaction, _ body: (TransactionChange) throws -> Void
  ) async throws -> Bool {
    guard let first = try await nextChange(of: transaction) else { return false }
    try body(first)
    while true {
      if machine.givesChanges { try source.popEachRow(body) }
      guard let change = try readyChange(of: transaction) else { return true }
      try body(change)
    }
  }

  @inline(__always)
  private func check(_ transaction: ReplicationTransaction) throws(ReplicationError) {
    guard machine.isOpen(transaction.acknowledgement.id) else {
      throw .transactionPassed(commitLSN: transaction.commitLSN)
    }
  }

  /// The change that a step is; another step may end the transaction.
  @inline(__always)
  private mutating func change(of transaction: ReplicationTransaction, _ step: Source.Step)
    -> TransactionChange?
  {
    guard let step = step.transactionStep else { return nil }
    if case .change(let change) = step { return change }
    let delivery = machine.take(step)
    if case .end(_, let end) = delivery { transaction.ended(at: end) }
    transaction.perform(delivery)
    return nil
  }
}
