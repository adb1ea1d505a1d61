import PGOutput
import PGWire
import ReplicationCore
import Synchronization
import Testing

/// Committed transactions, in whichever way the server sends them.
@Suite struct SubscriptionTests {
  /// Parameters of a session that keeps as little of a transaction in memory as it can.
  static func params(
    _ site: Site, _ adjust: (inout ReplicationParams) -> Void = { _ in }
  ) throws -> ReplicationParams {
    let connection = try ConnectionOptions(site.streamingURL)
    return site.params { params in
      params.connection = connection
      adjust(&params)
    }
  }

  /// So little memory that most of what is streamed goes to the file.
  private static var spilling: SubscriptionOptions {
    var options = SubscriptionOptions()
    options.streamedBytes = 4096
    return options
  }

  @Test(arguments: TestServer.all)
  func `in every way that there is the same transactions come`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await History.prepare(site.sql)
      try await site.sql.run("CREATE TABLE filler (id int)")
      try await site.publish("TABLE keyed, whole")
      let twoPhase = "\(site.name)_p"
      try await Client(try Self.params(site)).ensureSlot()
      if server.version >= 15 {
        try await Client(
          try Self.params(site) {
            $0.slot = twoPhase
            $0.twoPhase = true
          }
        ).ensureSlot()
      }
      var history = History(seed: 23, isLarge: server.version < 16, prepares: site.name)
      try await history.run(site.sql, transactions: 40)
      try await site.sql.run("INSERT INTO keyed (id, name) VALUES (0, 'the end')")
      let end = try await site.currentLSN()
      let expected = try await Replica(History.tables, of: site.sql)

      var first: [[ReceivedChange]] = []
      for mode in BlockTests.modes where mode.since <= server.version {
        for var options in [SubscriptionOptions(), Self.spilling] {
          // So that the next one gets all of it again.
          options.leavesSlot = true
          if mode.streaming == .off, options.streamedBytes != nil { continue }
          let params = try Self.params(site) {
            $0.slot = mode.twoPhase ? twoPhase : site.name
            $0.protocolVersion = mode.version
            $0.streaming = mode.streaming
            $0.twoPhase = mode.twoPhase
            $0.stopAt = end
          }
          let subscription = try Subscription(params, options: options)
          var receiver = TransactionReceiver()
          for try await transaction in subscription.transactions {
            try await receiver.take(transaction)
          }
          await #expect(throws: Never.self) { try await subscription.close() }
          #expect(receiver.openCount == 0, "\(mode)")
          var replica = Replica(History.tables)
          try replica.apply(receiver.changes)
          #expect(replica == expected, "\(mode)")
          let counted = receiver.committed.map(\.changes).filter { !$0.isEmpty }
          if first.isEmpty { first = counted } else { #expect(counted == first, "\(mode)") }
          let ends = receiver.committed.map(\.endLSN)
          #expect(zip(ends, ends.dropFirst()).allSatisfy { $0 < $1 }, "\(mode)")
          #expect(receiver.committed.contains(where: \.isStreamed) == (mode.streaming != .off))
          let spills = subscription.statistics.bytesSpilled
          #expect((spills > 0) == (options.streamedBytes != nil), "\(mode): \(spills)")
        }
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `broken streams lose nothing and repeat nothing`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await History.prepare(site.sql)
      try await site.sql.run("CREATE TABLE filler (id int)")
      try await site.publish("TABLE keyed, whole")
      try await Client(try Self.params(site)).ensureSlot()
      var history = History(seed: 5, isLarge: server.version < 16)
      try await history.run(site.sql, transactions: 60)
      try await site.sql.run("INSERT INTO keyed (id, name) VALUES (0, 'the end')")
      // More than sockets and the budget hold, so that something is still to come at every break.
      try await site.sql.run(
        "INSERT INTO keyed (id, big) SELECT -i, repeat('x', 1000000) FROM generate_series(1, 30) i")
      let end = try await site.currentLSN()

      var options = Self.spilling
      options.reconnect = ReconnectPolicy(initial: .milliseconds(10), longest: .milliseconds(100))
      let subscription = try Subscription(
        try Self.params(site) {
          $0.streaming = server.version >= 14 ? .on : .off
          $0.stopAt = end
        }, options: options)
      let killer = try await WireConnection.connect(site.options)
      defer { killer.close() }
      var receiver = TransactionReceiver()
      let name = site.name
      var count = 0
      var killed: Set<String> = []
      try await receiver.run(subscription) { transaction in
        count += 1
        // Behind the last one nobody needs another connection.
        guard count % 7 == 0, (transaction.endLSN ?? end) < end else { return true }
        let sessions = try await killer.rows(
          """
          SELECT active_pid FROM pg_replication_slots
          WHERE slot_name = '\(name)' AND pg_terminate_backend(active_pid)
          """)
        killed.formUnion(sessions.compactMap { $0.first ?? nil })
        return true
      }
      #expect(!killed.isEmpty && subscription.statistics.reconnects == killed.count)
      #expect(try await subscription.close(confirmedWithin: .seconds(20)))
      let lsns = receiver.committed.map(\.commitLSN)
      #expect(Set(lsns).count == lsns.count)
      #expect(receiver.redelivered == receiver.brokenOff)
      var replica = Replica(History.tables)
      try replica.apply(receiver.changes)
      #expect(replica == (try await Replica(History.tables, of: site.sql)))
      let last = try #require(receiver.committed.last?.endLSN)
      #expect(try await site.confirmedFlush() >= last)
    }
  }

