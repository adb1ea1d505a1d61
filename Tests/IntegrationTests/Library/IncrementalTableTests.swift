import PGOutput
import PGWire
import Synchronization
import TestSupport
import Testing

@testable import ReplicationCore

/// Tables that leave, and tables whose keys only the server can compare.
@Suite struct IncrementalTableTests {
  /// Runs a subscription until all tables are whole and everything has come.
  private func run(
    _ mirror: inout IncrementalMirror, _ site: Site,
    until isOver: (inout IncrementalMirror) async throws -> Bool
  ) async throws {
    _ = try await IncrementalSnapshotTests.run(
      &mirror, site.params(), IncrementalSnapshotTests.options(), until: isOver)
  }

  /// Makes two tables, their publication and the slot.
  private func makeMirror(_ site: Site) async throws -> IncrementalMirror {
    try await site.sql.run(
      """
      CREATE TABLE t (id int PRIMARY KEY, v int);
      INSERT INTO t SELECT i, i FROM generate_series(1, 100) i;
      CREATE TABLE other (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)
      """)
    try await site.publish("TABLE t, other")
    try await site.client().ensureSlot()
    return IncrementalMirror(keys: ["t": ["id"], "other": ["id"]], comparedBy: site.sql)
  }

  private func expectNoDifference(
    _ mirror: IncrementalMirror, _ site: Site, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let differences = try await mirror.differences(
      from: site.sql, ["t": "id, v", "other": "id"])
    #expect(differences == [], "\(differences)", sourceLocation: sourceLocation)
  }

  private func mark(_ site: Site) async throws -> LSN {
    try await site.sql.run("INSERT INTO other VALUES (DEFAULT)")
    return try await site.sql.lsn("SELECT pg_current_wal_insert_lsn()")
  }

