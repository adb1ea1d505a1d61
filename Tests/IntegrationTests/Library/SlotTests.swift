import PGWire
import ReplicationCore
import Testing

/// A slot's life, from its creation to its end.
@Suite struct SlotTests {
  @Test(arguments: TestServer.all)
  func `a slot that is missing is made, and one that is there is left alone`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      #expect(try await client.slot() == nil)
      #expect(try await client.ensureSlot())
      let slot = try #require(try await client.slot())
      #expect(slot.name == site.name)
      #expect(slot.plugin == "pgoutput")
      #expect(slot.kind == .logical)
      #expect(slot.database == site.options.database)
      #expect(!slot.isTemporary)
      #expect(!slot.isActive)
      #expect(slot.activePID == nil)
      #expect(try await slot.confirmedFlushLSN == site.confirmedFlush())
      try await site.sql.run("CREATE TABLE t ()")
      #expect(try await !client.ensureSlot())
      let same = try #require(try await client.slot())
      #expect(same.restartLSN == slot.restartLSN)
      #expect(same.confirmedFlushLSN == slot.confirmedFlushLSN)
      #expect(same.inactiveSince == slot.inactiveSince)
      let slots = try await Client.slots(site.options)
      #expect(slots.contains { $0.name == slot.name && $0.restartLSN == slot.restartLSN })
      #expect(slots.map(\.name) == slots.map(\.name).sorted())
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot that is missing and not to be made is an error`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE PUBLICATION \(site.name)")
      for isTemporary in [false, true] {
        let client = try site.client {
          $0.createsSlot = false
          $0.usesTemporarySlot = isTemporary
        }
        await #expect(throws: ReplicationError.slotMissing(site.name)) {
          try await client.ensureSlot()
        }
      }
      let client = try site.client()
      let error = await #expect(throws: ReplicationError.self) {
        _ = try await client.startReplication()
      }
      #expect(error?.sqlState == .undefinedObject)
      #expect(error?.isSlotActive == false)
      #expect(try await client.slot() == nil)
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot of another kind, plugin or database can't be used`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let name = site.name
      let other = try await site.inNewDatabase()
      try await site.sql.run(
        """
        SELECT pg_create_physical_replication_slot('\(name)_physical');
        SELECT pg_create_logical_replication_slot('\(name)_plugin', 'test_decoding');
        """)
      try await other.sql.run(
        "SELECT pg_create_logical_replication_slot('\(name)_database', 'pgoutput')")
      for (suffix, words) in [
        ("physical", "physical"), ("plugin", "test_decoding"), ("database", "\(name)db"),
      ] {
        let slot = "\(name)_\(suffix)"
        let client = try site.client { $0.slot = slot }
        let error = await #expect(throws: ReplicationError.self) { try await client.ensureSlot() }
        guard case .slotMismatch(slot, let differences)? = error else {
          Issue.record("\(suffix): \(String(describing: error))")
          continue
        }
        #expect(differences.count == 1)
        #expect(differences.first?.contains(words) == true)
      }
      other.sql.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a temporary slot lives as long as its stream`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let client = try site.client { $0.usesTemporarySlot = true }
      #expect(try await client.ensureSlot())
      #expect(try await !client.ensureSlot())
      let slot = try #require(try await client.slot())
      #expect(slot.isTemporary)
      #expect(slot.activePID != nil)

      // Others can neither have it nor make one of their own.
      let permanent = try site.client()
      await #expect(throws: ReplicationError.self) { try await permanent.ensureSlot() }
      let rival = try site.client { $0.usesTemporarySlot = true }
      await #expect(throws: ReplicationError.self) { try await rival.ensureSlot() }

      let duplex = try await client.startReplication()
      try await site.sql.run("INSERT INTO t VALUES (7)")
      var receiver = Receiver(duplex)
      #expect(try await receiver.next()?.changes.first?.new == ["id": "7"])
      await duplex.close()
      try await eventually("the temporary slot is gone") { try await client.slot() == nil }

      #expect(try await client.ensureSlot())
      #expect(try await client.dropSlot())
      try await eventually("the temporary slot is dropped") { try await client.slot() == nil }
    }
  }

  @Test(arguments: TestServer.all)
  func `a snapshot after the slot and the stream together miss nothing`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 5)")
      try await site.publish("TABLE t")
      let client = try site.client()
      let lsn = try await client.ensureSlotAndCurrentLSN()
      #expect(try await lsn >= site.confirmedFlush())
      try await site.sql.run("INSERT INTO t VALUES (6)")
      let snapshot = try await site.sql.rows("SELECT id FROM t").compactMap { $0.first ?? nil }
      try await site.sql.run("INSERT INTO t VALUES (7)")
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      let streamed = try await receiver.next(2).flatMap(\.changes).compactMap {
        $0.new["id"] ?? nil
      }
      #expect(streamed == ["6", "7"])
      #expect(Set(snapshot).union(streamed).count == 7)
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot is advanced forward only, and never beyond the log`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let client = try site.client()
      await #expect(throws: ReplicationError.slotMissing(site.name)) {
        try await client.advanceSlot(to: LSN(rawValue: 1))
      }
      try await client.ensureSlot()
      let start = try await site.confirmedFlush()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      let middle = try await site.currentLSN()
      try await site.sql.run("INSERT INTO t VALUES (2)")

      #expect(try await client.advanceSlot(to: .zero) == start)
      #expect(try await client.advanceSlot(to: LSN(rawValue: start.rawValue - 1)) == start)
      #expect(try await client.advanceSlot(to: start) == start)
      #expect(try await site.confirmedFlush() == start)

      #expect(try await client.advanceSlot(to: middle) == middle)
      #expect(try await site.confirmedFlush() == middle)
      #expect(try await client.advanceSlot(to: start) == middle)

      // What lies before is not delivered.
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      #expect(try await receiver.next()?.changes.first?.new == ["id": "2"])
      let error = await #expect(throws: ReplicationError.self) {
        try await client.advanceSlot(to: LSN(rawValue: UInt64.max))
      }
      #expect(error?.isSlotActive == true)
      await duplex.close()

      let end = try await client.advanceSlot(to: LSN(rawValue: UInt64.max))
      #expect(end >= middle)
      #expect(try await end <= site.currentLSN())
      #expect(try await site.confirmedFlush() == end)
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot is dropped unless somebody has it`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      #expect(try await !client.dropSlot())
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      let pid = try #require(try await client.slot()?.activePID)
      let error = await #expect(throws: ReplicationError.self) { try await client.dropSlot() }
      #expect(error?.isSlotActive == true)
      #expect(error?.sqlState == .objectInUse)
      #expect("\(try #require(error))".contains("\(pid)"))
      await duplex.close()
      #expect(try await client.dropSlot())
      #expect(try await !client.dropSlot())
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot that is held is waited for`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      try await client.ensureSlot()
      let holder = try await client.startReplication()
      let error = await #expect(throws: ReplicationError.self) {
        try await retryOnSlotActive(maxRetries: 0) { () async throws(ReplicationError) in
          try await client.startReplication()
        }
      }
      #expect(error?.isSlotActive == true)

      let release = Task {
        try await Task.sleep(for: .milliseconds(400))
        await holder.close()
      }
      let duplex = try await retryOnSlotActive(maxRetries: 8) {
        () async throws(ReplicationError) in
        try await client.startReplication()
      }
      try await release.value
      #expect(try await site.isActive())
      await duplex.close()
      #expect(try await !site.isActive())
    }
  }

  @Test(arguments: TestServer.newest)
  func `the wait for a slot ends when the task is cancelled`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      try await client.ensureSlot()
      let holder = try await client.startReplication()
      let waiter = Task {
        try await retryOnSlotActive(maxRetries: 100) { () async throws(ReplicationError) in
          try await client.startReplication()
        }
      }
      try await Task.sleep(for: .milliseconds(300))
      waiter.cancel()
      let result = await waiter.result
      #expect(throws: ReplicationError.cancelled) { try result.get() }
      await holder.close()
    }
  }
}
