internal import PGOutput
internal import PGWire

/// The changes of transactions, and what is judged of them.
extension ItemSource {
  func readyChange(of transaction: ReplicationTransaction) throws(ReplicationError)
    -> TransactionChange?
  {
    try cell.use { (delivery) throws(ReplicationError) in
      if delivery.unknown != nil { return nil }
      guard delivery.judged?.id == transaction.acknowledgement.id else {
        while let change = try delivery.receiver.readyChange(of: transaction) {
          if let change = known(change, transaction.commitLSN, &delivery) { return change }
          if delivery.unknown != nil { return nil }
        }
        return nil
      }
      return try readyJudged(&delivery)
    }
  }

  /// A change of a transaction, unless a table has to be looked up before it, or it is only a
  /// table's description that brings nothing new.
  @inline(__always)
  private func known(
    _ change: TransactionChange, _ commit: LSN, _ delivery: inout ItemDelivery
  ) -> TransactionChange? {
    guard case .relation(let description) = change else { return change }
    return known(change, description, commit, &delivery)
  }

  private func known(
    _ change: TransactionChange, _ description: RelationChange, _ commit: LSN,
    _ delivery: inout ItemDelivery
  ) -> TransactionChange? {
    if needsLook(change, description, commit, delivery) {
      delivery.unknown = change
      return nil
    }
    return description.isRepeated ? nil : change
  }

  /// Whether a table that is described has to be looked up before its changes are delivered.
  private func needsLook(
    _ change: TransactionChange, _ description: RelationChange, _ commit: LSN,
    _ delivery: borrowing ItemDelivery
  ) -> Bool {
    guard let incremental = delivery.incremental else { return false }
    return incremental.isUnknown(change)
      || incremental.mayHaveLeft(description.relation.oid, before: commit)
  }

  /// The consumer does not want a change; a table that it describes is looked up before the next
  /// item.
  func noteSkipped(_ step: TransactionStep, _ delivery: inout ItemDelivery) {
    guard case .change(let change) = step, case .relation(let description) = change,
      needsLook(change, description, LSN(rawValue: .max), delivery)
    else { return }
    delivery.needsLookup = true
  }

  /// Looks up the table that a transaction has just described, so that its changes are judged if it
  /// is to be read.
  ///
  /// The server describes a table to each stream, and again after each change of its publications.
  /// Whether the table was out of them for a while is asked before any change that follows is
  /// delivered.
  ///
  /// - Returns: The description, if it brings something new.
  private func lookUp(
    _ change: TransactionChange, of transaction: ReplicationTransaction,
    _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) -> TransactionChange? {
    guard case .relation(let description) = change else { return change }
    do throws(ReplicationError) {
      let isUnknown = delivery.incremental?.isUnknown(change) != false
      let needsTables = try await askWhileStreaming(&delivery, isTaking: true) {
        (delivery) async throws(ReplicationError) -> Bool in
        if isUnknown { return true }
        return try await delivery.incremental?.haveTablesLeft() ?? false
      }
      guard needsTables else {
        delivery.unknown = nil
        return description.isRepeated ? nil : change
      }
      try await askWhileStreaming(&delivery, isTaking: true) {
        (delivery) async throws(ReplicationError) in
        try await delivery.incremental?.lookUp()
      }
    } catch {
      guard case .interrupted(let commit) = error else { throw error }
      delivery.unknown = nil
      guard commit == .zero else {
        delivery.judged = nil
        delivery.incremental?.transactionBreaksOff()
        throw error
      }
      // All of the transaction is here, and nobody can be asked: before the next item, then.
      delivery.needsLookup = true
      return description.isRepeated ? nil : change
    }
    try delivery.incremental?.beginLate(
      xid: transaction.xid, commitLSN: transaction.commitLSN)
    attend(&delivery, mayBegin: true)
    if delivery.judged == nil {
      if delivery.incremental?.isIdle == false {
        delivery.judged = ItemDelivery.Judged(
          id: transaction.acknowledgement.id, transaction: transaction)
      } else {
        delivery.incremental?.transactionBreaksOff()
      }
    }
    delivery.unknown = nil
    return description.isRepeated ? nil : change
  }

  func nextChange(of transaction: ReplicationTransaction) async throws(ReplicationError)
    -> TransactionChange?
  {
    try await cell.use { (delivery) async throws(ReplicationError) in
      let id = transaction.acknowledgement.id
      while delivery.unknown != nil || delivery.judged?.id != id {
        if let change = delivery.unknown {
          if let change = try await lookUp(change, of: transaction, &delivery) { return change }
        } else {
          guard let change = try await delivery.receiver.nextChange(of: transaction) else {
            return nil
          }
          if let change = known(change, transaction.commitLSN, &delivery) { return change }
        }
      }
      return try await nextJudged(of: transaction, &delivery)
    }
  }

  func forEachReady(
    of transaction: ReplicationTransaction, _ body: (TransactionChange) throws -> Void
  ) async throws -> Bool {
    guard let first = try await nextChange(of: transaction) else { return false }
    try body(first)
    while let change = try readyChange(of: transaction) { try body(change) }
    return true
  }

  private func nextJudged(
    of transaction: ReplicationTransaction, _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) -> TransactionChange? {
    let id = transaction.acknowledgement.id
    while delivery.judged?.id == id {
      if let change = try readyJudged(&delivery) { return change }
      if let change = delivery.unknown {
        if let change = try await lookUp(change, of: transaction, &delivery) { return change }
        continue
      }
      if try await decide(&delivery, isTaking: true) { continue }
      guard delivery.judged?.id == id else { return nil }
      do throws(ReplicationError) {
        guard let step = try await delivery.receiver.nextStep(isTaking: true, until: nil) else {
          return nil
        }
        if let change = take(step, &delivery) { return change }
      } catch {
        if case .interrupted = error {
          delivery.judged = nil
          delivery.incremental?.transactionBreaksOff()
        }
        throw error
      }
    }
    return nil
  }

