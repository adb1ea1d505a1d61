import PGWire
import ReplicationCore
import Synchronization
import Testing

/// What can be done to slots beside making and dropping them, by the server's version.
@Suite struct SlotLifecycleTests {
  @Test(arguments: TestServer.all)
  func `slots are made for what is asked, or not at all`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      let wanted = SlotOptions(
        twoPhase: server.version >= 15 ? true : nil, failover: server.version >= 17 ? true : nil)
      let point = try await client.createSlot(wanted)
      let slot = try #require(try await client.slot())
      #expect(slot.confirmedFlushLSN == point)
      #expect(slot.isTwoPhase == (server.version < 14 ? nil : server.version >= 15))
      #expect(slot.isFailover == (server.version < 17 ? nil : true))
      #expect((slot.inactiveSince != nil) == (server.version >= 17))
      #expect(slot.catalogXmin != nil && slot.databaseOID != nil)
      #expect(slot.walStatus == .reserved && !slot.isLost)
      #expect(try await !client.ensureSlot(wanted))
      #expect(try await !client.ensureSlot())
      let again = await #expect(throws: ReplicationError.self) { try await client.createSlot() }
      #expect(again?.sqlState == .duplicateObject)

      // What differs is said.
      for options in [
        SlotOptions(twoPhase: wanted.twoPhase == nil),
        SlotOptions(failover: wanted.failover == nil),
      ] {
        let error = await #expect(throws: ReplicationError.self) {
          try await client.ensureSlot(options)
        }
        if options.twoPhase == true || options.failover == true {
          guard case .requiresServer = error else {
            Issue.record("\(String(describing: error))")
            continue
          }
          continue
        }
        guard case .slotMismatch(site.name, let differences) = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(differences.count == 1)
      }
      if server.version < 17 {
        let other = try Client(site.params { $0.slot = "\(site.name)_f" })
        await #expect(
          throws: ReplicationError.requiresServer(
            feature: "a slot with failover", since: 17, found: server.version)
        ) { try await other.ensureSlot(SlotOptions(failover: true)) }
        #expect(try await other.slot() == nil)
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `slots are altered and copied`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      await #expect(throws: ReplicationError.slotMissing(site.name)) {
        try await client.copySlot(to: "\(site.name)_c")
      }
      try await client.ensureSlot()
      let point = try await site.confirmedFlush()
      #expect(
        try await client.copySlot(to: "\(site.name)_c", plugin: "test_decoding") == point)
      let copy = try Client(
        site.params {
          $0.slot = "\(site.name)_c"
          $0.plugin = "test_decoding"
        })
      #expect(try await !copy.ensureSlot())

      for (options, since) in [
        (SlotOptions(failover: true), 17), (SlotOptions(twoPhase: true), 18),
      ] {
        guard server.version >= since else {
          let error = await #expect(throws: ReplicationError.self) {
            try await client.alterSlot(options)
          }
          guard case .requiresServer(_, since, server.version) = error else {
            Issue.record("\(String(describing: error))")
            continue
          }
          continue
        }
        try await client.alterSlot(options)
        #expect(try await !client.ensureSlot(options))
      }
      guard server.version >= 17 else { return }
      let duplex = try await client.startReplication()
      let error = await #expect(throws: ReplicationError.self) {
        try await client.alterSlot(SlotOptions(failover: false))
      }
      #expect(error?.isSlotActive == true)
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `an exported snapshot sees what the slot won't deliver`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable("id int PRIMARY KEY); INSERT INTO t VALUES (1")
      let count = "SELECT count(*) FROM \(site.name).t"
      let client = try site.client()
      let inBody = try await client.withExportedSnapshot { snapshot in
        try await site.sql.run("INSERT INTO t VALUES (2)")
        let other = try await WireConnection.connect(site.options)
        defer { other.close() }
        try await other.run(
          "BEGIN ISOLATION LEVEL REPEATABLE READ; SET TRANSACTION SNAPSHOT \(snapshot.name.literal)"
        )
        #expect(try await site.confirmedFlush() == snapshot.consistentPoint)
        return try await other.value(count)
      }
      #expect(inBody == "1")
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      #expect(try await receiver.next()?.changes.first?.new == ["id": "2"])
      await duplex.close()

      // The same without exporting; the temporary slot is streamed from afterwards.
      let temporary = try Client(
        site.params {
          $0.slot = "\(site.name)_t"
          $0.temporarySlot = true
        })
      let seen = try await temporary.withUsedSnapshot { snapshot, connection in
        #expect(snapshot.name == nil)
        try await site.sql.run("INSERT INTO t VALUES (3)")
        return try await connection.value(count)
      }
      #expect(seen == "2")
      let second = try await temporary.startReplication()
      receiver = Receiver(second)
      #expect(try await receiver.next()?.changes.first?.new == ["id": "3"])
      await second.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a long creation says who holds it up, and is cancelled on the server`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      try await site.sql.run("SET application_name = 'it''s \"open\"'")
      try await site.sql.run("BEGIN; CREATE TABLE t ()")
      let pid = try await site.sql.value("SELECT pg_backend_pid()")
      for isTemporary in [false, true] {
        let client = try site.client { $0.temporarySlot = isTemporary }
        let seen = Mutex<SlotWait?>(nil)
        let creation = Task {
          try await client.createSlot { wait in seen.withLock { $0 = wait } }
        }
        try await eventually("the wait is seen") { seen.withLock { $0 } != nil }
        let wait = try #require(seen.withLock { $0 })
        #expect(wait.reason == .transactions)
        #expect("\(wait)".contains("process \(pid) (application_name \"it's \"open\"\""))
        creation.cancel()
        let result = await creation.result
        #expect(throws: ReplicationError.cancelled) { try result.get() }
        try await eventually("the slot is gone") { try await client.slot() == nil }
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a limit of the role does not end a creation`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let options = try site.options([
        "options": "-c statement_timeout=300 -c lock_timeout=200"
      ])
      try await site.sql.run("BEGIN; CREATE TABLE t ()")
      for isTemporary in [false, true] {
        let client = try Client(
          site.params {
            $0.connection = options
            $0.slot = "\(site.name)_\(isTemporary)"
            $0.temporarySlot = isTemporary
          })
        if isTemporary { try await site.sql.run("BEGIN; CREATE TABLE u ()") }
        let creation = Task { try await client.createSlot() }
        try await Task.sleep(for: .milliseconds(700))
        try await site.sql.run("COMMIT")
        _ = try await creation.value
        client.close()
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a control connection that was ended is replaced`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let name = "\(site.name)_control"
      let options = try site.options(["application_name": name])
      let client = try site.client { $0.connection = options }
      let mine = "FROM pg_stat_activity WHERE application_name = '\(name)'"
      try await client.ensureSlot()
      let first = try await site.sql.value("SELECT pid \(mine)")
      _ = try await client.slot()
      #expect(try await site.sql.value("SELECT pid \(mine)") == first)
      try await site.sql.run("SELECT pg_terminate_backend(pid) \(mine)")
      try await eventually("it is ended") { try await site.sql.rows("SELECT 1 \(mine)").isEmpty }
      #expect(try await client.slot() != nil)
      #expect(try await site.sql.value("SELECT pid \(mine)") != first)
      client.close()
      try await eventually("it is closed") { try await site.sql.rows("SELECT 1 \(mine)").isEmpty }
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot tells what it retains`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      try await client.ensureSlot()
      try await site.sql.run(
        "CREATE TABLE t AS SELECT repeat('x', 100) FROM generate_series(1, 500)")
      let health = try #require(try await client.slotHealth(watchingFor: .milliseconds(20)))
      #expect(try #require(health.lagBytes) > 50_000)
      #expect(try #require(health.retainedBytes) >= health.lagBytes ?? 0)
      #expect(health.walBytesPerSecond != nil)
      #expect(health.holder == nil && health.expectedLoss == nil)
      #expect(try await Client.slotHealth(site.options).contains { $0.slot.name == site.name })
    }
  }
}
