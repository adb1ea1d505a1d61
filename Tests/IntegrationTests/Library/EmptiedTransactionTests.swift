import PGWire
import ReplicationCore
import Testing

/// Transactions that come in blocks, and of which nothing is left when they commit.
@Suite struct EmptiedTransactionTests {
  private static let servers = TestServer.all.filter { $0.version >= 14 }

  /// A server that sends such a transaction in blocks leaves it out when it sends it as a whole,
  /// since 15, and when it knows already what was rolled back, since 18.
  @Test(arguments: servers, [false, true])
  func `it need not come again after a restart`(
    server: TestServer, isProvisional: Bool
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare("id int PRIMARY KEY, big text")
      let streaming = try SubscriptionTests.params(site) { $0.streaming = .on }
      try await site.sql.run(
        """
        BEGIN; SAVEPOINT a;
        INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 1000) i;
        ROLLBACK TO a; COMMIT
        """)
      var left = SubscriptionOptions()
      left.leavesSlot = true
      let first = try Subscription(streaming, options: left)
      let known =
        isProvisional
        ? try await Self.provisionalCheckpoint(first) : try await Self.checkpoint(first)
      try await first.close()
      #expect(known.transactionEnd == known.position)

      try await site.sql.run("INSERT INTO t VALUES (1, 'after')")
      for mode in [ReplicationParams.Streaming.off, .on] {
        let second = try Subscription(
          try SubscriptionTests.params(site) { $0.streaming = mode },
          checkpoints: FixedStore(checkpoint: known), options: left)
        var rows = 0
        for try await transaction in second.transactions {
          for try await change in transaction.changes where change.row != nil { rows += 1 }
          if rows > 0 { break }
        }
        #expect(rows == 1)
        try await second.close()
      }
    }
  }

  /// Where the transaction is done.
  private static func checkpoint(_ subscription: Subscription) async throws -> Checkpoint {
    for try await transaction in subscription.transactions {
      for try await change in transaction.changes { #expect(change.row == nil) }
      return try transaction.checkpoint()
    }
    throw ReplicationError.closed
  }

  private static func provisionalCheckpoint(
    _ subscription: Subscription
  ) async throws -> Checkpoint {
    for try await step in subscription.provisional {
      switch step {
      case .discard(let request): request.acknowledge()
      case .committed(let staged): return try staged.checkpoint()
      default: continue
      }
    }
    throw ReplicationError.closed
  }
}

/// A consumer's position that never changes.
private struct FixedStore: CheckpointStore {
  let checkpoint: Checkpoint

  func load() async throws -> Checkpoint? { checkpoint }
  func save(_ checkpoint: Checkpoint) async throws {}
}
