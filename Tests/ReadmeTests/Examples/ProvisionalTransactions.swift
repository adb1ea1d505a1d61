import PGOutput
import ReplicationCore

/// A table for rows that may still be rolled back, keyed by transaction and subtransaction.
protocol Stage {
  func removeAll() async throws
  func add(_ change: ProvisionalChange, xid: UInt32, subxid: UInt32) async throws
  func remove(xid: UInt32) async throws
  func remove(xid: UInt32, subxid: UInt32) async throws
  /// Moves the rows of a transaction to where they count, or to where they wait for their gid.
  func publish(xid: UInt32, preparedAs gid: String?) async throws
  func apply(_ transaction: ReplicationTransaction) async throws
}

func stage(_ subscription: Subscription, in stage: some Stage) async throws {
  for try await step in subscription.provisional {
    switch step {
    case .discard(let request):  // The first step of every stream.
      try await stage.removeAll()
      request.done()
    case .provisional(let change):
      try await stage.add(change, xid: change.xid, subxid: change.subxid)
    case .aborted(let xid): try await stage.remove(xid: xid)
    case .subtransactionAborted(let xid, let subxid):
      try await stage.remove(xid: xid, subxid: subxid)
    case .committed(let staged):
      try await stage.publish(xid: staged.xid, preparedAs: nil)
      staged.acknowledge()
    case .prepared(let staged, let gid):
      try await stage.publish(xid: staged.xid, preparedAs: gid)
      staged.acknowledge()
    case .transaction(let transaction):
      // It arrived whole, or it is the outcome of a prepared one.
      do {
        try await stage.apply(transaction)
        transaction.acknowledge()
      } catch ReplicationError.interrupted {
        // What was applied of it is undone by now. It is delivered again.
      }
    }
  }
}