  @Test(arguments: TestServer.newest)
  func `a transaction that breaks off is reported, and is sent again`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare("id int PRIMARY KEY, big text")
      try await site.sql.run(
        "INSERT INTO t SELECT i, repeat(md5(i::text), 60) FROM generate_series(1, 20000) i")
      var options = SubscriptionOptions()
      options.reconnect = ReconnectPolicy(initial: .milliseconds(10))
      let subscription = try Subscription(site.params(), options: options)
      var rows = 0
      var attempts = 0
      for try await transaction in subscription.transactions {
        attempts += 1
        #expect(transaction.isRedelivered == (attempts > 1))
        rows = 0
        do {
          for try await change in transaction.changes where change.row != nil {
            rows += 1
            guard rows == 100, attempts == 1 else { continue }
            #expect(throws: ReplicationError.notAtEnd) { try transaction.checkpoint() }
            // Counts for nothing, since it breaks off.
            transaction.acknowledge()
            try await site.sql.run(
              "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
          }
        } catch ReplicationError.interrupted(let lsn) {
          #expect(lsn == transaction.commitLSN && attempts == 1)
          continue
        }
        transaction.acknowledge()
        break
      }
      #expect(attempts == 2 && rows == 20000)
      #expect(try await subscription.close(confirmedWithin: .seconds(20)))
    }
  }

  @Test(arguments: TestServer.newest)
  func `the slot follows the contiguous low-water mark`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      for id in 1...5 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
      let subscription = try Subscription(site.params())
      var ends: [LSN] = []
      var open: [Acknowledgement] = []
      for try await transaction in subscription.transactions {
        for try await _ in transaction.changes {}
        ends.append(try #require(transaction.endLSN))
        open.append(transaction.acknowledgement)
        if open.count == 5 { break }
      }
      let confirmed = { try await site.confirmedFlush() }
      open[3].complete()
      open[1].complete()
      try await Task.sleep(for: .milliseconds(100))
      #expect(try await confirmed() < ends[0])
      open[0].complete()
      try await eventually("the second is confirmed") { try await confirmed() == ends[1] }
      #expect(subscription.statistics.unacknowledged == 2)
      // The third is forgotten: the slot stays, and it is told.
      open[2...2] = []
      #expect(subscription.statistics.abandoned == 1)
      open.last?.complete()
      #expect(try await subscription.close(confirmedWithin: .seconds(10)))
      #expect(try await confirmed() == ends[1])
    }
  }

  @Test(arguments: TestServer.all)
  func `an idle slot follows the server's log, if it is let`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable("id int); CREATE TABLE other (id int")
      for follows in [false, true] {
        try await site.client().ensureSlot()
        var options = SubscriptionOptions()
        options.advancesWhenIdle = follows
        let subscription = try Subscription(
          site.params { $0.statusInterval = .milliseconds(50) }, options: options)
        let consumer = Task {
          for try await transaction in subscription.transactions { transaction.acknowledge() }
        }
        try await eventually("the stream is there") { try await site.isActive() }
        try await site.sql.run("INSERT INTO other SELECT generate_series(1, 1000)")
        let position = try await site.currentLSN()
        if follows {
          try await eventually("the slot follows") {
            // Servers 13 and 14 send transactions that are empty.
            try await site.confirmedFlush() >= position
          }
        } else if server.version >= 15 {
          try await Task.sleep(for: .milliseconds(300))
          #expect(try await site.confirmedFlush() < position)
        }
        try await subscription.close()
        try await consumer.value
        try await eventually("the slot is free") { try await !site.isActive() }
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `messages and what is made of prepared transactions are steps of their own`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let params = site.params {
        $0.messages = true
        $0.twoPhase = true
      }
      try await Client(params).ensureSlot()
      try await site.sql.run(
        """
        SELECT pg_logical_emit_message(false, 'p', 'alone');
        BEGIN; INSERT INTO t VALUES (1); SELECT pg_logical_emit_message(true, 'p', 'within');
        PREPARE TRANSACTION '\(site.name) a'
        """)
      var stopping = params
      stopping.stopAt = try await site.currentLSN()
      var kinds: [ReplicationTransaction.Kind] = []
      var messages: [String] = []
      func take(_ params: ReplicationParams) async throws {
        let subscription = try Subscription(params)
        for try await transaction in subscription.transactions {
          kinds.append(transaction.kind)
          for try await case .message(let message) in transaction.changes {
            messages.append(String(decoding: message.content, as: UTF8.self))
          }
          transaction.acknowledge()
        }
        #expect(try await subscription.close(confirmedWithin: .seconds(10)))
      }
      try await take(stopping)
      // It continues between a prepare and its commit.
      try await site.sql.run("COMMIT PREPARED '\(site.name) a'")
      try await site.sql.run("INSERT INTO t VALUES (2)")
      stopping.stopAt = try await site.currentLSN()
      try await take(stopping)
      let gid = "\(site.name) a"
      #expect(
        kinds == [.message, .prepared(gid: gid), .commitPrepared(gid: gid), .committed])
      #expect(messages == ["alone", "within"])
    }
  }

  @Test(arguments: TestServer.newest)
  func `a stop ends the wait, and what is in hand may be finished`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let subscription = try Subscription(site.params())
      let consumer = Task {
        var rows = 0
        for try await transaction in subscription.transactions {
          for try await change in transaction.changes where change.row != nil {
            if rows == 0 { subscription.stop() }
            rows += 1
          }
          transaction.acknowledge()
        }
        return rows
      }
      try await eventually("the stream is there") {
        try await site.sql.value("SELECT count(*) FROM pg_replication_slots WHERE active") != "0"
      }
      try await site.sql.run(
        "INSERT INTO t SELECT generate_series(1, 50000); INSERT INTO t VALUES (0)")
      #expect(try await consumer.value == 50_001)
      #expect(try await subscription.close(confirmedWithin: .seconds(10)))
      let waiting = try Subscription(site.params())
      let waiter = Task { for try await _ in waiting.transactions {} }
      try await eventually("it waits") { waiting.statistics.stream != nil }
      try await waiting.close()
      try await waiter.value
    }
  }
}
