import PGOutput
import PGWire
import ReplicationCore
import Testing

/// Large transactions as they arrive, staged until it is known whether they commit.
@Suite struct ProvisionalTests {
  static let servers = TestServer.all.filter { $0.version >= 14 }

  @Test(arguments: servers)
  func `what is staged and counts is what the tables have`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await History.prepare(site.sql)
      try await site.sql.run("CREATE TABLE filler (id int)")
      try await site.publish("TABLE keyed, whole")
      let twoPhase = "\(site.name)_p"
      try await Client(try SubscriptionTests.params(site)).ensureSlot()
      if server.version >= 15 {
        try await Client(
          try SubscriptionTests.params(site) {
            $0.slot = twoPhase
            $0.usesTwoPhase = true
          }
        ).ensureSlot()
      }
      var history = History(seed: 29, isLarge: server.version < 16, prepares: site.name)
      try await history.run(site.sql, transactions: 40)
      try await site.sql.run("INSERT INTO keyed (id, name) VALUES (0, 'the end')")
      let end = try await site.currentLSN()
      let expected = try await Replica(History.tables, of: site.sql)
      for mode in BlockTests.modes where mode.since <= server.version && mode.streaming != .off {
        var options = SubscriptionOptions()
        // So that the next one gets all of it again, and none has a place for a file.
        options.leavesSlot = true
        options.spillDirectory = "/nowhere/at/all"
        let subscription = try Subscription(
          try SubscriptionTests.params(site) {
            $0.slot = mode.twoPhase ? twoPhase : site.name
            $0.protocolVersion = mode.version
            $0.streaming = mode.streaming
            $0.usesTwoPhase = mode.twoPhase
            $0.stopAt = end
          }, options: options)
        var receiver = StagingReceiver { message, _ in ReceivedChange(message) }
        try await receiver.run(subscription)
        try await subscription.close()
        #expect(receiver.openCount == 0 && receiver.discards == 1, "\(mode)")
        let counts = receiver.counts
        #expect(counts.streamed > 5 && counts.partsUndone > 0, "\(mode)")
        #expect((counts.prepared > 0) == mode.twoPhase, "\(mode)")
        #expect(zip(receiver.ends, receiver.ends.dropFirst()).allSatisfy { $0 < $1 }, "\(mode)")
        var replica = Replica(History.tables)
        try replica.apply(receiver.changes)
        #expect(replica == expected, "\(mode)")
      }
    }
  }

  @Test(arguments: servers)
  func `a broken stream takes back what is staged, and sends it again`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await History.prepare(site.sql)
      try await site.sql.run("CREATE TABLE filler (id int)")
      try await site.publish("TABLE keyed, whole")
      try await Client(try SubscriptionTests.params(site)).ensureSlot()
      var history = History(seed: 31, isLarge: server.version < 16)
      try await history.run(site.sql, transactions: 40)
      try await site.sql.run(
        "INSERT INTO keyed (id, big) SELECT -i, repeat('x', 1000000) FROM generate_series(1, 30) i")
      let end = try await site.currentLSN()
      var options = SubscriptionOptions()
      options.reconnect = ReconnectPolicy(
        initialInterval: .milliseconds(10), longestInterval: .milliseconds(100))
      let subscription = try Subscription(
        try SubscriptionTests.params(site) {
          $0.streaming = server.version >= 16 ? .parallel : .on
          $0.stopAt = end
        }, options: options)
      let killer = try await WireConnection.connect(site.options)
      defer { killer.close() }
      let name = site.name
      var steps = 0
      var killed: Set<String> = []
      var receiver = StagingReceiver { message, _ in ReceivedChange(message) }
      try await receiver.run(subscription) { step in
        // In the middle of blocks, with something staged.
        guard case .provisional = step else { return }
        steps += 1
        guard steps % 150 == 100, killed.count < 6 else { return }
        let sessions = try await killer.rows(
          """
          SELECT active_pid FROM pg_replication_slots
          WHERE slot_name = '\(name)' AND pg_terminate_backend(active_pid)
          """)
        killed.formUnion(sessions.compactMap { $0.first ?? nil })
      }
      // One that is killed when it has sent everything is not missed.
      let reconnects = subscription.statistics.reconnects
      #expect(reconnects > 0 && reconnects <= killed.count && receiver.discards == reconnects + 1)
      #expect(try await subscription.close(confirmedWithin: .seconds(20)))
      #expect(receiver.openCount == 0)
      #expect(zip(receiver.ends, receiver.ends.dropFirst()).allSatisfy { $0 < $1 })
      var replica = Replica(History.tables)
      try replica.apply(receiver.changes)
      #expect(replica == (try await Replica(History.tables, of: site.sql)))
      #expect(try await site.confirmedFlush() >= (try #require(receiver.ends.last)))
    }
  }

  /// Rows show before the commit, and nothing of them moves the slot.
  @Test(arguments: servers)
  func `rows come while the transaction is in progress, and do not move the slot`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable("id int PRIMARY KEY, big text")
      let writer = try await WireConnection.connect(site.options)
      defer { writer.close() }
      let insert = """
        INSERT INTO \(site.name).t SELECT i, repeat('x', 500) FROM generate_series
        """
      let params = try SubscriptionTests.params(site) {
        $0.streaming = .on
        $0.statusInterval = .milliseconds(50)
      }
      try await Client(params).ensureSlot()
      try await writer.run("BEGIN; \(insert)(1, 1000) i")
      let subscription = try Subscription(params)
      var staged: [ProvisionalChange] = []
      var ids: [Int] = []
      var isCommitted = false
      for try await step in subscription.provisional {
        switch step {
        case .discard(let request):
          // The first one comes at the beginning. On a busy machine a stream may be lost later, and
          // all of it comes again.
          (staged, ids) = ([], [])
          request.acknowledge()
        case .provisional(let change):
          guard case .insert(let row) = change.content else { continue }
          ids.append(try row.withRow { row in try row["id", as: Int.self] })
          staged.append(change.copy())
          guard ids.count == 100, !isCommitted else { continue }
          isCommitted = true
          #expect(subscription.statistics.streamedTransactions > 0)
          try await writer.run("\(insert)(1001, 1100) i; COMMIT")
        case .committed(let transaction):
          let rows = staged.compactMap(transaction.change).compactMap(\.row)
          // Large transactions of other tests come too, empty.
          guard !rows.isEmpty else {
            transaction.acknowledge()
            continue
          }
          #expect(try await site.confirmedFlush() < transaction.endLSN)
          #expect(rows.count == 1100)
          #expect(try transaction.checkpoint().position == transaction.endLSN)
          transaction.acknowledge()
          subscription.stop()
        case .transaction(let transaction):
          // Server 14 sends empty ones.
          for try await change in transaction.changes { Issue.record("\(change)") }
          transaction.acknowledge()
        default: Issue.record("\(step)")
        }
      }
      #expect(ids == Array(1...1100))
      #expect(try await subscription.close(confirmedWithin: .seconds(10)))
    }
  }
}
