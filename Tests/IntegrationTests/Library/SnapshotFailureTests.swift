import PGWire
import ReplicationCore
import Synchronization
import TestSupport
import Testing

/// What goes wrong with a snapshot: it is said, and nothing is left behind.
@Suite struct SnapshotFailureTests {
  private struct Enough: Error {}

  private func refusal(
    _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> SnapshotRefusal {
    let error = await #expect(throws: ReplicationError.self, sourceLocation: sourceLocation) {
      try await body()
    }
    guard case .snapshotRefused(let refusal) = error else {
      throw error ?? ReplicationError.closed
    }
    return refusal
  }

  private func fill(_ site: Site, rows: Int) async throws {
    try await site.sql.run(
      """
      CREATE TABLE t (id int PRIMARY KEY, filler text);
      INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, \(rows)) n
      """)
    try await site.publish("TABLE t")
  }

  @Test(arguments: TestServer.all)
  func `an error or a cancellation ends the sessions and drops the slot`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await fill(site, rows: 20_000)
      for (keeps, cancels) in [(false, false), (true, false), (false, true)] {
        let client = try Client(
          site.params {
            $0.connection = (try? site.namedOptions()) ?? $0.connection
          })
        let seen = Mutex(0)
        let reading = Task {
          try await client.withExportedSnapshot(keepsSlotOnFailure: keeps) { snapshot in
            var options = SnapshotOptions()
            options.batchBytes = 1 << 14
            options.leastBlocks = 16
            try await snapshot.read(try await snapshot.tables(), options: options) { _ in
              seen.withLock { $0 += 1 }
              if cancels { try await Task.sleep(for: .seconds(600)) }
              throw Enough()
            }
          }
        }
        try await eventually("rows come") { seen.withLock { $0 } > 0 }
        if cancels { reading.cancel() }
        let result = await promptly("the end") { await reading.result }
        #expect(throws: (any Error).self) { try result.get() }
        if !cancels { #expect(throws: Enough.self) { try result.get() } }
        #expect(seen.withLock { $0 } == 1)
        #expect(try await site.hasSlot() == keeps)
        client.close()
        try await site.expectNoSessions()
        try await client.dropSlot()
        client.close()
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `cancelled while a table's lock is waited for, it waits no more`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await fill(site, rows: 1)
      let client = try Client(
        site.params { $0.connection = (try? site.namedOptions()) ?? $0.connection })
      let reading = Task {
        try await client.withExportedSnapshot { snapshot in
          let tables = try await snapshot.tables()
          try await site.sql.run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
          try await snapshot.read(tables) { _ in }
        }
      }
      let other = try await WireConnection.connect(site.options)
      defer { other.close() }
      try await eventually("it waits") {
        try await !other.rows(
          """
          SELECT 1 FROM pg_stat_activity WHERE application_name = '\(site.name)_reader'
            AND wait_event_type = 'Lock'
          """
        ).isEmpty
      }
      reading.cancel()
      let result = await promptly("the end") { await reading.result }
      #expect(throws: ReplicationError.cancelled) { try result.get() }
      client.close()
      try await site.expectNoSessions(observer: other)
      #expect(try await !site.hasSlot())
      try await site.sql.run("ROLLBACK")
    }
  }

