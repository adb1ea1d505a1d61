import PGWire
import ReplicationCore
import Synchronization
import Testing

/// A standby is promoted, and subscriptions find their way to it, or tell why they can't.
@Suite struct FailoverTests {
  @Test(arguments: TestServer.withFailoverSlots)
  func `a subscription continues at the promoted standby`(server: TestServer) async throws {
    try await PrimaryAndStandby.with(server) { pair in
      try await Client(pair.params()).ensureSlot(SlotOptions(failover: true))
      // The consumer gets nothing that the standby doesn't have.
      let physical = try await pair.onPrimary.value(
        "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'physical'")
      try await pair.onPrimary.run("ALTER SYSTEM SET synchronized_standby_slots = '\(physical)'")
      try await pair.onPrimary.run("SELECT pg_reload_conf()")

      let consumer = RowConsumer(try pair.subscription(pair.params()))
      try await consumer.during {
        try await pair.insert(0..<50, on: pair.onPrimary)
        try await eventually("the rows came") { consumer.rows.count == 50 }
        try await pair.waitForCopy()
        // Somebody writes until the primary is gone.
        let writer = Task {
          for row in 100... { try await pair.insert(row..<row + 1, on: pair.onPrimary) }
        }
        try await eventually("more rows came") { consumer.rows.count > 100 }
        try await pair.failOver()
        _ = await writer.result
        let promoted = try await WireConnection.connect(pair.standby.localOptions())
        defer { promoted.close() }
        try await pair.insert(100_000..<100_010, on: promoted)
        let rows = try await pair.rows(on: promoted)
        try await eventually("all rows came") { consumer.rows.isSuperset(of: rows) }
        #expect(consumer.rows == rows)
        #expect(consumer.counts.values.allSatisfy { $0 == 1 })
        #expect(consumer.subscription.statistics.reconnects == 1)
      }
      #expect(consumer.failure == nil)
      let checkpoint = try #require(try await pair.store.load())
      #expect(checkpoint.timeline == 2)

      let second = RowConsumer(try pair.subscription(pair.params()))
      try await second.during {
        try await pair.insert(200_000..<200_010, on: pair.onStandby)
        try await eventually("the next rows came") { second.rows.count >= 10 }
      }
      #expect(second.counts == once(200_000..<200_010))
    }
  }

  @Test(arguments: TestServer.withFailoverSlots)
  func `what a copied slot sends again is not delivered again`(server: TestServer) async throws {
    try await PrimaryAndStandby.with(server) { pair in
      try await Client(pair.params()).ensureSlot(SlotOptions(failover: true))
      let first = RowConsumer(try pair.subscription(pair.params()))
      try await first.during {
        try await pair.insert(0..<10, on: pair.onPrimary)
        try await eventually("the rows came") { first.rows.count == 10 }
        try await pair.waitForCopy()
      }
      // From here on the copy stays behind, the oldest log that it needs as well.
      try await pair.onStandby.run("ALTER SYSTEM SET sync_replication_slots = off")
      try await pair.onStandby.run("SELECT pg_reload_conf()")
      let copy = "SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 's'"
      let old = try await pair.onStandby.lsn(copy)
      let second = RowConsumer(try pair.subscription(pair.params()))
      try await second.during {
        var row = 100
        try await eventually("the slot is ahead of its copy") {
          try await pair.insert(row..<row + 1, on: pair.onPrimary)
          row += 1
          try await pair.onPrimary.run("SELECT pg_log_standby_snapshot()")
          return try await pair.onPrimary.lsn(copy) > old
        }
      }
      let third = RowConsumer(try pair.subscription(pair.params()))
      try await third.during {
        try await pair.insert(1000..<1010, on: pair.onPrimary)
        try await eventually("more rows came") { third.rows.count >= 10 }
        try await pair.waitForReplay()
        #expect(try await pair.onStandby.lsn(copy) == old)
        try await pair.failOver()
        try await pair.insert(2000..<2010, on: pair.onStandby)
        try await eventually("the next rows came") { third.rows.isSuperset(of: 2000..<2010) }
      }
      #expect(third.failure == nil)
      var all = first.counts
      for counts in [second.counts, third.counts] { all.merge(counts) { $0 + $1 } }
      #expect(all.values.allSatisfy { $0 == 1 })
      #expect(Set(all.keys) == (try await pair.rows(on: pair.onStandby)))
    }
  }

