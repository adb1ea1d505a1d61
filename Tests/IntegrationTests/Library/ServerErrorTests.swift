import PGWire
import ReplicationCore
import Synchronization
import Testing

/// What a server's errors mean, by the fields that real servers send.
///
/// Where the server has them, its messages are German here.
@Suite struct ServerErrorTests {
  /// The other language, which needs a locale of the system and the server's own translations.
  private static let language = "de_DE.UTF-8"

  private func hasLanguage(_ sql: WireConnection) async throws -> Bool {
    do {
      try await sql.run("BEGIN; SET LOCAL lc_messages = '\(Self.language)'; ROLLBACK")
      return true
    } catch {
      try await sql.run("ROLLBACK")
      return false
    }
  }

  /// How to connect so that the server's messages are translated, if it can do that.
  private func options(_ site: Site) async throws -> ConnectionOptions {
    try site.options(
      try await hasLanguage(site.sql) ? ["options": "-c lc_messages=\(Self.language)"] : [:])
  }

  /// Lets a server translate all of its messages, if it can do that.
  private func translate(over sql: WireConnection) async throws {
    guard try await hasLanguage(sql) else { return }
    try await sql.run("ALTER SYSTEM SET lc_messages = '\(Self.language)'")
    try await sql.run("SELECT pg_reload_conf()")
  }

  private func failure(
    _ body: () async throws(ReplicationError) -> some Any
  ) async -> ReplicationError? {
    do throws(ReplicationError) {
      _ = try await body()
      return nil
    } catch {
      return error
    }
  }

