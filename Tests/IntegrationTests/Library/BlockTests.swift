import PGOutput
import PGWire
import ReplicationCore
import Testing

/// Transactions in blocks and prepared ones, at every protocol version.
@Suite struct BlockTests {
  /// One way to ask for the same history.
  struct Mode: Sendable {
    let version: ReplicationParams.PgOutputVersion
    var streaming = ReplicationParams.Streaming.off
    var twoPhase = false
    /// The first server that has it.
    var since: Int { version == .automatic ? 13 : version.rawValue + 12 }
  }

  static let modes = [
    Mode(version: .automatic), Mode(version: .v1), Mode(version: .v2),
    Mode(version: .v2, streaming: .on), Mode(version: .v3, streaming: .on),
    Mode(version: .v3, twoPhase: true), Mode(version: .v3, streaming: .on, twoPhase: true),
    Mode(version: .v4, streaming: .on), Mode(version: .v4, streaming: .parallel),
    Mode(version: .v4, streaming: .parallel, twoPhase: true),
  ]

  /// Parameters of a session that keeps as little of a transaction in memory as it can.
  private static func client(
    _ site: Site, slot: String, _ adjust: (inout ReplicationParams) -> Void = { _ in }
  ) throws -> Client {
    let connection = try ConnectionOptions(site.streamingURL)
    return try site.client { params in
      params.slot = slot
      params.connection = connection
      adjust(&params)
    }
  }

  @Test(arguments: TestServer.all)
  func `in every way that there is the same changes come`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await History.prepare(site.sql)
      try await site.sql.run("CREATE TABLE filler (id int)")
      try await site.publish("TABLE keyed, whole")
      let plain = site.name
      let twoPhase = "\(site.name)_p"
      let oracle = "\(site.name)_t"
      try await Self.client(site, slot: plain).ensureSlot()
      if server.version >= 15 {
        try await Self.client(site, slot: twoPhase) { $0.twoPhase = true }.ensureSlot()
      }
      try await site.sql.run(
        "SELECT pg_create_logical_replication_slot('\(oracle)', 'test_decoding')")
      var history = History(seed: 11, isLarge: server.version < 16, prepares: site.name)
      try await history.run(site.sql, transactions: 40)
      try await site.sql.run("INSERT INTO keyed (id, name) VALUES (0, 'the end')")
      let end = try await site.currentLSN()

      let expected = try await Replica(History.tables, of: site.sql)
      let kinds = try await site.sql.rows(
        """
        SELECT lower(substring(data FROM '^table [^:]*: ([A-Z]+):')) AS kind
        FROM pg_logical_slot_peek_changes('\(oracle)', NULL, NULL)
        WHERE data ~ '^table [^:]*(keyed|whole)[^:]*:'
        """
      ).compactMap { $0.first ?? nil }
      #expect(kinds.count > 60)
      for mode in Self.modes where mode.since <= server.version {
        let client = try Self.client(site, slot: mode.twoPhase ? twoPhase : plain) {
          $0.protocolVersion = mode.version
          $0.streaming = mode.streaming
          $0.twoPhase = mode.twoPhase
          $0.stopAt = end
        }
        let duplex = try await client.startReplication()
        var receiver = BlockReceiver(duplex)
        try await receiver.finish()
        await duplex.close()
        #expect(receiver.openCount == 0, "\(mode)")
        #expect(receiver.changes.map(\.kind.rawValue) == kinds, "\(mode)")
        let counts = receiver.counts
        #expect((counts.streamed > 5) == (mode.streaming != .off), "\(mode)")
        #expect((counts.prepared > 0) == mode.twoPhase, "\(mode)")
        if mode.streaming != .off { #expect(counts.partsUndone > 0, "\(mode)") }
        var replica = Replica(History.tables)
        try replica.apply(receiver.changes)
        #expect(replica == expected, "\(mode)")
      }
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `a slot is made for two-phase commit, or changed only if that is wanted`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      let wishing = try site.client { $0.twoPhase = true }
      await #expect(throws: ReplicationError.self) { try await wishing.ensureSlot() }
      let refused = await #expect(throws: ReplicationError.self) {
        try await wishing.startReplication()
      }
      guard case .slotMismatch = refused else {
        Issue.record("\(String(describing: refused))")
        return
      }
      #expect(try await site.client().slot()?.isTwoPhase == false)