  @Test(arguments: TestServer.all)
  func `cancelled while the slot is made, there is none`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await fill(site, rows: 1)
      let client = try Client(
        site.params { $0.connection = (try? site.namedOptions()) ?? $0.connection })
      let other = try await WireConnection.connect(site.options)
      defer { other.close() }
      // The slot's creation waits for the end of this transaction.
      try await site.sql.run("BEGIN; INSERT INTO t VALUES (-1)")
      let waits = Mutex(0)
      let reading = Task {
        try await client.withExportedSnapshot(
          onWait: { _ in waits.withLock { $0 += 1 } }
        ) { _ in
          Issue.record("there was a snapshot")
        }
      }
      try await eventually("the wait is told") { waits.withLock { $0 } > 0 }
      reading.cancel()
      let result = await promptly("the end") { await reading.result }
      #expect(throws: ReplicationError.cancelled) { try result.get() }
      client.close()
      try await site.expectNoSessions(observer: other)
      try await eventually("there is no slot") {
        try await other.rows(
          "SELECT 1 FROM pg_replication_slots WHERE slot_name = '\(site.name)'"
        ).isEmpty
      }
      try await site.sql.run("ROLLBACK")
    }
  }

  @Test(arguments: TestServer.all)
  func `what was changed behind the snapshot is refused`(server: TestServer) async throws {
    try await onSite(server) { site in
      let client = try site.client()
      try await site.publishTable("id int PRIMARY KEY, a int); INSERT INTO t VALUES (1")
      for (statement, check) in [
        ("ALTER TABLE t ALTER a TYPE text", { if case .rewritten = $0 { true } else { false } }),
        ("TRUNCATE t", { if case .rewritten = $0 { true } else { false } }),
        ("ALTER TABLE t DROP a", { if case .changed = $0 { true } else { false } }),
        ("DROP TABLE t", { if case .changed = $0 { true } else { false } }),
      ] as [(String, (SnapshotRefusal) -> Bool)] {
        let refusal = try await refusal {
          try await client.withExportedSnapshot { snapshot in
            let tables = try await snapshot.tables()
            try await site.sql.run(statement)
            try await snapshot.read(tables) { _ in }
          }
        }
        #expect(check(refusal), "\(statement): \(refusal)")
        #expect(try await !site.hasSlot())
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot that exists has no snapshot, and a snapshot has an end`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await fill(site, rows: 1)
      let client = try site.client()
      let (kept, tables) = try await client.withExportedSnapshot { snapshot in
        (snapshot, try await snapshot.tables())
      }
      #expect(
        try await refusal { try await client.withExportedSnapshot { _ in } }
          == .slotExists(site.name))
      #expect(try await site.hasSlot())
      let refusal = try await refusal { try await kept.read(tables) { _ in } }
      guard case .ended = refusal else {
        Issue.record("\(refusal)")
        return
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a role without rights is told which`(server: TestServer) async throws {
    try await onSite(server) { site in
      let role = "\(site.name)_role"
      try await site.sql.run(
        """
        CREATE ROLE \(role) LOGIN REPLICATION PASSWORD 'pw';
        CREATE TABLE "t ""x"" y" (id int PRIMARY KEY, a int); INSERT INTO "t ""x"" y" VALUES (1, 2);
        CREATE TABLE root (id int PRIMARY KEY) PARTITION BY RANGE (id);
        CREATE TABLE part PARTITION OF root FOR VALUES FROM (0) TO (10);
        INSERT INTO root VALUES (1);
        CREATE PUBLICATION \(site.name) FOR TABLE "t ""x"" y", root WITH (publish_via_partition_root)
        """)
      let client = try Client(
        site.params {
          $0.connection = (try? site.options(user: role, password: "pw")) ?? $0.connection
        })
      func read() async throws -> SnapshotRows {
        try await client.withExportedSnapshot { snapshot in try await SnapshotRows.all(of: snapshot)
        }
      }
      let schema = "GRANT USAGE ON SCHEMA \"\(site.name)\" TO \"\(role)\""
      let table = "GRANT SELECT ON TABLE \"\(site.name)\".\"t \"\"x\"\" y\" TO \"\(role)\""
      let root = "GRANT SELECT ON TABLE \"\(site.name)\".\"root\" TO \"\(role)\""
      let names = ["\"\(site.name)\".\"root\"", "\"\(site.name)\".\"t \"\"x\"\" y\""]
      #expect(
        try await refusal { _ = try await read() } == .notReadable(names, grants: [schema, schema]))
      try await site.sql.run(schema)
      #expect(
        try await refusal { _ = try await read() } == .notReadable(names, grants: [root, table]))
      try await site.sql.run(
        "\(root); GRANT SELECT (id, a) ON TABLE \"t \"\"x\"\" y\" TO \(role)")
      // The partition itself can't be read, but all of the root can.
      #expect(try await read().changes.count == 2)
      try await client.dropSlot()
      try await site.sql.run("ALTER TABLE \"t \"\"x\"\" y\" ENABLE ROW LEVEL SECURITY")
      let refusal = try await refusal { _ = try await read() }
      guard case .rowSecurity = refusal else {
        Issue.record("\(refusal)")
        return
      }
      #expect(try await !site.hasSlot())
      client.close()
    }
  }

  @Test(arguments: TestServer.newest)
  func `a consumer that sleeps holds the server back`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await fill(site, rows: 60_000)
      try await site.client().withExportedSnapshot { snapshot in
        var options = SnapshotOptions()
        options.batchBytes = 1 << 16
        var hasSlept = false
        var rows = 0
        var largest = 0
        let sent = "SELECT coalesce(sum(bytes_processed), 0) FROM pg_stat_progress_copy"
        try await snapshot.read(try await snapshot.tables(), options: options) { event in
          guard case .rows(let batch) = event else { return }
          rows += batch.rowCount
          largest = max(largest, batch.byteCount)
          guard !hasSlept else { return }
          hasSlept = true
          try await Task.sleep(for: .milliseconds(500))
          let first = try await site.sql.value(sent)
          try await Task.sleep(for: .seconds(1))
          let second = try await site.sql.value(sent)
          // What fits into the sockets is on the way, and no more.
          #expect(first == second)
          #expect(try #require(Int(second)) < 30_000_000)
        }
        #expect(rows == 60_000)
        #expect(largest <= (1 << 16) + 1100)
      }
    }
  }
}
