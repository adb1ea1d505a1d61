import PGWire
import ReplicationCore
import Testing

/// A transaction that stays open while all else continues.
@Suite struct OpenTransactionTests {
  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `the slot may pass the blocks of one in progress, for the server keeps what is needed`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        "CREATE TABLE t (id int PRIMARY KEY, big text); CREATE TABLE other (id int)")
      try await site.publish("TABLE t")
      let params = try SubscriptionTests.params(site) {
        $0.streaming = .on
        $0.statusInterval = .milliseconds(50)
      }
      try await Client(params).ensureSlot()
      let writer = try await WireConnection.connect(site.options)
      defer { writer.close() }
      let beginning = try await site.currentLSN()
      try await writer.run("BEGIN")
      // Twice: the second one is another process's, as far as the server can tell.
      for round in 1...2 {
        let subscription = try Subscription(params)
        let consumer = Task {
          for try await transaction in subscription.transactions {
            // Servers 13 and 14 send empty ones.
            for try await change in transaction.changes { Issue.record("\(change)") }
            transaction.acknowledge()
          }
        }
        try await eventually("the stream is there") { try await site.isActive() }
        // Blocks come with something new; what the server itself does may come in some, too.
        try await writer.run(
          """
          INSERT INTO \(site.name).t
          SELECT \(round) * 1000 + i, repeat('x', 500) FROM generate_series(1, 500) i
          """)
        try await eventually("its blocks are there") {
          subscription.statistics.streamedTransactions > 0
        }
        // A checkpoint has the server look how far back it has to be able to begin.
        for _ in 1...3 {
          try await site.sql.run("INSERT INTO other SELECT generate_series(1, 100); CHECKPOINT")
        }
        let position = try await site.currentLSN()
        try await eventually("the slot follows") {
          try await site.confirmedFlush() >= position
        }
        #expect(subscription.statistics.streamedTransactions > 0, "round \(round)")
        try await site.sql.run("CHECKPOINT")
        let restart = try await site.sql.lsn(
          "SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = '\(site.name)'")
        #expect(restart <= beginning)
        try await subscription.close()
        try await consumer.value
        try await eventually("the slot is free") { try await !site.isActive() }
      }
      try await writer.run("COMMIT")
      let subscription = try Subscription(params)
      for try await transaction in subscription.transactions {
        var rows = 0
        for try await change in transaction.changes where change.row != nil { rows += 1 }
        transaction.acknowledge()
        guard rows > 0 else { continue }
        #expect(rows == 1000)
        break
      }
      #expect(try await subscription.close(confirmedWithin: .seconds(10)))
    }
  }
}
