import CDCTime
import Foundation
import PGWire
import ReplicationCore
import Synchronization
import Testing

/// A server whose storage was set back, slot and all, below a consumer.
@Suite struct RestoredServerTests {
  /// A consumer's position in memory.
  private final class MemoryStore: CheckpointStore {
    let saved = Mutex<Checkpoint?>(nil)

    func load() async throws -> Checkpoint? { saved.withLock { $0 } }
    func save(_ checkpoint: Checkpoint) async throws { saved.withLock { $0 = checkpoint } }
  }

  /// Takes so many transactions, and returns the end of each.
  private static func take(
    _ count: Int, _ params: ReplicationParams, _ store: MemoryStore,
    _ adjust: (inout SubscriptionOptions) -> Void = { _ in }
  ) async throws -> [LSN] {
    var options = SubscriptionOptions()
    options.advancesWhenIdle = false
    adjust(&options)
    let subscription = try Subscription(params, checkpoints: store, options: options)
    var ends: [LSN] = []
    do {
      let transactions = subscription.transactions.makeAsyncIterator()
      while ends.count < count, let transaction = try await transactions.next() {
        for try await _ in transaction.changes {}
        ends.append(try #require(transaction.endLSN))
        transaction.acknowledge()
      }
    } catch {
      _ = await Task { try await subscription.close() }.result
      throw error
    }
    try await subscription.close()
    return ends
  }

  @Test(arguments: TestServer.startable)
  func `a storage snapshot that was restored is not taken for the server`(
    server: TestServer
  ) async throws {
    try await OwnServer.with(version: server.version) { own in
      let sql = try await WireConnection.connect(own.server.options)
      try await sql.run("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t")
      sql.close()
      let copy = own.data.deletingLastPathComponent().appending(path: "restored")
      func insert(_ ids: ClosedRange<Int>) async throws {
        let sql = try await WireConnection.connect(own.server.options)
        for id in ids { try await sql.run("INSERT INTO t VALUES (\(id))") }
        sql.close()
      }
      func replaceData(_ old: URL, by new: URL) throws {
        // Owners and modes have to stay.
        let process = Process()
        process.executableURL = URL(filePath: "/bin/cp")
        process.arguments = ["-a", new.path, old.path]
        try? FileManager.default.removeItem(at: old)
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
      }
      let store = MemoryStore()
      var params = ReplicationParams(
        connection: try own.server.options, slot: "s", publications: ["p"])
      params.createsSlot = true
      try await Client(params).ensureSlot()
      try await insert(1...1)
      #expect(try await Self.take(1, params, store).count == 1)
      try await own.stopped { try replaceData(copy, by: own.data) }
      try await insert(2...4)
      #expect(try await Self.take(3, params, store).count == 3)
      let known = try #require(store.saved.withLock { $0 })
      #expect(known.lastTransaction != nil)

      // The same history: behind the checkpoint only because the reports were lost.
      try await own.restart(mode: "immediate")
      try await insert(5...5)
      #expect(try await Self.take(1, params, store).count == 1)
      store.saved.withLock { $0 = known }

      // Another history, written beyond the checkpoint.
      try await own.stopped { try replaceData(own.data, by: copy) }
      try await insert(50...90)
      let error = await #expect(throws: ReplicationError.self) {
        _ = try await Self.take(1, params, store)
      }
      guard case .cannotResume(.diverged(let at, _), slot: "s") = error else {
        Issue.record("\(error.debugDescription)")
        return
      }
      #expect(at < known.position)
      #expect(store.saved.withLock { $0 } == known)
      // Unless somebody says that the loss will do: then it begins where the slot is.
      let taken = try await Self.take(41, params, store) {
        $0.acceptsLoss = { proof in if case .diverged = proof { true } else { false } }
      }
      #expect(taken.count == 41)
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot that is behind its checkpoint is compared, and nothing comes twice`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      let before = try await site.confirmedFlush()
      for id in 1...5 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
      let store = MemoryStore()
      var left = SubscriptionOptions()
      left.leavesSlot = true
      // Nothing is acknowledged to the server: the consumer's store is ahead of it.
      let first = try Subscription(site.params(), options: left)
      var checkpoints: [Checkpoint] = []
      for try await transaction in first.transactions {
        for try await _ in transaction.changes {}
        checkpoints.append(try transaction.checkpoint())
        if checkpoints.count == 3 { break }
      }
      try await first.close()
      #expect(try await site.confirmedFlush() == before)
      let third = checkpoints[2]
      store.saved.withLock { $0 = third }
      #expect(try await Self.take(2, site.params(), store).count == 2)
      #expect(try await site.confirmedFlush() > third.position)

      // Behind again, with a checkpoint of a transaction that the server never had.
      try await site.client().dropSlot()
      try await site.client().ensureSlot()
      for id in 6...8 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
      let second = try Subscription(site.params(), options: left)
      var last: Checkpoint?
      for try await transaction in second.transactions {
        for try await _ in transaction.changes {}
        last = try transaction.checkpoint()
        break
      }
      try await second.close()
      let known = try #require(last)
      for change in 0..<3 {
        var other = known
        switch change {
        case 0: other.lastTransaction?.xid += 1
        case 1:
          let time = other.lastTransaction?.time.microseconds ?? 0
          other.lastTransaction?.time = PostgresTimestamp(microseconds: time + 1)
        default:
          // Inside of the next transaction: none ends there.
          other.position = LSN(rawValue: known.position.rawValue + 1)
          other.transactionEnd = other.position
        }
        store.saved.withLock { $0 = other }
        let error = await #expect(throws: ReplicationError.self) {
          _ = try await Self.take(1, site.params(), store)
        }
        guard case .cannotResume(.diverged, _) = error else {
          Issue.record("\(change): \(error.debugDescription)")
          continue
        }
      }
      // Of other publications nothing can be said.
      var other = known
      other.lastTransaction?.xid += 1
      other.lastTransaction?.selection += 1
      store.saved.withLock { $0 = other }
      #expect(try await Self.take(2, site.params(), store).count == 2)
    }
  }
}
