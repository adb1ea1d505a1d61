import PGOutput
import ReplicationCore

func copyThenStream(_ client: Client) async throws -> Duplex {
  let start = try await client.withExportedSnapshot { snapshot in
    try await snapshot.read(try await snapshot.tables()) { event in
      switch event {
      case .rows(let batch):  // In any order: several connections read at the same time.
        try batch.forEachRow { row throws(RowError) in
          print(row.relation.name, try row["id", as: Int64.self])
        }
      case .end(let table, let count): print("\(table.qualifiedName) is whole: \(count) rows")
      @unknown default: break
      }
    }
    return snapshot.consistentPoint
  }
  return try await client.startReplication(from: start)
}

func copyThenFollow(_ params: ReplicationParams) async throws {
  var options = SubscriptionOptions()
  options.snapshot = .initial()
  let subscription = try Subscription(
    params, checkpoints: FileCheckpointStore(path: "orders_slot.checkpoint"), options: options)
  for try await item in subscription.items {
    switch item {
    case .rangeBegins(let chunk):  // A table: delete all rows that you have of it, store these.
      do {
        for try await batch in chunk.batches {
          print("\(batch.rowCount) rows of \(chunk.table.qualifiedName)")
        }
        chunk.acknowledge()
      } catch ReplicationError.chunkInterrupted {
        // All tables are delivered again, each with the same deletion.
      }
    case .tableIsWhole(let table): print("\(table.name) is complete")
    case .transaction(let transaction):
      for try await change in transaction.changes { print(change) }
      transaction.acknowledge()
    @unknown default: break
    }
  }
}

func copyOnceThenFollow(_ params: ReplicationParams) async throws {
  let store = FileCheckpointStore(path: "orders_slot.checkpoint")
  let client = try Client(params)
  try await client.ensureSnapshot(recordedIn: store) { snapshot in
    if snapshot.isRepeated { print("an earlier snapshot broke off: remove its rows first") }
    try await snapshot.read(try await snapshot.tables()) { event in
      guard case .rows(let batch) = event else { return }
      print("\(batch.rowCount) rows of \(batch.table.qualifiedName)")
    }
  }
  client.close()
  let subscription = try Subscription(params, checkpoints: store)
  try await subscription.run { transaction in
    for try await change in transaction.changes { print(change) }
  }
}
