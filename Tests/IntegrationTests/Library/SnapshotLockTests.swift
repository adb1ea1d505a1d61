import PGWire
import ReplicationCore
import Testing

/// DDL that waits for a lock while a snapshot is read by several connections.
@Suite struct SnapshotLockTests {
  /// Statements on the table `last`, with locks of every level, on the table and on its index
  /// alone.
  private static let statements = [
    "ALTER TABLE last ADD COLUMN z int", "TRUNCATE last", "DROP TABLE last",
    "ALTER TABLE last ALTER id TYPE bigint", "REINDEX INDEX last_pkey", "REINDEX TABLE last",
    "DROP INDEX last_v", "CLUSTER last USING last_pkey", "VACUUM FULL last",
    "CREATE INDEX ON last (id, v)", "ALTER TABLE last SET (fillfactor = 50)",
    "CREATE TRIGGER t AFTER INSERT ON last FOR EACH ROW EXECUTE FUNCTION tg()",
    "VACUUM last",
  ]
  private static let modes = [
    "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE",
    "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE",
  ].map { "LOCK TABLE last IN \($0) MODE" }

  private static let rows = 3000

  /// Two tables for the first batches of two workers, and one that is read in ranges after them.
  private func fill(_ site: Site) async throws {
    let rows = "SELECT n, repeat('x', 200) FROM generate_series(1, \(Self.rows)) n"
    try await site.sql.run(
      """
      CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
      CREATE TABLE a (id int PRIMARY KEY, v text); INSERT INTO a \(rows);
      CREATE TABLE b (id int PRIMARY KEY, v text); INSERT INTO b \(rows);
      CREATE TABLE last (id int PRIMARY KEY, v text); INSERT INTO last \(rows);
      CREATE INDEX last_v ON last (v)
      """)
    try await site.publish("TABLE a, b, last")
  }

  private static func start(
    _ statement: String, on connection: WireConnection
  ) -> Task<Void, any Error> {
    Task {
      let isLock = statement.hasPrefix("LOCK")
      try await connection.run(isLock ? "BEGIN; \(statement); COMMIT" : statement)
    }
  }

  private var options: SnapshotOptions {
    var options = SnapshotOptions()
    options.batchBytes = 1 << 13
    options.leastBlocks = 8
    return options
  }

  @Test(arguments: TestServer.all)
  func `the snapshot ends, and what waited for it runs then`(server: TestServer) async throws {
    for statement in Self.statements + Self.modes {
      try await onSite(server) { site in
        try await fill(site)
        let other = try await WireConnection.connect(site.options)
        defer { other.close() }
        try await other.run("SET search_path = \(site.name)")
        var ddl: Task<Void, any Error>?
        var seen = SnapshotRows()
        try await site.client().withExportedSnapshot { snapshot in
          let tables = try await snapshot.tables()
          try await snapshot.read(tables, options: options) { event in
            try seen.take(event)
            guard ddl == nil else { return }
            ddl = Self.start(statement, on: other)
            // It waits, or has run, since it needs no lock that the reading stands in the way of.
            try await eventually("\(statement) waits or has run") {
              try await !site.sql.rows(
                """
                SELECT 1 FROM pg_stat_activity WHERE pid = \(other.processID)
                  AND position('\(statement)' IN query) > 0
                  AND (wait_event_type = 'Lock' OR state = 'idle')
                """
              ).isEmpty
            }
          }
        }
        for table in ["a", "b", "last"] {
          #expect(seen.ends[table] == Int64(Self.rows), "\(statement)")
        }
        #expect(seen.changes.count == 3 * Self.rows)
        try await #require(ddl).value
        try await site.client().dropSlot()
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `while the leader waits for one table's lock it holds no other`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await fill(site)
      let other = try await WireConnection.connect(site.options)
      defer { other.close() }
      try await other.run("SET search_path = \(site.name)")
      let client = try site.client()
      let reading = Task {
        try await client.withExportedSnapshot { snapshot in
          let tables = try await snapshot.tables()
          try await other.run("BEGIN; LOCK TABLE last IN ACCESS EXCLUSIVE MODE")
          var rows = 0
          try await snapshot.read(tables, options: options) { event in
            if case .rows(let batch) = event { rows += batch.rowCount }
          }
          return rows
        }
      }
      try await eventually("the leader waits") {
        try await !site.sql.rows(
          "SELECT 1 FROM pg_locks WHERE relation = 'last'::regclass AND NOT granted"
        ).isEmpty
      }
      // A holder of one table's lock that wants another's: with locks in its hands the leader would
      // be a part of a deadlock.
      try await other.run("LOCK TABLE a IN ACCESS EXCLUSIVE MODE; COMMIT")
      #expect(try await reading.value == 3 * Self.rows)
    }
  }

  @Test(arguments: TestServer.startable)
  func `more tables than the server has room for locks are refused`(
    server: TestServer
  ) async throws {
    try await OwnServer.with(version: server.version) { own in
      let admin = try await WireConnection.connect(own.server.options)
      for (setting, value) in [
        ("max_locks_per_transaction", 10), ("max_connections", 12), ("max_wal_senders", 4),
      ] { try await admin.run("ALTER SYSTEM SET \(setting) = \(value)") }
      admin.close()
      try await own.restart(mode: "fast")
      let sql = try await WireConnection.connect(own.server.options)
      defer { sql.close() }
      let room = try await sql.value(
        """
        SELECT 10 * sum(setting::int) FROM pg_settings WHERE name IN ('max_connections',
          'max_prepared_transactions', 'max_wal_senders', 'max_worker_processes',
          'autovacuum_max_workers')
        """)
      let count = try #require(Int(room)) / 2 + 1
      for table in 0..<count { try await sql.run("CREATE TABLE t\(table) (id int PRIMARY KEY)") }
      try await sql.run("CREATE PUBLICATION p FOR ALL TABLES")
      let client = try Client(
        ReplicationParams(connection: own.server.options, slot: "s", publications: ["p"]))
      let error = await #expect(throws: ReplicationError.self) {
        try await client.withExportedSnapshot { snapshot in
          try await snapshot.read(try await snapshot.tables()) { _ in }
        }
      }
      guard case .snapshotRefused(.tooManyLocks(let needs)) = error else {
        Issue.record("\(error.debugDescription)")
        return
      }
      #expect(needs.needed == 2 * count && needs.setting == 10 && "\(needs.room)" == room)
      #expect(needs.suggestedSetting * needs.room / needs.setting >= needs.needed)
      #expect("\(try #require(error))".contains("max_locks_per_transaction to at least 11"))
    }
  }
}
