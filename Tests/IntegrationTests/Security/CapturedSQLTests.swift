import Foundation
import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

/// SQL of ours means what it says, whatever database users have made.
@Suite struct CapturedSQLTests {
  @Test(arguments: TestServer.all)
  func `nothing that a database user has planted is ever used`(server: TestServer) async throws {
    try await onSite(server, limit: .seconds(400)) { site in
      let own = try await site.inNewDatabase()
      defer { own.sql.close() }
      try await Self.prepare(own)
      let tap = try StatementTap(to: own.options.host, port: UInt16(own.options.port))
      let tapped = try Self.site(own, through: tap)

      // What is asked, as long as nothing is planted.
      try await Self.useEverything(tapped)
      let questions = Self.questions(tap)
      #expect(questions.count >= 30, "\(questions)")

      let planted = try await PlantedObjects.plant(for: questions, over: own.sql)
      #expect(zip(planted, [1000, 40, 5, 10]).allSatisfy { $0 >= $1 }, "\(planted)")
      try await own.sql.run(
        """
        ALTER DATABASE \(own.options.database) SET search_path = evil, pg_catalog, public;
        ALTER DATABASE \(own.options.database) SET standard_conforming_strings = \
        \(server.version < 19 ? "off" : "on")
        """)
      // They do catch what is not qualified.
      let other = try await WireConnection.connect(own.options)
      await #expect(throws: PGWireError.self) {
        try await other.query("SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'pg_class'")
      }
      other.close()
      let before = try await PlantedObjects.marks(own.sql)
      #expect(before > 0)

      try await Self.useEverything(tapped)
      #expect(try await PlantedObjects.marks(own.sql) == before)

      // Nor would it be without the pinned path.
      try await own.sql.run(
        """
        RESET search_path; CREATE ROLE \(site.name)probe;
        GRANT USAGE ON SCHEMA \(site.name) TO \(site.name)probe;
        GRANT SELECT ON ALL TABLES IN SCHEMA \(site.name) TO \(site.name)probe
        """)
      let control = try await PlantedObjects.captured(
        ["SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'pg_class'"], over: own.sql,
        as: "\(site.name)probe")
      #expect(control.count == 1)
      let captured = try await PlantedObjects.captured(
        Self.questions(tap), over: own.sql, as: "\(site.name)probe")
      #expect(captured.isEmpty, "\(captured.joined(separator: "\n\n"))")
      try await own.sql.run(
        "DROP OWNED BY \(site.name)probe; ALTER DATABASE \(own.options.database) RESET ALL")
    }
  }

  /// All queries, those inside of COPY included.
  private static func questions(_ tap: StatementTap) -> [String] {
    tap.statements.compactMap { statement in
      if let copy = statement.firstMatch(of: #/^COPY \((.*)\) TO STDOUT/#.dotMatchesNewlines()) {
        return String(copy.output.1)
      }
      return ["SELECT", "WITH"].contains { statement.hasPrefix($0) } ? statement : nil
    }
  }

  private static func prepare(_ site: Site) async throws {
    try await site.sql.run(
      """
      CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TYPE pair AS (a int, m mood);
      CREATE DOMAIN small AS int CHECK (VALUE < 100);
      CREATE TABLE t (id int PRIMARY KEY, m mood, p pair, d small[], r int4range, b text);
      CREATE TABLE parted (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
      CREATE TABLE large (id int PRIMARY KEY, v text);
      CREATE TABLE named (name mood PRIMARY KEY); INSERT INTO named VALUES ('a'), ('b');
      INSERT INTO large SELECT n, repeat('x', 500) FROM generate_series(1, 4000) AS n;
      INSERT INTO t VALUES (1, 'a', '(1,b)', '{1}', '[1,2)', 'x');
      INSERT INTO parted VALUES (1, 'x')
      """)
    try await site.publish("TABLE t, parted, large, named")
  }

  /// The same site, by way of the tap.
  private static func site(_ site: Site, through tap: StatementTap) throws -> Site {
    var parts = try #require(URLComponents(string: site.url))
    parts.host = "127.0.0.1"
    parts.port = Int(tap.port)
    let mode = URLQueryItem(name: "sslmode", value: "disable")
    parts.queryItems = (parts.queryItems ?? []).filter { $0.name != "sslmode" } + [mode]
    let url = try #require(parts.string)
    return Site(
      server: site.server, name: site.name, sql: site.sql, options: try ConnectionOptions(url),
      url: url)
  }

  /// Every command of `pgcdc` and every call of the library that asks a server something.
  private static func useEverything(_ site: Site) async throws {
    try await useCommands(site)
    try await useClient(site)
  }

  private static func useCommands(_ site: Site) async throws {
    let slot = ["--url", site.url, "--slot", site.name]
    let stream = slot + ["--publication", site.name, "--until-now"]
    let checkpoint = FileManager.default.temporaryDirectory
      .appending(path: "it-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: checkpoint) }
    func run(_ arguments: [String], status: Set<Int32> = [0]) async throws {
      let outcome = try await Pgcdc.run(arguments)
      #expect(
        status.contains(outcome.status), "\(arguments) said: \(outcome.errors)\(outcome.output)")
      #expect(!outcome.errors.contains("caught"), "\(arguments) said: \(outcome.errors)")
    }
    try await run(["slot", "ensure", "--publication", site.name] + slot)
    try await site.sql.run(
      "SET search_path = \(site.name); UPDATE t SET b = 'y'; UPDATE parted SET v = 'y'")
    try await run(["slot", "list", "--url", site.url])
    try await run(["slot", "show"] + slot)
    try await run(["stream", "--no-ack"] + stream)
    if site.server.version >= 14 { try await run(["stream", "--no-ack", "--binary"] + stream) }
    try await run(["stream", "--checkpoint", checkpoint] + stream)
    try await run(["stream", "--checkpoint", checkpoint] + stream)
    try await run(["doctor", "--publication", site.name] + slot, status: [0, 2])
    try await run(["slot", "advance", "--to", "0/1"] + slot)
    try await run(["slot", "drop"] + slot)
    try await run(["stream", "--snapshot", "initial"] + stream)
    try await run(["slot", "drop"] + slot)
    try await run(["stream", "--temporary", "--snapshot", "initial"] + stream)
    let second = checkpoint + "2"
    defer { try? FileManager.default.removeItem(atPath: second) }
    let incremental = ["stream", "--checkpoint", second, "--snapshot", "incremental"] + stream
    try await run(incremental)
    try await run(incremental + ["--resnapshot", "t", "--snapshot-tables", "t,other"])
    try await run(["slot", "drop"] + slot)
  }

  private static func useClient(_ site: Site) async throws {
    let client = try site.client()
    defer { client.close() }
    try await waitForOpenTransaction(site)
    var definition = PublicationDefinition(
      "\(site.name)p2", tables: [PublicationTable("t", schema: site.name)])
    _ = try await client.ensurePublication(definition)
    _ = try await client.ensureSlotAndCurrentLSN()
    _ = try await client.insertLSN()
    _ = try await client.slotHealth(watchingFor: .milliseconds(10))
    _ = try await client.publishedTables()
    definition.operations = [.insert]
    _ = try await client.ensurePublication(definition, alters: true)
    try await site.sql.run("DROP PUBLICATION \(site.name)p2")
    try await client.setReplicaIdentity(.full, of: "t", schema: site.name)
    try await client.setReplicaIdentity(.default, of: "t", schema: site.name)
    try await client.copySlot(to: "\(site.name)copy")
    try await client.with { $0.slot = "\(site.name)copy" }.dropSlot()
    if site.server.version >= 17 { try await client.alterSlot(SlotOptions(isFailover: true)) }
    _ = try await client.checkResume(try await client.checkpoint(at: try await client.currentLSN()))

    let holder = try await client.startReplication()
    _ = try await client.slotHolder()
    await #expect(throws: ReplicationError.self) { try await client.startReplication() }
    let other = try site.client()
    try await other.takeOver(TakeOverPolicy(user: site.options.user))
    let duplex = try await other.startReplication()
    _ = try await duplex.describeTypes(
      [UInt32(try await site.sql.value("SELECT '\(site.name).pair'::regtype::oid")) ?? 0])
    let table = UInt32(try await site.sql.value("SELECT '\(site.name).t'::regclass::oid")) ?? 0
    _ = try await duplex.describeTables([table])
    _ = try await duplex.earlierValues(
      of: [Relation.Column(name: "id", isKey: true, typeOID: 23, typeModifier: -1)],
      in: Relation(
        oid: table, namespace: site.name, name: "t", replicaIdentity: .default, columns: []))
    await duplex.close()
    await holder.close()
    other.close()
    try await client.dropSlot()
    try await client.withUsedSnapshot { _, _ in }
    try await client.dropSlot()
    // In ranges of blocks.
    try await client.withExportedSnapshot { snapshot in
      var options = SnapshotOptions()
      (options.workers, options.leastBlocks) = (2, 8)
      try await snapshot.read(try await snapshot.tables(), options: options) { _ in }
    }
    try await client.dropSlot()
    try await client.withSnapshotBeforeSlot { _ in }
    try await client.dropSlot()
    try await useRanges(client)
  }

  /// Tables that are read in ranges, and where keys of a type lie whose order the server knows.
  private static func useRanges(_ client: Client) async throws {
    let driver = RangeDriver(client) { $0.chunkBytes = 100_000 }
    let read = try await driver.readAll()
    #expect(read["large"]?.ranges.count ?? 0 > 4 && read["named"]?.rows.count == 2)
    let named = try #require(driver.tables.values.first { $0.table.relation.name == "named" })
    let key = Key([.opaque(Array("b".utf8))])
    #expect(
      try await driver.readers.places(of: [key], by: named.shape, [KeyBound(.before, key)]) == [1])
    await driver.readers.close()
  }

  /// A slot that waits for a transaction, so that what it waits for is asked.
  private static func waitForOpenTransaction(_ site: Site) async throws {
    let client = try site.client()
    let open = try await WireConnection.connect(site.options)
    try await open.run("BEGIN; SELECT pg_catalog.pg_current_xact_id()")
    let waits = AsyncStream.makeStream(of: SlotWait.self)
    let creation = Task {
      // Without a wait it must not be waited for.
      defer { waits.continuation.finish() }
      return try await client.createSlot { waits.continuation.yield($0) }
    }
    for await _ in waits.stream { break }
    try await open.run("COMMIT")
    open.close()
    _ = try await creation.value
    try await client.dropSlot()
  }
}
