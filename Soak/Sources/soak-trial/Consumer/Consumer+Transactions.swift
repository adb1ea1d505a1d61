import PGOutput
import ReplicationCore

extension Consumer {
  /// Applies a transaction, or another step of a slot for prepared ones.
  func take(_ transaction: ReplicationTransaction, _ subscription: Subscription) async throws {
    do {
      var operations: [RowOperation] = []
      for try await change in transaction.changes {
        if let operation = try RowOperation(change) { operations.append(operation) }
      }
      try await settle(transaction.kind, operations, subscription)
      try done(transaction.checkpoint(), transaction.acknowledgement)
    } catch ReplicationError.interrupted {
      // Nothing of it is in the replica, and it is delivered again.
      return
    }
    try await slowDown()
    try await compareIfPossible()
  }

  private func settle(
    _ kind: TransactionKind, _ operations: [RowOperation], _ subscription: Subscription
  ) async throws {
    switch kind {
    case .committed: try await apply(operations, subscription)
    case .prepared(let gid): prepared[gid] = operations
    case .commitPrepared(let gid):
      guard let waiting = prepared.removeValue(forKey: gid) else {
        throw SoakError("\(gid) is committed, and was never prepared")
      }
      try await apply(waiting, subscription)
    case .rollbackPrepared(let gid): prepared[gid] = nil
    case .message: break
    @unknown default: throw SoakError("an unknown kind of transaction")
    }
  }

  /// Takes one step of a stream whose large transactions come while they are in progress.
  func take(_ step: ProvisionalStep, _ subscription: Subscription) async throws {
    switch step {
    case .discard(let request):
      staged = [:]
      request.acknowledge()
    case .provisional(let change):
      if let operation = try RowOperation(change) {
        staged[change.xid, default: []].append((change.subxid, operation))
      }
    case .aborted(let xid): staged[xid] = nil
    case .subtransactionAborted(let xid, let subxid):
      staged[xid]?.removeAll { $0.subxid == subxid }
    case .committed(let transaction):
      try await apply(unstage(transaction.xid), subscription)
      try done(transaction.checkpoint(), transaction.acknowledgement)
      try await slowDown()
      try await compareIfPossible()
    case .prepared(let transaction, let gid):
      prepared[gid] = unstage(transaction.xid)
      try done(transaction.checkpoint(), transaction.acknowledgement)
    case .transaction(let transaction): try await take(transaction, subscription)
    }
  }

  private func unstage(_ xid: UInt32) -> [RowOperation] {
    (staged.removeValue(forKey: xid) ?? []).map(\.operation)
  }
}