  /// The next change that is delivered, if nothing has to be waited for.
  private func readyJudged(_ delivery: inout ItemDelivery) throws(ReplicationError)
    -> TransactionChange?
  {
    if context.control.isWoken { attend(&delivery) }
    if let judged = delivery.judged, !judged.queue.isEmpty {
      return delivery.judged?.queue.removeFirst()
    }
    while delivery.judged != nil, delivery.judged?.undecided == nil, delivery.unknown == nil,
      let step = try readyStep(&delivery)
    {
      if let change = take(step, &delivery) { return change }
    }
    return nil
  }

  private func readyStep(
    _ delivery: inout ItemDelivery
  ) throws(ReplicationError) -> TransactionStep? {
    if let step = delivery.judged?.ahead.popFirst() { return step }
    return try delivery.receiver.readyStep(isTaking: true)
  }

  /// Judges a change, or ends the transaction.
  private func take(_ step: TransactionStep, _ delivery: inout ItemDelivery) -> TransactionChange? {
    switch step {
    case .change(let change):
      let commit = delivery.judged?.transaction?.commitLSN ?? LSN(rawValue: .max)
      return known(change, commit, &delivery).flatMap { judge($0, &delivery) }
    case .end(let end):
      endJudged(at: end, &delivery)
      return nil
    default: return nil
    }
  }

  /// - Returns: What is delivered of the change at once.
  private func judge(_ change: TransactionChange, _ delivery: inout ItemDelivery)
    -> TransactionChange?
  {
    switch delivery.incremental?.judge(change) {
    case .deliver(let change): return change
    case .undecided(let keys):
      delivery.judged?.undecided = (change, keys)
      return nil
    case .drop, nil: return nil
    }
  }

  /// Asks the server where the change lies that waits for that, and those that come behind it.
  ///
  /// - Parameter isTaking: Whether the consumer wants the changes.
  /// - Returns: Whether one has waited.
  private func decide(
    _ delivery: inout ItemDelivery, isTaking: Bool
  ) async throws(ReplicationError) -> Bool {
    guard let (change, keys) = delivery.judged?.undecided else { return false }
    while delivery.judged?.ahead.isFull == false,
      let step = try delivery.receiver.readyStep(isTaking: isTaking)
    {
      delivery.judged?.ahead.append(step)
    }
    let further = (delivery.judged?.ahead.changes ?? []).compactMap { change in
      delivery.incremental?.undecided(change)
    }
    try await locate([keys] + further, &delivery)
    delivery.judged?.undecided = nil
    if let change = judge(change, &delivery) { delivery.judged?.queue.append(change) }
    return true
  }

  /// Judges a change that the consumer does not want.
  func passOver(_ change: TransactionChange, _ delivery: inout ItemDelivery)
    async throws(ReplicationError)
  {
    _ = judge(change, &delivery)
    try await passOverUndecided(&delivery)
  }

  /// Judges the change that waits for that, if there is one; the consumer does not want it.
  func passOverUndecided(_ delivery: inout ItemDelivery) async throws(ReplicationError) {
    while try await decide(&delivery, isTaking: false) {}
    delivery.judged?.queue = []
  }

  /// Asks the server where keys lie.
  func locate(
    _ changes: [UndecidedChange], _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) {
    try await askUntilAnswered(&delivery) { (delivery) async throws(ReplicationError) in
      try await delivery.incremental?.locate(changes)
    }
  }

  /// Asks the server as ``askUntilAnswered(_:isAttending:failed:_:)`` does, for as long as there is
  /// a stream: a host that is gone is not asked again.
  ///
  /// - Parameter isTaking: Whether the consumer has a part of a transaction.
  /// - Throws: ``ReplicationError/interrupted(commitLSN:)`` if the stream was lost; of no
  ///   transaction if the consumer need not undo anything.
  func askWhileStreaming<Answer>(
    _ delivery: inout ItemDelivery, isTaking: Bool,
    _ question: (inout ItemDelivery) async throws(ReplicationError) -> Answer
  ) async throws(ReplicationError) -> Answer {
    try await askUntilAnswered(
      &delivery, isAttending: false,
      failed: { (delivery) throws(ReplicationError) in
        // What waits for a chunk is kept with the stream.
        guard delivery.waiting == nil,
          try delivery.receiver.dropLostStream(isTaking: isTaking)
        else { return }
        throw .interrupted(commitLSN: .zero)
      }, question)
  }

  /// Asks the server, and asks again for as long as its refusals may pass by themselves.
  ///
  /// - Parameters:
  ///   - isAttending: Whether it looks after workers between two attempts.
  ///   - failed: Called after an attempt that failed and may be repeated.
  func askUntilAnswered<Answer>(
    _ delivery: inout ItemDelivery, isAttending: Bool = true,
    failed: (inout ItemDelivery) throws(ReplicationError) -> Void = { _ in },
    _ question: (inout ItemDelivery) async throws(ReplicationError) -> Answer
  ) async throws(ReplicationError) -> Answer {
    var backoff = RangeBackoff()
    while true {
      do throws(ReplicationError) {
        return try await question(&delivery)
      } catch {
        if Task.isCancelled { throw .cancelled }
        backoff.failed(now: .now)
        guard backoff.remedy(for: error) != .none else { throw error }
      }
      try failed(&delivery)
      while !backoff.mayTry(now: .now) {
        guard try await pause() else { throw .cancelled }
      }
      if isAttending { attend(&delivery) }
    }
  }
}
