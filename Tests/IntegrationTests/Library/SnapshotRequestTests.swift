import PGOutput
import PGWire
import ReplicationCore
import Synchronization
import Testing

/// Tables that a program asks to be read, and what it does with that.
@Suite struct SnapshotRequestTests {
  /// What a consumer has seen.
  private struct Seen: Sendable {
    var chunks = 0
    var rows = 0
    var whole = 0
    var inserted = 0
  }

  /// Counts what comes.
  private static func consume(
    _ subscription: Subscription, _ note: (@Sendable (inout Seen) -> Void) -> Void
  ) async throws {
    for try await item in subscription.items {
      switch item {
      case .transaction(let transaction):
        var count = 0
        for try await change in transaction.changes {
          if case .insert = change { count += 1 }
        }
        transaction.acknowledge()
        note { [count] in $0.inserted += count }
      case .rangeBegins(let chunk):
        var rows = 0
        do {
          for try await batch in chunk.batches { rows += batch.rowCount }
        } catch ReplicationError.chunkInterrupted {
          continue
        }
        chunk.acknowledge()
        note { [rows] in
          $0.chunks += 1
          $0.rows += rows
        }
        try await Task.sleep(for: .milliseconds(5))
      case .tableIsWhole: note { $0.whole += 1 }
      @unknown default: break
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `a table is read when it is asked for; it is paused, resumed, asked for again and cancelled`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(180)) { site in
      let client = try await site.prepare("id int PRIMARY KEY, v text")
      try await site.sql.run(
        "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 3000) i; ANALYZE t")
      var incremental = IncrementalSnapshotOptions()
      incremental.chunkBytes = 4_000
      incremental.tables = []
      var options = SubscriptionOptions()
      options.snapshot = .incremental(incremental)
      let subscription = try Subscription(client.params, options: options)
      let seen = Mutex(Seen())
      let consumer = Task {
        try await Self.consume(subscription) { body in seen.withLock { body(&$0) } }
      }
      let snapshot = try await subscription.snapshot(of: ["t"])
      #expect(snapshot.tables.map(\.relation.name) == ["t"])
      try await eventually("some ranges came") { seen.withLock { $0.chunks } > 3 }
      snapshot.pause()
      // Those that were begun come to their end.
      try await eventually("it stands still") {
        let before = seen.withLock { $0.chunks }
        try await Task.sleep(for: .milliseconds(500))
        return seen.withLock { $0.chunks } == before
      }
      #expect(seen.withLock { $0.whole } == 0 && !snapshot.progress.isComplete)
      snapshot.resume()
      try await eventually("the table is whole") { seen.withLock { $0.whole } == 1 }
      #expect(seen.withLock { $0.rows } == 3000)
      #expect(snapshot.progress.isComplete && snapshot.progress.rows == 3000)

      let chunks = seen.withLock { $0.chunks }
      let again = try await subscription.snapshot(of: ["t"])
      try await eventually("it is read again") { seen.withLock { $0.chunks } > chunks + 2 }
      again.cancel()
      // From now on its changes come, wherever they are.
      try await site.sql.run("INSERT INTO t SELECT -i FROM generate_series(1, 10) i")
      try await eventually("changes come") { seen.withLock { $0.inserted } == 10 }
      #expect(seen.withLock { $0.whole } == 1)
      let error = await #expect(throws: ReplicationError.self) {
        try await subscription.snapshot(of: ["nothing"])
      }
      #expect(error.map { "\($0)" }?.contains("nothing") == true)
      try await subscription.close()
      try await consumer.value
    }
  }
}
