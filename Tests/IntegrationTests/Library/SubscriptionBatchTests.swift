import PGWire
import ReplicationCore
import Testing

/// Several transactions at a time.
@Suite struct SubscriptionBatchTests {
  @Test(arguments: TestServer.newest)
  func `batches hold whole transactions, or parts if that is wanted`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      for size in [3, 4, 5, 100, 1, 1] {
        try await site.sql.run(
          "INSERT INTO t SELECT coalesce((SELECT max(id) FROM t), 0) + i "
            + "FROM generate_series(1, \(size)) i")
      }
      func batches(_ limits: BatchLimits, upTo count: Int) async throws -> [[Int]] {
        var options = SubscriptionOptions()
        options.leavesSlot = true
        let subscription = try Subscription(site.params(), options: options)
        var result: [[Int]] = []
        for try await batch in subscription.batches(limits) {
          // The rows of each transaction, or of what the batch has of it.
          var rows: [Int] = []
          for try await item in batch.items {
            switch item {
            case .begin: rows.append(0)
            case .change(let change): rows[rows.count - 1] += change.row == nil ? 0 : 1
            case .end(let transaction): #expect(transaction.endLSN != nil)
            }
          }
          batch.acknowledge()
          result.append(rows)
          if result.joined().reduce(0, +) == 114 { break }
        }
        try await subscription.close()
        return result
      }
      let whole = try await batches(BatchLimits(rows: 7, timeout: .milliseconds(100)), upTo: 114)
      #expect(whole == [[3, 4], [5, 100], [1, 1]])
      let cut = try await batches(
        BatchLimits(rows: 60, timeout: .milliseconds(100), splitsTransactions: true), upTo: 114)
      #expect(cut == [[3, 4, 5, 48], [52, 1, 1]])

      // What is acknowledged is what has ended.
      let subscription = try Subscription(site.params())
      var ends: [LSN] = []
      for try await batch in subscription.batches(
        BatchLimits(rows: 60, timeout: .milliseconds(100), splitsTransactions: true))
      {
        for try await case .end(let transaction) in batch.items {
          ends.append(try #require(transaction.endLSN))
        }
        batch.acknowledge()
        break
      }
      #expect(ends.count == 3)
      try await eventually("three are confirmed") { try await site.confirmedFlush() == ends[2] }
      try await subscription.close()
    }
  }

  @Test(arguments: TestServer.newest)
  func `a batch that breaks off is followed by the rest of it`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare("id int PRIMARY KEY, big text")
      try await site.sql.run("INSERT INTO t VALUES (0)")
      try await site.sql.run(
        "INSERT INTO t SELECT i, repeat(md5(i::text), 60) FROM generate_series(1, 20000) i")
      var options = SubscriptionOptions()
      options.reconnect = ReconnectPolicy(initialInterval: .milliseconds(10))
      let subscription = try Subscription(site.params(), options: options)
      var transactions: [Int] = []
      var breaks = 0
      for try await batch in subscription.batches(BatchLimits(rows: 15_000)) {
        var rows = 0
        do {
          for try await item in batch.items {
            switch item {
            case .begin: rows = 0
            case .change(let change): rows += change.row == nil ? 0 : 1
            case .end: transactions.append(rows)
            }
            guard rows == 100, breaks == 0 else { continue }
            try await site.sql.run(
              "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
          }
        } catch ReplicationError.interrupted {
          breaks += 1
        }
        // What had ended stays so.
        batch.acknowledge()
        if transactions.count == 2 { break }
      }
      #expect(breaks == 1)
      #expect(transactions == [1, 20_000])
      #expect(subscription.statistics.abandoned == 0)
      #expect(try await subscription.close(confirmedWithin: .seconds(20)))
    }
  }
}
