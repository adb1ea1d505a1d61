internal import PGOutput
internal import PGWire

extension TransactionSource {
  /// The next step of a stream whose blocks are passed on, if nothing has to be waited for.
  func readyProvisionalStep() throws(ReplicationError) -> ProvisionalStep? {
    try receiver.use { (receiver) throws(ReplicationError) in
      try prepare(&receiver)
      while let step = try receiver.readyStep(isTaking: false) {
        if let step = deliver(step, &receiver) { return step }
      }
      return nil
    }
  }

  /// The next step of a stream whose blocks are passed on; `nil` after the last.
  func nextProvisionalStep() async throws(ReplicationError) -> ProvisionalStep? {
    try await receiver.use { (receiver) async throws(ReplicationError) in
      try prepare(&receiver)
      while let step = try await receiver.nextStep(isTaking: false, until: nil) {
        if let step = deliver(step, &receiver) { return step }
      }
      return nil
    }
  }

  private func prepare(_ receiver: inout Receiver) throws(ReplicationError) {
    try receiver.choose(.provisional)
    if let discard = receiver.discard, !discard.isDone { throw .stagedNotDiscarded }
    receiver.passOver()
  }

  private func deliver(
    _ step: Receiver.Step, _ receiver: inout Receiver
  ) -> ProvisionalStep? {
    switch ProvisionalDelivery.take(step, &receiver.machine) {
    case .discard:
      let request = ProvisionalStep.Discard()
      receiver.discard = request
      return .discard(request)
    case .change(let change): return .provisional(change)
    case .aborted(let xid, let subxid?): return .subtransactionAborted(xid: xid, subxid: subxid)
    case .aborted(let xid, nil): return .aborted(xid: xid)
    case .known(let xid, let delivery):
      _ = perform(delivery)
      return .aborted(xid: xid)
    case .staged(let opening, let stage, let end):
      guard let transaction = perform(.open(opening)) else { return nil }
      let staged = StagedTransaction(transaction, stage, endLSN: end)
      if case .prepared(let gid) = opening.info.kind { return .prepared(staged, gid: gid) }
      return .committed(staged)
    case .whole(let delivery):
      guard let transaction = perform(delivery) else { return nil }
      receiver.opened(by: step)
      return .transaction(transaction)
    }
  }
}
