import PGOutput
import ReplicationCore

func copyRows(_ subscription: Subscription, to table: some TargetTable) async throws {
  for try await transaction in subscription.transactions {
    do {
      try await table.begin()
      for try await change in transaction.changes {
        switch change {
        case .insert(let row): try await table.put(row)
        case .update(let row): try await table.replace(row)
        case .delete(let row): try await table.remove(row)
        case .truncate(let truncate, _): try await table.empty(truncate.relations)
        case .message, .relation: break
        @unknown default: break
        }
      }
      try await table.commit()
      transaction.acknowledge()
    } catch ReplicationError.interrupted {
      try await table.rollBack()  // It is delivered again, from its beginning.
    }
  }
}

/// A table of the target, with transactions.
protocol TargetTable: Sendable {
  func begin() async throws
  func put(_ row: RowChange) async throws
  func replace(_ row: RowChange) async throws
  func remove(_ row: RowChange) async throws
  func empty(_ tables: [Relation]) async throws
  func commit() async throws
  func rollBack() async throws
}

func upload(_ subscription: Subscription, with uploader: some Uploader) async throws {
  for try await transaction in subscription.transactions {
    var rows: [RowChange] = []
    do {
      for try await change in transaction.changes {
        if let row = change.row { rows.append(row.copy()) }
      }
    } catch ReplicationError.interrupted {
      continue  // Nothing of it was uploaded. It is delivered again.
    }
    // Other uploads may finish first. The slot follows up to the first that is missing.
    await uploader.enqueue(rows) { transaction.acknowledge() }
  }
}

/// Uploads in the background, several at a time.
protocol Uploader: Sendable {
  func enqueue(_ rows: [RowChange], whenDone: @escaping @Sendable () -> Void) async
}

/// For a subscription that keeps transactions whole: its batches never break off.
func load(_ subscription: Subscription, into table: some TargetTable) async throws {
  for try await batch in subscription.batches(BatchLimits(rows: 50_000, time: .seconds(2))) {
    try await table.begin()
    for try await item in batch.items {
      if case .change(.insert(let row)) = item { try await table.put(row) }
    }
    try await table.commit()
    batch.acknowledge()
  }
}

func followPrepared(_ transaction: ReplicationTransaction) {
  switch transaction.kind {
  case .committed: print("apply it")
  case .prepared(let gid): print("keep it aside as \(gid)")
  case .commitPrepared(let gid): print("apply what is kept as \(gid)")
  case .rollbackPrepared(let gid): print("drop what is kept as \(gid)")
  case .message: print("a message outside of transactions")
  @unknown default: break
  }
}
