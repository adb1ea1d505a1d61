internal import PGWire

/// The changes of transactions, and what is judged of them.
extension ItemSource {
  func readyChange(of transaction: Transaction) throws(ReplicationError) -> Change? {
    try cell.use { (delivery) throws(ReplicationError) in
      guard delivery.judged?.id == transaction.acknowledgement.id else {
        return try delivery.receiver.readyChange(of: transaction)
      }
      return try readyJudged(&delivery)
    }
  }

  func nextChange(of transaction: Transaction) async throws(ReplicationError) -> Change? {
    try await cell.use { (delivery) async throws(ReplicationError) in
      guard let id = delivery.judged?.id, id == transaction.acknowledgement.id else {
        return try await delivery.receiver.nextChange(of: transaction)
      }
      while delivery.judged?.id == id {
        if let change = try readyJudged(&delivery) { return change }
        if try await decide(&delivery) { continue }
        guard delivery.judged?.id == id,
          let step = try await delivery.receiver.nextStep(isTaking: true, until: nil)
        else { return nil }
        if let change = take(step, &delivery) { return change }
      }
      return nil
    }
  }

  /// The next change that is delivered, if nothing has to be waited for.
  private func readyJudged(_ delivery: inout ItemDelivery) throws(ReplicationError) -> Change? {
    if context.control.isWoken { attend(&delivery) }
    if let judged = delivery.judged, !judged.queue.isEmpty {
      return delivery.judged?.queue.removeFirst()
    }
    while delivery.judged != nil, delivery.judged?.undecided == nil,
      let step = try delivery.receiver.readyStep(isTaking: true)
    {
      if let change = take(step, &delivery) { return change }
    }
    return nil
  }

  /// Judges a change, or ends the transaction.
  private func take(_ step: TransactionStep, _ delivery: inout ItemDelivery) -> Change? {
    switch step {
    case .change(let change): return judge(change, &delivery)
    case .end(let end):
      endJudged(at: end, &delivery)
      return nil
    default: return nil
    }
  }

  /// - Returns: What is delivered of the change at once.
  private func judge(_ change: Change, _ delivery: inout ItemDelivery) -> Change? {
    switch delivery.incremental?.judge(change) {
    case .deliver(let change): return change
    case .undecided(let keys):
      delivery.judged?.undecided = (change, keys)
      return nil
    case .drop, nil: return nil
    }
  }

  /// Asks the server where the change lies that waits for that.
  ///
  /// - Returns: Whether one has waited.
  private func decide(_ delivery: inout ItemDelivery) async throws(ReplicationError) -> Bool {
    guard let (change, keys) = delivery.judged?.undecided else { return false }
    try await locate([keys], &delivery)
    delivery.judged?.undecided = nil
    if let change = judge(change, &delivery) { delivery.judged?.queue.append(change) }
    return true
  }

  /// Judges a change that the consumer does not want.
  func passOver(_ change: Change, _ delivery: inout ItemDelivery) async throws(ReplicationError) {
    _ = judge(change, &delivery)
    while try await decide(&delivery) {}
    delivery.judged?.queue = []
  }

  /// Asks the server where keys lie, once the tables have been looked up.
  func locate(
    _ changes: [UndecidedChange], _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) {
    var retries = RangeRetries()
    while true {
      while delivery.incremental?.canLocate(changes) == false {
        guard try await pause() else { throw .cancelled }
        attend(&delivery)
        if let failure = delivery.incremental?.failure { throw failure }
      }
      do throws(ReplicationError) {
        return try await delivery.incremental?.locate(changes) ?? ()
      } catch {
        if Task.isCancelled { throw .cancelled }
        guard error.rangeRemedy != .none else { throw error }
        retries.failed(0, now: .now)
        while !retries.mayTry(0, now: .now) {
          guard try await pause() else { throw .cancelled }
        }
        attend(&delivery)
      }
    }
  }
}