  @Test(arguments: TestServer.startable)
  func `a checkpoint that the promoted standby never reached is refused`(
    server: TestServer
  ) async throws {
    try await PrimaryAndStandby.with(server) { pair in
      try await Client(pair.params()).ensureSlot()
      let first = RowConsumer(try pair.subscription(pair.params()))
      try await first.during {
        try await pair.insert(0..<10, on: pair.onPrimary)
        try await eventually("the rows came") { first.rows.count == 10 }
        try await pair.waitForReplay()
        try await pair.cutStandbyOff()
        try await pair.insert(10..<20, on: pair.onPrimary)
        try await eventually("more rows came, and are saved") {
          first.rows.count == 20 && first.isSaved
        }
        try await pair.failOver()
        try await eventually("it has ended") { first.hasEnded }
      }
      try await Self.expectDivergence(first.failure)
      let again = RowConsumer(try pair.subscription(pair.params()))
      try await again.during { try await eventually("it has ended") { again.hasEnded } }
      try await Self.expectDivergence(again.failure)
      #expect(again.rows.isEmpty)
    }
  }

  @Test(arguments: TestServer.withFailoverSlots.suffix(1))
  func `what was delivered and the promoted standby never had is told`(
    server: TestServer
  ) async throws {
    try await PrimaryAndStandby.with(server) { pair in
      try await Client(pair.params()).ensureSlot(SlotOptions(failover: true))
      let consumer = RowConsumer(try pair.subscription(pair.params()), keeping: [10])
      try await consumer.during {
        try await pair.insert(0..<10, on: pair.onPrimary)
        try await eventually("the rows came") { consumer.rows.count == 10 }
        try await pair.waitForCopy()
        try await pair.waitForReplay()
        try await pair.cutStandbyOff()
        try await pair.insert(10..<11, on: pair.onPrimary)
        try await eventually("one more came") { consumer.rows.count == 11 }
        try await pair.failOver()
        // In its place in the log.
        try await pair.insert(20..<30, on: pair.onStandby)
        try await eventually("it has ended") { consumer.hasEnded }
      }
      try await Self.expectDivergence(consumer.failure)
      #expect(consumer.rows == Set(0..<11))
      // It was not acknowledged: the new primary's history is as good.
      let second = RowConsumer(try pair.subscription(pair.params()))
      try await second.during {
        try await eventually("the next rows came") { second.rows.count >= 10 }
      }
      #expect(second.counts == once(20..<30))
    }
  }

