import ChangeSinks
import PGWire
import PostgresSink
import ReplicationCore
import Testing

/// What breaks leaves nothing half done, and nothing done twice.
@Suite(.serialized, .enabled(if: Servers.areGiven)) struct InterruptionTests {
  private static let tables = """
    CREATE TABLE numbers (id int PRIMARY KEY, v text);
    CREATE TABLE bag (v int);
    ALTER TABLE bag REPLICA IDENTITY FULL
    """

  @Test func `a large transaction whose middle is cut off`() async throws {
    try await TestSite.with("sink_cut", tables: Self.tables) { site in
      var options = ConnectorOptions()
      options.subscription.snapshot = .initial()
      options.limits.bytes = 1 << 14
      try await RunningConnector.with(site, options) { running in
        try await running.settle()
        // Rows of a table without a key would be there twice if a part were written again.
        try await site.source.run(
          """
          BEGIN;
          INSERT INTO numbers SELECT n, md5(n::text) FROM generate_series(1, 100000) AS n;
          INSERT INTO bag SELECT n % 10 FROM generate_series(1, 50000) AS n;
          COMMIT
          """)
        var cuts = 0
        try await running.wait("the sink is in a transaction") {
          if try await site.endSinkInTransaction() { cuts += 1 }
          return cuts > 0
        }
        try await running.settle()
        #expect(try await site.differences(["numbers", "bag"]) == [])
        #expect(running.connector.statistics.restarts > 0)
      }
    }
  }

  @Test func `a program that is started again`() async throws {
    try await TestSite.with("sink_again", tables: Self.tables) { site in
      try await site.source.run("INSERT INTO bag VALUES (1), (1), (2)")
      var options = ConnectorOptions()
      options.subscription.snapshot = .initial()
      for round in 1...3 {
        try await RunningConnector.with(site, options) { running in
          try await site.source.run("INSERT INTO bag VALUES (\(round)), (1)")
          try await running.settle()
        }
        #expect(try await site.differences(["numbers", "bag"]) == [])
      }
    }
  }

  @Test func `tables that are read in ranges while they change, and one that is added`()
    async throws
  {
    let tables = """
      \(Self.tables);
      CREATE TABLE texts (k text COLLATE "C" PRIMARY KEY, v int)
      """
    try await TestSite.with("sink_ranges", tables: tables) { site in
      try await site.source.run(
        """
        INSERT INTO numbers SELECT n, md5(n::text) FROM generate_series(1, 20000) AS n;
        INSERT INTO texts SELECT md5(n::text), n FROM generate_series(1, 5000) AS n;
        INSERT INTO bag SELECT n FROM generate_series(1, 100) AS n
        """)
      var snapshot = IncrementalSnapshotOptions()
      snapshot.chunkBytes = 1 << 15
      snapshot.lookupInterval = .seconds(1)
      var options = ConnectorOptions()
      options.subscription.snapshot = .incremental(snapshot)
      options.limits.bytes = 1 << 14
      try await RunningConnector.with(site, options) { running in
        for step in 1...20 {
          try await site.source.run(
            """
            UPDATE numbers SET v = 'changed' WHERE id % 20 = \(step - 1) AND id < 15000;
            DELETE FROM numbers WHERE id % 1000 = \(step);
            UPDATE texts SET k = k || 'x' WHERE v % 100 = \(step);
            INSERT INTO bag VALUES (\(step))
            """)
          _ = try await site.endSinkInTransaction()
        }
        try await site.source.run("CREATE TABLE late (id int PRIMARY KEY, v text)")
        try await site.source.run(
          "INSERT INTO late SELECT n, repeat('v', 50) FROM generate_series(1, 3000) AS n")
        try await site.source.run("ALTER PUBLICATION sink_ranges ADD TABLE late")
        try await site.source.run("UPDATE late SET v = 'new' WHERE id < 100")
        try await running.wait("all tables are whole") {
          let rows = try await site.target.rows("SELECT to_regclass('late')")
          guard (rows.first?.first ?? nil) != nil else { return false }
          return try await site.differences(["numbers", "texts", "bag", "late"]).isEmpty
        }
      }
    }
  }

  @Test func `a second program for the same slot`() async throws {
    try await TestSite.with("sink_fence", tables: Self.tables) { site in
      var options = site.options
      options.endsFormerSession = false
      options.timeout = .seconds(1)
      let first = PostgresSink(options)
      _ = try await first.open(slot: site.name)
      let second = PostgresSink(options)
      let error = await #expect(throws: SinkError.self) {
        _ = try await second.open(slot: site.name)
      }
      #expect(error?.category == .needsOperator)
      #expect(error?.reason.contains("PID") == true)
      options.endsFormerSession = true
      let third = PostgresSink(options)
      _ = try await third.open(slot: site.name)
      let checkpoint = Checkpoint(
        position: LSN(rawValue: 1), systemID: "1", timeline: 1, slot: site.name)
      await #expect(throws: SinkError.self) { try await first.save(checkpoint) }
      try await third.save(checkpoint)
      #expect(try await third.open(slot: site.name).checkpoint == checkpoint)
      await first.close()
      await third.close()
    }
  }

  @Test func `a row that is missing in the target`() async throws {
    try await TestSite.with("sink_missing", tables: Self.tables) { site in
      try await site.source.run("INSERT INTO numbers VALUES (1, 'a'), (2, 'b'), (3, 'c')")
      var options = ConnectorOptions()
      options.subscription.snapshot = .initial()
      try await RunningConnector.with(site, options) { running in
        try await running.settle()
        try await site.target.run("DELETE FROM numbers WHERE id = 1")
        // All of the row was sent, so it is there again.
        try await site.source.run("UPDATE numbers SET v = 'A' WHERE id = 1")
        try await running.settle()
        #expect(try await site.differences(["numbers"]) == [])
        try await site.target.run("DELETE FROM numbers WHERE id = 2")
      }
      let error = await #expect(throws: SinkError.self) {
        try await RunningConnector.with(site, options) { running in
          try await site.source.run("DELETE FROM numbers WHERE id = 2")
          try await running.settle()
        }
      }
      #expect(error?.category == .fatal)
      #expect(error?.reason.contains("sink_missing.numbers") == true)
      var sink = site.options
      sink.missingRows = .ignore
      try await RunningConnector.with(site, options, sink: sink) { running in
        try await running.settle()
        #expect(try await site.differences(["numbers"]) == [])
      }
    }
  }
}
