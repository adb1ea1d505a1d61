import ReplicationCore

func mirror(_ params: ReplicationParams, _ store: any CheckpointStore) async throws {
  var options = SubscriptionOptions()
  options.snapshot = .incremental(IncrementalSnapshotOptions())
  let subscription = try Subscription(params, checkpoints: store, options: options)
  for try await item in subscription.items {
    switch item {
    case .transaction(let transaction):
      for try await change in transaction.changes { print(change) }  // Apply it.
      transaction.acknowledge()
    case .rangeBegins(let chunk):
      // Delete what you hold in chunk.range of chunk.table, then store the rows.
      do {
        for try await batch in chunk.batches { print(batch.rowCount) }  // Insert its rows.
        chunk.acknowledge()
      } catch ReplicationError.chunkInterrupted {
        // Nothing to undo: the range is delivered again, and begins with the same deletion.
      }
    case .tableIsWhole(let table): print("\(table.namespace).\(table.name) is whole")
    @unknown default: break
    }
  }
}