      let converting = try site.client {
        $0.twoPhase = true
        $0.convertsToTwoPhase = true
      }
      try await converting.ensureSlot()
      await (try await converting.startReplication()).close()
      #expect(try await site.client().slot()?.isTwoPhase == true)
      // It stays so for every client; protocol version 1 brings such transactions too.
      try await site.sql.run(
        "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '\(site.name)'")
      let position = try await site.currentLSN()
      try await site.sql.run("COMMIT PREPARED '\(site.name)'")
      for (stop, changes, open) in [(position, 0, 1), (try await site.currentLSN(), 1, 0)] {
        let client = try site.client {
          $0.protocolVersion = .v1
          $0.stopAt = LSN(rawValue: stop.rawValue - 1)
        }
        let duplex = try await client.startReplication()
        var receiver = BlockReceiver(duplex)
        try await receiver.finish()
        await duplex.close()
        #expect(receiver.changes.count == changes && receiver.openCount == open)
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a temporary slot is made for two-phase commit where that exists`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      for isTemporary in [true, false] {
        let client = try site.client {
          $0.twoPhase = true
          $0.temporarySlot = isTemporary
        }
        if server.version < 15 {
          await #expect(
            throws: ReplicationError.requiresServer(
              feature: "the option two_phase", since: 15, found: server.version)
          ) { try await client.ensureSlot() }
          continue
        }
        try await client.ensureSlot()
        #expect(try await client.slot()?.isTwoPhase == true)
        await (try await client.startReplication()).close()
        try await eventually("the slot is free") {
          let slot = try await client.slot()
          return slot?.isActive != true && (slot == nil || !isTemporary)
        }
      }
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `shapes change in the middle of a transaction, in order`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        "CREATE TABLE t (id int PRIMARY KEY, a text, b text, c int); CREATE TABLE filler (id int)")
      try await site.publish("TABLE t")
      let slot = site.name
      try await Self.client(site, slot: slot).ensureSlot()
      let fill = "INSERT INTO filler SELECT generate_series(1, 600)"
      try await site.sql.run(
        """
        BEGIN; INSERT INTO t VALUES (1, 'a', 'b', 1); \(fill);
        ALTER TABLE t RENAME b TO renamed; INSERT INTO t VALUES (2, 'a', 'b', 2); \(fill);
        ALTER TABLE t ALTER c TYPE bigint, ADD COLUMN d int; INSERT INTO t VALUES (3); \(fill);
        ALTER TABLE t DROP COLUMN a, REPLICA IDENTITY FULL; INSERT INTO t VALUES (4); \(fill);
        COMMIT; ANALYZE t; INSERT INTO t VALUES (5)
        """)
      let end = try await site.currentLSN()
      var hashes: Set<[UInt64]> = []
      for streaming in [ReplicationParams.Streaming.off, .on] {
        let client = try Self.client(site, slot: slot) {
          $0.streaming = streaming
          $0.stopAt = end
        }
        let duplex = try await client.startReplication()
        var receiver = BlockReceiver(duplex)
        try await receiver.finish()
        await duplex.close()
        #expect(receiver.changes.map { $0.new["id"] ?? nil } == ["1", "2", "3", "4", "5"])
        let shapes = receiver.shapes
        try #require(shapes.count == 4)
        let differences = shapes.compactMap(\.difference)
        #expect(differences[0].renamed.map(\.after.name) == ["renamed"])
        #expect(differences[1].added.map(\.name) == ["d"])
        #expect(differences[1].changed.filter(\.isRetyped).map(\.after.name) == ["c"])
        #expect(differences[2].dropped.map(\.name) == ["a"])
        #expect(differences[2].formerIdentity == .default)
        hashes.insert(shapes.map(\.relation.shapeHash))
      }
      #expect(hashes.count == 1)
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `pgcdc prints blocks as they come, and confirms what has ended`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare("id int PRIMARY KEY); CREATE TABLE filler (id int")
      let streaming = server.version >= 16 ? "parallel" : "on"
      let url = site.url(setting: ("logical_decoding_work_mem", "64kB"))
      let arguments = [
        "stream", "--url", url, "--slot", site.name, "--publication", site.name, "--until-now",
        "--streaming", streaming, "--provisional", "--messages",
      ]
      let fill = "INSERT INTO filler SELECT generate_series(1, 600)"
      try await site.sql.run(
        """
        BEGIN; INSERT INTO t VALUES (1); SAVEPOINT a; INSERT INTO t VALUES (2); \(fill);
        ROLLBACK TO a; SELECT pg_logical_emit_message(true, 'p', 'in it'); \(fill); COMMIT
        """)
      // One more is open meanwhile: some of it comes, and it comes again.
      let other = try await WireConnection.connect(site.options)
      try await other.run(
        "SET search_path = \(site.name); BEGIN; INSERT INTO t VALUES (3); \(fill); \(fill)")
      let first = try await Pgcdc.run(arguments)
      #expect(first.status == 0, "\(first.errors)")
      let kinds = first.lines.compactMap { $0.split(separator: "\"").dropFirst(3).first }
      #expect(kinds.filter { $0 == "stream_commit" }.count == 1)
      #expect(kinds.filter { $0 == "stream_abort" }.count == 1)
      #expect(kinds.filter { $0 == "message" }.count == 1)
      #expect(first.lines.filter { $0.contains("\"provisional\":true") }.count >= 3)
      #expect(first.lines.contains { $0.contains("\"new\":{\"id\":3}") })
      try await other.run("COMMIT")
      other.close()
      let second = try await Pgcdc.run(arguments)
      #expect(second.status == 0, "\(second.errors)")
      #expect(try JSONReplica.insertedIDs(second.lines) == [3])
      // Not in blocks: all but its end lies before where the slot is, and is not streamed early.
      #expect(second.lines.last?.hasPrefix("{\"kind\":\"commit\"") == true)
    }
  }

  @Test(arguments: TestServer.all)
  func `a large transaction that is known to be rolled back gives nothing`(
    server: TestServer
  ) async throws {
    // Of its subtransactions servers 18.0 to 18.6 send aborts, with streaming and without.
    try await onSite(server) { site in
      try await site.prepare("id int PRIMARY KEY, name text")
      try await site.sql.run(
        """
        BEGIN; SAVEPOINT a; INSERT INTO t VALUES (-1); RELEASE a; SAVEPOINT b; INSERT INTO t VALUES (-2);
        RELEASE b; INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, 3000) n; ROLLBACK
        """)
      try await site.sql.run("INSERT INTO t VALUES (0)")
      let end = try await site.currentLSN()
      let connection = try ConnectionOptions(
        site.url(setting: ("logical_decoding_work_mem", "64kB")))
      for mode in Self.modes where mode.since <= server.version && !mode.twoPhase {
        let client = try site.client {
          $0.connection = connection
          $0.protocolVersion = mode.version
          $0.streaming = mode.streaming
          $0.stopAt = end
        }
        let duplex = try await client.startReplication()
        var receiver = BlockReceiver(duplex)
        try await receiver.finish()
        await duplex.close()
        #expect(receiver.changes.map(\.new["id"]) == ["0"], "\(mode)")
        #expect(receiver.openCount == 0, "\(mode)")
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `pgcdc names the server that has what was asked for`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      for (options, since) in [
        (["--proto-version", "2"], 14), (["--proto-version", "3"], 15),
        (["--proto-version", "4"], 16), (["--streaming", "on"], 14),
        (["--streaming", "parallel"], 16), (["--two-phase"], 15), (["--origin", "none"], 16),
      ] where since > server.version {
        let outcome = try await Pgcdc.run(
          ["stream"] + site.arguments + ["--until-now"] + options)
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("PostgreSQL \(since) or later"), "\(outcome.errors)")
      }
    }
  }
}