  /// What was changed while a table was not published is in no stream.
  @Test(arguments: TestServer.all)
  func `a table that left the publication and came back is read again`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(120)) { site in
      var mirror = try await makeMirror(site)
      let leaves = """
        ALTER PUBLICATION \(site.name) DROP TABLE t; UPDATE t SET v = v + 1;
        DELETE FROM t WHERE id % 10 = 0; ALTER PUBLICATION \(site.name) ADD TABLE t
        """
      // It leaves while the stream runs, between two lookups.
      var hasLeft = false
      try await run(&mirror, site) { mirror in
        if mirror.whole.count == 2, !hasLeft {
          hasLeft = true
          try await site.sql.run(leaves)
        }
        return mirror.whole.count { $0 == "t" } == 2
      }
      try await expectNoDifference(mirror, site)
      // And while nobody streams.
      try await site.sql.run(leaves)
      try await run(&mirror, site) { mirror in mirror.whole.count { $0 == "t" } == 3 }
      let end = try await mark(site)
      try await run(&mirror, site) { ($0.checkpoint?.position ?? .zero) >= end }
      try await expectNoDifference(mirror, site)
      #expect(mirror.faults == [])

      // Another publication alike, and no gap: nothing is read again.
      try await site.sql.run("ALTER PUBLICATION \(site.name) SET (publish_via_partition_root)")
      let last = try await mark(site)
      try await run(&mirror, site) { ($0.checkpoint?.position ?? .zero) >= last }
      #expect(mirror.whole.count { $0 == "t" } == 3)
      try await site.sql.run("DROP TABLE t, other")
    }
  }

  /// A consumer that knows its rows would get a change of one that never came.
  @Test(arguments: TestServer.all)
  func `of a table that leaves before it is read, only what was read gets its last changes`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(120)) { site in
      var mirror = try await makeMirror(site)
      try await site.sql.run("INSERT INTO t SELECT i, i FROM generate_series(101, 20000) i")
      var end = LSN.zero
      try await run(&mirror, site) { mirror in
        if end == .zero, mirror.tables["t"]?.rows.isEmpty == false {
          try await site.sql.run(
            """
            INSERT INTO t VALUES (-1, 0), (30000, 0); UPDATE t SET v = v + 1;
            DELETE FROM t WHERE id % 10 = 0; ALTER PUBLICATION \(site.name) DROP TABLE t
            """)
          // It is looked up, and found to be gone, before the transaction is taken.
          try await Task.sleep(for: .seconds(2))
          end = try await mark(site)
        }
        return end > .zero && (mirror.checkpoint?.position ?? .zero) >= end
      }
      #expect(mirror.faults == [])
      #expect(mirror.whole == ["other"])
      #expect(mirror.checkpoint?.incremental?.openTables == [])
      let rows = try #require(mirror.tables["t"]?.rows)
      #expect(!rows.isEmpty && rows.count < 18_000)
      try await site.sql.run("DROP TABLE t, other")
    }
  }

  /// The server describes a table again after a change of its publications, before the next row.
  @Test(arguments: TestServer.all)
  func `a table that left for a moment is read again before a change of it is delivered`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(120)) { site in
      var mirror = try await makeMirror(site)
      var options = SubscriptionOptions()
      var incremental = IncrementalSnapshotOptions()
      // Nobody looks by himself.
      incremental.lookupInterval = .seconds(3600)
      options.snapshot = .incremental(incremental)
      var rounds = 0
      var end = LSN(rawValue: .max)
      _ = try await IncrementalSnapshotTests.run(&mirror, site.params(), options) { mirror in
        let whole = mirror.whole.count { $0 == "t" }
        if mirror.whole.contains("other"), whole == rounds + 1, rounds < 3 {
          rounds += 1
          // Row 10 is deleted unseen and comes back; row 1 changes unseen and then again. The second
          // time the transaction has begun before.
          try await site.sql.run(
            """
            \(rounds == 2 ? "BEGIN; UPDATE t SET v = v + 1 WHERE id = 3;" : "")
            ALTER PUBLICATION \(site.name) DROP TABLE t;
            \(rounds == 2 ? "COMMIT;" : "")
            DELETE FROM t WHERE id = 10; UPDATE t SET v = v + 1;
            ALTER PUBLICATION \(site.name) ADD TABLE t;
            INSERT INTO t VALUES (10, -1); UPDATE t SET v = v + 1 WHERE id = 1
            """)
          if rounds == 3 { end = try await mark(site) }
        }
        return mirror.checkpoint.map { $0.position >= end } == true && whole == 4
      }
      #expect(mirror.faults == [])
      #expect(rounds == 3)
      try await expectNoDifference(mirror, site)

      // Whatever else has the table described again costs a question, and nothing is read.
      try await site.sql.run("ALTER PUBLICATION \(site.name) SET (publish_via_partition_root)")
      let last = try await mark(site)
      try await site.sql.run("UPDATE t SET v = 0 WHERE id = 1")
      try await run(&mirror, site) { ($0.checkpoint?.position ?? .zero) > last }
      #expect(mirror.whole.count { $0 == "t" } == 4)
      #expect(mirror.whole.count { $0 == "other" } == 1)
      #expect(mirror.faults == [])
    }
  }

  /// A question for each change would be several round trips for each row.
  @Test(arguments: TestServer.newest)
  func `the server is asked about many keys at once`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.makeCollation()
      try await site.sql.run(
        """
        CREATE TABLE c (a text COLLATE words PRIMARY KEY, v int);
        INSERT INTO c SELECT 'w' || i, i FROM generate_series(1, 2000) i; ANALYZE c
        """)
      try await site.publish("TABLE c")
      try await site.client().ensureSlot()
      let readers = Mutex<CountingReaders?>(nil)
      var options = IncrementalSnapshotTests.options(chunkBytes: 4_000)
      options.streamedBytes = 1 << 20
      let reading = RangeReadingOptions(options.snapshot)
      let subscription = try Subscription(
        Client(site.params()), checkpoints: MirrorStore(nil), options: options,
        rules: IncrementalRules(),
        makeReaders: {
          let made = try! CountingReaders(
            RangeReaders(client: Client(site.params()), options: reading))
          readers.withLock { $0 = made }
          return made
        })
      var mirror = IncrementalMirror(keys: ["c": ["a"]], comparedBy: site.sql)
      var hasChanged = false
      for try await item in subscription.items {
        try await mirror.take(item)
        if mirror.chunks == 2, !hasChanged {
          hasChanged = true
          try await site.sql.run("UPDATE c SET v = v + 1")
        }
        if mirror.whole.count == 1 { break }
      }
      try await subscription.close()
      let (questions, keys) = try readers.withLock { made in
        let made = try #require(made)
        return (
          made.questions.load(ordering: .relaxed), made.keys.load(ordering: .relaxed)
        )
      }
      #expect(keys >= 2_000, "\(keys)")
      #expect(questions * 50 < keys, "\(questions) questions about \(keys) keys")
    }
  }
}