  private func expect(
    _ error: ReplicationError?, _ category: ErrorCategory, _ state: SQLState,
    advice: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let error = try #require(error, sourceLocation: sourceLocation)
    #expect(error.sqlState == state, "\(error)", sourceLocation: sourceLocation)
    #expect(error.category == category, "\(error)", sourceLocation: sourceLocation)
    let found = error.serverError?.advice
    if let advice {
      #expect(found?.contains(advice) == true, "\(error)", sourceLocation: sourceLocation)
    } else {
      #expect(found == nil, "\(error)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version < 18 })
  func `a publication that came later needs an operator`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY)")
      let options = try await options(site)
      let client = try site.client { $0.connection = options }
      try await client.with { $0.publications = [] }.ensureSlot()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      try await site.publish("TABLE t")
      let error = await failure { () throws(ReplicationError) in
        let duplex = try await client.startReplication()
        while try await duplex.recv() != nil {}
      }
      try expect(error, .needsOperator, .undefinedObject, advice: "before the slot")
      // The same words over SQL are another condition.
      let sql = try await WireConnection.connect(options)
      let plain = await #expect(throws: PGWireError.self) {
        try await sql.query("SELECT pg_catalog.pg_get_publication_tables('no such')")
      }
      #expect(plain?.category == .fatal && plain?.serverError?.advice == nil, "\(plain as Any)")
      sql.close()
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `column lists that differ need an operator`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY, a int, b int)")
      try await site.publish("TABLE t (id, a)")
      let second = "\(site.name)p2"
      try await site.sql.run("CREATE PUBLICATION \(second) FOR TABLE t (id, b)")
      let options = try await options(site)
      let client = try site.client {
        $0.connection = options
        $0.publications.append(second)
      }
      try await client.ensureSlot()
      try await site.sql.run("INSERT INTO t VALUES (1, 1, 1)")
      let error = await failure { () throws(ReplicationError) in
        let duplex = try await client.startReplication()
        while try await duplex.recv() != nil {}
      }
      try await site.sql.run("DROP PUBLICATION \(second)")
      try expect(error, .needsOperator, .featureNotSupported)
    }
  }

  @Test(arguments: TestServer.all)
  func `a session without replication points to a pooler`(server: TestServer) async throws {
    try await onSite(server) { site in
      let sql = try await WireConnection.connect(try await options(site))
      defer { sql.close() }
      for command in [
        "START_REPLICATION SLOT s LOGICAL 0/0", "CREATE_REPLICATION_SLOT s LOGICAL p",
      ] {
        let error = await #expect(throws: PGWireError.self) { try await sql.query(command) }
        #expect(error?.serverError?.sqlState == .syntaxError)
        #expect(error?.serverError?.advice?.contains("pooler") == true, "\(error as Any)")
      }
      let other = await #expect(throws: PGWireError.self) { try await sql.query("SELEKT") }
      #expect(other?.serverError?.sqlState == .syntaxError && other?.serverError?.advice == nil)
    }
  }

  @Test(arguments: TestServer.all.filter { TestServer.startable.contains($0) || $0.version == 15 })
  func `settings that are too low need an operator`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      let sql = try await WireConnection.connect(own.localOptions())
      let options = try own.localOptions()
      try await translate(over: sql)
      try await sql.run("ALTER SYSTEM SET max_wal_senders = 1")
      // Since 19 a server begins to log what decoding needs when there is a slot.
      let isFixed = server.version < 19
      if isFixed { try await sql.run("ALTER SYSTEM SET wal_level = replica") }
      sql.close()
      try await own.restart(mode: "fast")
      var params = ReplicationParams(connection: options, slot: "s", publications: [])
      params.plugin = "test_decoding"
      let client = try Client(params)
      if isFixed {
        let error = await failure { () throws(ReplicationError) in try await client.createSlot() }
        try expect(error, .needsOperator, .objectNotInPrerequisiteState)
        let temporary = try client.with { $0.temporarySlot = true }
        let other = await failure { () throws(ReplicationError) in
          try await temporary.createSlot()
        }
        try expect(other, .needsOperator, .objectNotInPrerequisiteState)
      }
      let taken = Mutex<WireConnection?>(nil)
      try await eventually("the only walsender is ours") {
        guard let only = try? await WireConnection.connect(options, replication: .database) else {
          return false
        }
        taken.withLock { $0 = only }
        return true
      }
      let error = await #expect(throws: PGWireError.self) {
        try await WireConnection.connect(options, replication: .database)
      }
      taken.withLock { $0 }?.close()
      #expect(error?.category == .transient)
      #expect(error?.serverError?.advice?.contains("pg_stat_replication") == true)
    }
  }

  @Test(arguments: TestServer.withoutFailoverSlots.filter { $0.version < 16 })
  func `a standby that can't decode needs an operator`(server: TestServer) async throws {
    try await PrimaryAndStandby.with(server) { servers in
      let options = try servers.standby.localOptions()
      try await translate(over: servers.onStandby)
      let params = ReplicationParams(connection: options, slot: "s", publications: [])
      let client = try Client(params)
      let error = await failure { () throws(ReplicationError) in try await client.createSlot() }
      try expect(error, .needsOperator, .featureNotSupported)
    }
  }

  /// The standby removes rows that its slot still needs, and says so in a detail alone.
  @Test(arguments: TestServer.newest.filter { TestServer.withFailoverSlots.contains($0) })
  func `a slot that a standby has lost ends its stream for good`(
    server: TestServer
  ) async throws {
    try await PrimaryAndStandby.with(server) { servers in
      let options = try servers.standby.localOptions()
      try await translate(over: servers.onStandby)
      var params = ReplicationParams(connection: options, slot: "s", publications: ["p"])
      params.createsSlot = true
      let client = try Client(params)
      // A slot's creation waits for a sign of life from the primary.
      let made = Task { try await client.ensureSlot() }
      try await eventually("the slot is there") {
        try await servers.onPrimary.run("SELECT pg_catalog.pg_log_standby_snapshot()")
        return try await servers.onStandby.value(
          "SELECT count(confirmed_flush_lsn) FROM pg_replication_slots WHERE slot_name = 's'")
          == "1"
      }
      _ = try await made.value
      let duplex = try await client.startReplication()
      try await servers.onStandby.run("ALTER SYSTEM SET hot_standby_feedback = off")
      try await servers.onStandby.run("SELECT pg_reload_conf()")
      try await eventually("the primary keeps nothing for the standby") {
        try await servers.onPrimary.value(
          """
          SELECT count(*) FROM pg_replication_slots
          WHERE xmin IS NOT NULL OR catalog_xmin IS NOT NULL
          """) == "0"
      }
      try await servers.onPrimary.run("CREATE TABLE gone (); DROP TABLE gone")
      try await servers.onPrimary.run("VACUUM FULL pg_catalog.pg_class")
      let error = await failure { () throws(ReplicationError) in
        while try await duplex.recv() != nil {}
      }
      guard case .slotInvalidated("s", .rowsRemoved, let words) = error else {
        Issue.record("\(error as Any)")
        return
      }
      #expect([.serializationFailure, .adminShutdown].contains(words.sqlState), "\(words)")
      #expect(error?.category == .fatal)
    }
  }
}
