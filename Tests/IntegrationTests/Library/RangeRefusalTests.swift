import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

/// What refuses to be read beside the stream says so before anything is read; what changes between
/// is noticed.
@Suite struct RangeRefusalTests {
  private func refusal(
    _ client: Client, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> SnapshotRefusal {
    let readers = RangeReaders(client: client)
    let result: Result<Void, any Error>
    do {
      result = .success(_ = try await readers.tables { _ in true })
    } catch {
      result = .failure(error)
    }
    await readers.close()
    let error = #expect(throws: ReplicationError.self, sourceLocation: sourceLocation) {
      try result.get()
    }
    guard case .snapshotRefused(let refusal) = error else {
      throw error ?? ReplicationError.closed
    }
    return refusal
  }

  /// Of what is gone the server does not say whether it may be read.
  @Test(arguments: TestServer.all)
  func `tables and columns that are dropped meanwhile are not refused`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        "CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION \(site.name) FOR TABLE t")
      let writer = try await WireConnection.connect(site.options)
      try await writer.run("SET search_path = \(site.name)")
      let isOver = Lock(false)
      let writing = Task {
        var rounds = 0
        while !isOver.withLock({ $0 }) {
          try await writer.run(
            """
            CREATE TABLE u (id int PRIMARY KEY, v int, w int);
            ALTER PUBLICATION \(site.name) ADD TABLE u
            """)
          try await writer.run("ALTER TABLE u DROP COLUMN v")
          try await writer.run("DROP TABLE u")
          rounds += 1
        }
        return rounds
      }
      let readers = RangeReaders(client: try Client(site.params()))
      var seen = 0
      for _ in 0..<150 { seen += try await lookUp(readers) }
      await readers.close()
      isOver.withLock { $0 = true }
      #expect(try await writing.value > 0 && seen >= 50)
      writer.close()
      try await site.sql.run("DROP TABLE IF EXISTS u")
    }
  }

  /// - Returns: How many tables there were; zero if each of eight looks found one that was gone.
  private func lookUp(_ readers: RangeReaders) async throws -> Int {
    do throws(ReplicationError) {
      return try await readers.tables { _ in true }.tables.count
    } catch {
      guard case .control(.unexpectedResult) = error else { throw error }
      return 0
    }
  }

  @Test(arguments: TestServer.all)
  func `rights, row security and operations are refused by name`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let role = "\(site.name)_role"
      try await site.sql.run(
        """
        CREATE ROLE \(role) LOGIN PASSWORD 'pw'; CREATE TABLE t (id int PRIMARY KEY, a int);
        CREATE PUBLICATION \(site.name) FOR TABLE t
        """)
      let client = try Client(
        site.params {
          $0.connection = (try? site.options(user: role, password: "pw")) ?? $0.connection
        })
      let name = "\"\(site.name)\".\"t\""
      let schema = "GRANT USAGE ON SCHEMA \"\(site.name)\" TO \"\(role)\""
      let table = "GRANT SELECT ON TABLE \(name) TO \"\(role)\""
      #expect(try await refusal(client) == .notReadable([name], grants: [schema]))
      try await site.sql.run("\(schema); GRANT SELECT (id, a) ON t TO \(role)")
      // A snapshot of a slot can be read with these; LOCK can't.
      #expect(try await refusal(client) == .notReadable([name], grants: [table]))
      try await site.sql.run("\(table); ALTER TABLE t ENABLE ROW LEVEL SECURITY")
      guard case .rowSecurity = try await refusal(client) else {
        Issue.record("row security was not refused")
        return
      }
      try await site.sql.run("ALTER TABLE t DISABLE ROW LEVEL SECURITY")
      #expect(try await RangeDriver.readAll(client)["t"]?.rows == [])
      for (operations, missing) in [
        ("insert, update, delete", [PublicationOperation.truncate]),
        ("insert", [.update, .delete, .truncate]),
      ] {
        try await site.sql.run("ALTER PUBLICATION \(site.name) SET (publish = '\(operations)')")
        #expect(
          try await refusal(client)
            == .operationsLeftOut(name, publication: site.name, operations: missing))
        // A table that nobody wants to be read refuses nothing.
        let readers = RangeReaders(client: client)
        let found = try await readers.tables { _ in false }.tables
        #expect(found.map(\.table.relation.name) == ["t"])
        await readers.close()
      }
    }
  }

  @Test(arguments: TestServer.startable)
  func `a standby is refused`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { primary in
      let sql = try await WireConnection.connect(primary.localOptions())
      defer { sql.close() }
      try await sql.run("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t")
      try await primary.withStandby { standby in
        let client = try Client(
          ReplicationParams(connection: standby.localOptions(), slot: "s", publications: ["p"]))
        #expect(try await refusal(client) == .inRecovery)
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `what was altered since it was looked up is looked up again`(
    server: TestServer
  ) async throws {
    var changes = [
      "ALTER TABLE t ADD b int", "ALTER TABLE t RENAME COLUMN a TO b",
      "ALTER TABLE t REPLICA IDENTITY FULL", "ALTER PUBLICATION p SET TABLE t, u",
      "ALTER TABLE t RENAME TO x; CREATE TABLE t (id int PRIMARY KEY, a int)", "DROP TABLE t",
      "CREATE TABLE r2 PARTITION OF r FOR VALUES FROM (10) TO (20); INSERT INTO r VALUES (11)",
      "ALTER TABLE r DETACH PARTITION r1", "ALTER SCHEMA s RENAME TO s2",
    ]
    if server.version >= 15 { changes.append("ALTER PUBLICATION p SET TABLE t WHERE (id > 5), r") }
    for change in changes {
      try await onSite(server) { site in
        let s = site.name
        func named(_ statement: String) -> String {
          statement.replacing("PUBLICATION p", with: "PUBLICATION \(s)")
            .replacing("SCHEMA s RENAME TO s2", with: "SCHEMA \(s) RENAME TO \(s)2")
        }
        try await site.sql.run(
          named(
            """
            CREATE TABLE t (id int PRIMARY KEY, a int); CREATE TABLE u (id int PRIMARY KEY);
            CREATE TABLE r (id int PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE r1 PARTITION OF r FOR VALUES FROM (0) TO (10);
            INSERT INTO t VALUES (1, 1); INSERT INTO r VALUES (1);
            CREATE PUBLICATION p FOR TABLE t, r WITH (publish_via_partition_root)
            """))
        let driver = RangeDriver(try site.client())
        var isFirst = true
        driver.onReport = { _ in
          guard isFirst else { return }
          isFirst = false
          // The tables have been looked up, and no lock is held.
          try await site.sql.run(named(change))
        }
        _ = try await driver.readAll()
        await driver.readers.close()
        #expect(!driver.failures.isEmpty, "\(change)")
        for failure in driver.failures {
          guard case .snapshotRefused(.alteredWhileRead(let name)) = failure else {
            Issue.record("\(change): \(failure)")
            continue
          }
          #expect(name.hasPrefix("\"\(s)\""))
        }
        try await site.sql.run("DROP SCHEMA IF EXISTS \(s)2 CASCADE")
      }
    }
  }
}
