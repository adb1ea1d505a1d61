internal import PGOutput
internal import PGWire
internal import Synchronization

extension TransactionSource {
  /// In which way a subscription gives out what the server streams in blocks.
  enum Mode {
    /// Once it has ended.
    case whole
    /// As it comes.
    case provisional
  }

  /// Settles the mode with the first step that is asked for.
  func choose(_ wanted: Mode) throws(ReplicationError) {
    guard let mode else {
      mode = wanted
      if wanted == .provisional { assembler = fresh(assembler.knownShapes) }
      return
    }
    guard mode == wanted else {
      throw .invalidParameter(
        "a subscription gives whole transactions or provisional steps, not both: make another one")
    }
  }

  func nextProvisionalStep() async throws(ReplicationError) -> ProvisionalStep? {
    guard !isClaimed.exchange(true, ordering: .acquiring) else { throw .concurrentReceive }
    defer { isClaimed.store(false, ordering: .releasing) }
    try choose(.provisional)
    if let discard, !discard.isDone { throw .stagedNotDiscarded }
    passOverCurrent()
    while let step = try await nextStep(inHand: false) {
      if let step = openProvisional(step) { return step }
    }
    return nil
  }

  private func openProvisional(_ step: TransactionAssembler.Step) -> ProvisionalStep? {
    switch step {
    case .discard:
      let request = ProvisionalStep.Discard()
      discard = request
      return .discard(request)
    case .provisional(let change): return .provisional(change)
    case .aborted(let abort):
      return abort.isWhole
        ? .aborted(xid: abort.xid) : .subtransactionAborted(xid: abort.xid, subxid: abort.subxid)
    case .staged(let info, let end, let stage):
      // What was delivered before does not count again.
      guard isNew(info) else { return .aborted(xid: info.xid) }
      let staged = StagedTransaction(deliver(info, end: end), stage, endLSN: end)
      if case .prepared(let gid) = info.kind { return .prepared(staged, gid: gid) }
      return .committed(staged)
    default: return open(step).map { .transaction($0) }
    }
  }
}
