import PGOutput
import ReplicationCore

/// A table for rows that may yet be rolled back, keyed by transaction and subtransaction.
protocol Stage {
  func removeAll() async throws
  func add(_ change: ProvisionalChange, xid: UInt32, subxid: UInt32) async throws
  func remove(xid: UInt32) async throws
  func remove(xid: UInt32, subxid: UInt32) async throws
  /// Moves what is there of a transaction to where it counts, or to where it waits for its gid.
  func publish(xid: UInt32, preparedAs gid: String?) async throws
  func apply(_ transaction: Transaction) async throws
}

func stage(_ subscription: Subscription, in stage: some Stage) async throws {
  for try await step in subscription.provisional {
    switch step {
    case .discard(let request):  // First of all, and whenever a stream was lost.
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
      // It has come whole, or is what becomes of one that was prepared.
      do {
        try await stage.apply(transaction)
        transaction.acknowledge()
      } catch ReplicationError.interrupted {
        // What was applied of it is undone by now; it comes again.
      }
    }
  }
}
