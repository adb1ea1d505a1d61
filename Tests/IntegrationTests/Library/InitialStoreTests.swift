import PGWire
import ReplicationCore
import Synchronization
import TestSupport
import Testing

/// Stores that fail around the end of a subscription's initial snapshot.
@Suite struct InitialStoreTests {
  /// Takes all items until the first transaction.
  ///
  /// - Returns: The number of tables, and the transaction's position.
  private func take(
    _ site: Site, _ store: any CheckpointStore
  ) async throws -> (tables: Int, position: LSN?) {
    var options = SubscriptionOptions()
    options.snapshot = .initial()
    let subscription = try Subscription(site.params(), checkpoints: store, options: options)
    var tables = 0
    var position: LSN?
    try await subscription.runItems { item in
      switch item {
      case .rangeBegins(let chunk): for try await _ in chunk.batches {}
      case .tableIsWhole: tables += 1
      case .transaction(let transaction):
        position = transaction.commitLSN
        subscription.stop()
      @unknown default: break
      }
    }
    return (tables, position)
  }

  @Test(arguments: TestServer.newest, [true, false])
  func `a failure to save the end loses neither slot nor rows`(
    server: TestServer, hasSaved: Bool
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      try await site.sql.run("INSERT INTO t SELECT generate_series(1, 10)")
      let store = FailingStore(savesFirst: hasSaved)
      await #expect(throws: ReplicationError.self) { try await take(site, store) }
      #expect(store.hasFailed)
      #expect(store.checkpoint?.snapshot == (hasSaved ? .finished : .reading))
      // What was saved may be all there is: the slot goes with it.
      let slots = "SELECT FROM pg_replication_slots WHERE slot_name = '\(site.name)'"
      #expect(try await site.sql.rows(slots).count == 1)
      try await site.sql.run("INSERT INTO t VALUES (11)")
      let position = try await site.currentLSN()
      let writer = Task {
        // Behind the snapshot, if it is read again.
        for id in 12..<100 {
          try await Task.sleep(for: .milliseconds(50))
          try await site.sql.run("INSERT INTO t VALUES (\(id))")
        }
      }
      let found = try await take(site, store)
      writer.cancel()
      #expect(found.tables == (hasSaved ? 0 : 1))
      if hasSaved { #expect(found.position.map { $0 < position } == true) }
      #expect(store.checkpoint?.snapshot == .finished)
    }
  }
}

/// Fails when it is to save that the snapshot is finished, the first time.
private final class FailingStore: CheckpointStore {
  struct Failure: Error {}

  private let savesFirst: Bool
  private let state = Mutex<(checkpoint: Checkpoint?, hasFailed: Bool)>((nil, false))

  init(savesFirst: Bool) { self.savesFirst = savesFirst }

  var checkpoint: Checkpoint? { state.withLock { $0.checkpoint } }
  var hasFailed: Bool { state.withLock { $0.hasFailed } }

  func load() async throws -> Checkpoint? { checkpoint }

  func save(_ checkpoint: Checkpoint) async throws {
    try state.withLock { state in
      let fails = checkpoint.snapshot == .finished && !state.hasFailed
      if !fails || savesFirst { state.checkpoint = checkpoint }
      if fails {
        state.hasFailed = true
        throw Failure()
      }
    }
  }
}