  /// While nothing comes, a slot follows what others write, which need not have got to the standby.
  @Test(arguments: TestServer.withFailoverSlots.suffix(1), [true, false])
  func `what was idle beyond the promoted standby is no loss`(
    server: TestServer, keepsRunning: Bool
  ) async throws {
    try await PrimaryAndStandby.with(server) { pair in
      try await Client(pair.params()).ensureSlot(SlotOptions(failover: true))
      try await pair.onPrimary.run("CREATE TABLE unpublished (id int)")
      let first = RowConsumer(try pair.subscription(pair.params()))
      let beyond = Mutex(LSN.zero)
      let goOn = { (consumer: RowConsumer) async throws in
        try await pair.failOver()
        // In the place of what the standby never had.
        try await pair.insert(20..<30, on: pair.onStandby)
        let end = try await pair.onStandby.lsn("SELECT pg_current_wal_flush_lsn()")
        #expect(end < beyond.withLock { $0 })
        try await eventually("the next rows came") { consumer.rows.isSuperset(of: 20..<30) }
      }
      try await first.during {
        try await pair.insert(0..<10, on: pair.onPrimary)
        try await eventually("the rows came") { first.rows.count == 10 }
        try await pair.waitForCopy()
        try await pair.waitForReplay()
        try await pair.cutStandbyOff()
        try await pair.onPrimary.run("INSERT INTO unpublished SELECT generate_series(1, 1000)")
        let end = try await pair.onPrimary.lsn("SELECT pg_current_wal_flush_lsn()")
        beyond.withLock { $0 = end }
        try await eventually("it is acknowledged") { first.subscription.statistics.saved >= end }
        if keepsRunning { try await goOn(first) }
      }
      #expect(first.failure == nil)
      let second = RowConsumer(try pair.subscription(pair.params()))
      if !keepsRunning {
        try await second.during { try await goOn(second) }
        #expect(second.failure == nil)
      }
      #expect(
        first.counts.merging(second.counts) { $0 + $1 }
          == once(0..<10).merging(once(20..<30)) { $0 + $1 })
      #expect(try await pair.store.load()?.timeline == 2)
    }
  }

  private func once(_ rows: Range<Int>) -> [Int: Int] {
    Dictionary(uniqueKeysWithValues: rows.map { ($0, 1) })
  }

  private static func expectDivergence(_ failure: ReplicationError?) async throws {
    guard case .cannotResume(.diverged(_, timeline: 2), _) = failure else {
      Issue.record("\(failure as Any)")
      return
    }
    #expect(failure?.category == .fatal)
  }

  /// Without a copy of the slot, whatever was committed since the last acknowledgement is lost.
  @Test(arguments: TestServer.withoutFailoverSlots + TestServer.withFailoverSlots.suffix(1))
  func `a slot that the promoted standby doesn't have ends it`(server: TestServer) async throws {
    try await PrimaryAndStandby.with(server) { pair in
      try await Client(pair.params()).ensureSlot()
      let consumer = RowConsumer(try pair.subscription(pair.params()))
      try await consumer.during {
        try await pair.insert(0..<10, on: pair.onPrimary)
        try await eventually("the rows came") { consumer.rows.count == 10 }
        // Whatever the server writes by itself must have got there, too.
        try await eventually("all is acknowledged and replayed") {
          try await pair.waitForReplay()
          return consumer.isSaved
        }
        try await pair.failOver()
        try await eventually("it has ended") { consumer.hasEnded }
      }
      #expect(consumer.failure == .cannotResume(.slotMissing, slot: "s"))
      #expect(consumer.failure?.category == .fatal)
      #expect("\(consumer.failure as Any)".contains("standby"))
      #expect(try await pair.onStandby.rows("SELECT 1 FROM pg_replication_slots").isEmpty)

      // Unless somebody says that a loss will do.
      let anew = RowConsumer(
        try pair.subscription(pair.params()) { $0.acceptsLoss = { $0 == .slotMissing } })
      try await anew.during {
        try await eventually("there is a slot") {
          try await pair.onStandby.rows("SELECT 1 FROM pg_replication_slots WHERE active").count
            == 1
        }
        try await pair.insert(20..<30, on: pair.onStandby)
        try await eventually("the next rows came") { anew.rows.count >= 10 }
      }
      #expect(anew.counts == once(20..<30))
      #expect(try await pair.store.load()?.timeline == 2)
    }
  }

  /// Standbys have slots of their own since server 16, and streams from them outlive promotion.
  @Test(arguments: TestServer.withFailoverSlots.suffix(1))
  func `a standby that is streamed from may be promoted`(server: TestServer) async throws {
    try await PrimaryAndStandby.with(server) { pair in
      let params = try pair.params(standbyFirst: true, target: "any")
      // A new slot waits for what only the primary writes. A query that is cancelled takes its
      // connection with it.
      let sql = try await WireConnection.connect(pair.primary.localOptions())
      let nudge = Task {
        while true {
          try await sql.run("SELECT pg_log_standby_snapshot()")
          try await Task.sleep(for: .milliseconds(100))
        }
      }
      try await Client(params).ensureSlot()
      nudge.cancel()
      _ = await nudge.result
      sql.close()
      let first = RowConsumer(try pair.subscription(params))
      try await first.during {
        try await pair.insert(0..<10, on: pair.onPrimary)
        try await eventually("the rows came") { first.rows.count == 10 }
        try await pair.failOver()
        try await pair.insert(20..<30, on: pair.onStandby)
        try await eventually("the next rows came") { first.rows.count == 20 && first.isSaved }
        #expect(first.subscription.statistics.reconnects == 0)
        try await pair.standby.restart(mode: "fast")
        let sql = try await WireConnection.connect(pair.standby.localOptions())
        defer { sql.close() }
        try await pair.insert(30..<40, on: sql)
        try await eventually("more rows came") { first.rows.count == 30 && first.isSaved }
      }
      #expect(first.failure == nil)
      #expect(first.counts.values.allSatisfy { $0 == 1 })
      #expect(try await pair.store.load()?.timeline == 2)
    }
  }

  @Test(arguments: TestServer.withFailoverSlots.suffix(1))
  func `a standby is waited for until it is promoted`(server: TestServer) async throws {
    try await PrimaryAndStandby.with(server) { pair in
      try await Client(pair.params()).ensureSlot(SlotOptions(failover: true))
      let first = RowConsumer(try pair.subscription(pair.params()))
      try await first.during {
        try await pair.insert(0..<10, on: pair.onPrimary)
        try await eventually("the rows came") { first.rows.count == 10 }
        try await pair.waitForCopy()
        try await pair.waitForReplay()
      }
      let second = RowConsumer(
        try pair.subscription(pair.params(standbyFirst: true, target: "any")))
      try await second.during {
        try await Task.sleep(for: .milliseconds(500))
        #expect(!second.hasEnded)
        try await pair.failOver()
        try await pair.insert(20..<30, on: pair.onStandby)
        try await eventually("the next rows came") { second.rows.count >= 10 }
      }
      #expect(second.failure == nil)
      #expect(second.counts == once(20..<30))
    }
  }
}
