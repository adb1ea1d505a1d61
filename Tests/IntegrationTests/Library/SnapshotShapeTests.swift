import PGOutput
import PGWire
import ReplicationCore
import Testing

/// A snapshot has the tables, the rows and the columns that the stream has.
@Suite struct SnapshotShapeTests {
  /// Reads the snapshot, has all rows of the tables inserted once more, and compares with the stream.
  ///
  /// - Parameter again: Statements that delete and insert all rows.
  private func expectSameAsStream(
    _ site: Site, _ client: Client, again: String, tables: [String]
  ) async throws {
    let (rows, shapes, start) = try await client.withExportedSnapshot { snapshot in
      let tables = try await snapshot.tables()
      return (
        try await SnapshotRows.all(of: snapshot), tables.map(\.relation), snapshot.consistentPoint
      )
    }
    #expect(shapes.map(\.name).sorted() == tables.sorted())
    #expect(rows.ends.keys.sorted() == tables.sorted())
    try await site.sql.run("BEGIN; \(again); COMMIT")
    let end = try await client.insertLSN()
    let duplex = try await client.with { $0.stopAt = LSN(rawValue: end.rawValue - 1) }
      .startReplication(from: start)
    var receiver = BlockReceiver(duplex)
    try await receiver.finish()
    await duplex.close()
    let inserts = receiver.changes.filter { $0.kind == .insert }
    for shape in shapes {
      let streamed = inserts.filter { $0.tables == [shape.name] }.map(\.new.sorted)
      let copied = rows.rows(of: shape.name).map(\.sorted)
      #expect(Set(copied) == Set(streamed), "\(shape.name)")
      #expect(copied.count == streamed.count)
      let other = try #require(receiver.shapes.map(\.relation).last { $0.name == shape.name })
      #expect(shape.hasSameShape(as: other), "\(shape.name)")
      #expect(shape.oid == other.oid && shape.shapeHash == other.shapeHash)
    }
    #expect(inserts.count == rows.changes.count)
  }

  @Test(arguments: TestServer.all)
  func `shapes are those of the stream`(server: TestServer) async throws {
    try await onSite(server) { site in
      for statement in [
        "CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN small AS int",
        "CREATE DOMAIN smaller AS small", "CREATE DOMAIN moods AS mood",
        """
        CREATE TABLE plain (gone int, id int PRIMARY KEY, m mood, d smaller, e moods, a mood[],
          v varchar(7), n numeric(10,2), g int GENERATED ALWAYS AS (2 * 3) STORED)
        """,
        "ALTER TABLE plain DROP gone",
        "CREATE TABLE whole (a int, b text COLLATE \"C\")",
        "ALTER TABLE whole REPLICA IDENTITY FULL",
        "CREATE TABLE indexed (a int NOT NULL, b int NOT NULL, c int)",
        "CREATE UNIQUE INDEX by_b ON indexed (b) INCLUDE (c)",
        "ALTER TABLE indexed REPLICA IDENTITY USING INDEX by_b",
        "CREATE TABLE bare (a int)", "INSERT INTO bare VALUES (7)", "CREATE TABLE parent (a int)",
        "CREATE TABLE \"chïld \"\"q\"\" 'a'\" (\"ö \"\"x\"\"\" int) INHERITS (parent)",
        "INSERT INTO plain VALUES (1, 'ok', 2, 'sad', '{ok,NULL}', 'v', 1.5)",
        "INSERT INTO plain (id) VALUES (2)",
        "INSERT INTO whole VALUES (1, 'x'), (NULL, E'a\\tb\\\\')",
        "INSERT INTO indexed VALUES (1, 2, 3)",
        "INSERT INTO parent VALUES (1)", "INSERT INTO \"chïld \"\"q\"\" 'a'\" VALUES (2, 3)",
      ] { try await site.sql.run(statement) }
      let child = "chïld \"q\" 'a'"
      try await site.publish("TABLE plain, whole, indexed, parent, bare")
      try await site.sql.run("ALTER PUBLICATION \(site.name) SET (publish = 'insert')")
      let quoted = "\"chïld \"\"q\"\" 'a'\""
      try await expectSameAsStream(
        site, try site.client(),
        again: """
          CREATE TEMP TABLE p AS SELECT * FROM plain; DELETE FROM plain;
          INSERT INTO plain SELECT id, m, d, e, a, v, n FROM p;
          INSERT INTO whole SELECT * FROM whole; INSERT INTO bare SELECT * FROM bare;
          CREATE TEMP TABLE i AS SELECT * FROM indexed; DELETE FROM indexed;
          INSERT INTO indexed SELECT * FROM i; INSERT INTO parent SELECT * FROM ONLY parent;
          INSERT INTO \(quoted) SELECT * FROM \(quoted)
          """,
        tables: ["plain", "whole", "indexed", "parent", child, "bare"])
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `column lists and row filters hold for the snapshot`(server: TestServer) async throws {
    try await onSite(server) { site in
      let generated = server.version >= 18 ? ", g int GENERATED ALWAYS AS (id * 2) STORED" : ""
      try await site.sql.run(
        """
        CREATE TABLE "t ""1"" u" (id int PRIMARY KEY, "sécret" text, kept text\(generated));
        INSERT INTO "t ""1"" u" SELECT i, 's' || i, 'k' || i FROM generate_series(1, 100) i;
        CREATE TABLE u (id int PRIMARY KEY, n int);
        INSERT INTO u SELECT i, i FROM generate_series(1, 20) i;
        CREATE TABLE w (id int PRIMARY KEY);
        INSERT INTO w SELECT generate_series(1, 5)
        """)
      let columns = server.version >= 18 ? "id, kept, g" : "id, kept"
      try await site.publish(
        """
        TABLE "t ""1"" u" (\(columns)) WHERE (id < 10 OR id > 95), u WHERE (id <= 3), \
        w WHERE (id = 1)
        """)
      let second = "\(site.name)_2"
      let third = "\(site.name)_3"
      try await site.sql.run(
        """
        CREATE PUBLICATION \(second) FOR TABLE "t ""1"" u" (\(columns)) WHERE (id = 50),
          u WHERE (id = 20), w;
        CREATE PUBLICATION \(third) FOR TABLE u WITH (publish = 'delete')
        """)
      let client = try site.client { $0.publications = [site.name, second, third] }
      try await expectSameAsStream(
        site, client,
        again: """
          CREATE TEMP TABLE a AS SELECT id, "sécret", kept FROM "t ""1"" u";
          DELETE FROM "t ""1"" u"; INSERT INTO "t ""1"" u" SELECT * FROM a;
          CREATE TEMP TABLE b AS SELECT * FROM u; DELETE FROM u; INSERT INTO u SELECT * FROM b;
          CREATE TEMP TABLE c AS SELECT * FROM w; DELETE FROM w; INSERT INTO w SELECT * FROM c
          """,
        tables: ["t \"1\" u", "u", "w"])
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `different columns of one table are refused as by the stream`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY, a int, b int)")
      try await site.publish("TABLE t (id, a)")
      try await site.sql.run("CREATE PUBLICATION \(site.name)_2 FOR TABLE t")
      let client = try site.client { $0.publications.append("\(site.name)_2") }
      let error = await #expect(throws: ReplicationError.self) {
        try await client.withExportedSnapshot { snapshot in try await snapshot.tables() }
      }
      guard case .snapshotRefused(.differentColumns(let table, let publications)) = error else {
        Issue.record("\(error as Any)")
        return
      }
      #expect(table == "\"\(site.name)\".\"t\"")
      #expect(publications == [site.name, "\(site.name)_2"])
      #expect(try await !site.hasSlot())
    }
  }

  @Test(arguments: TestServer.all, [false, true])
  func `partitions come as the stream has them`(server: TestServer, viaRoot: Bool) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE root (id int PRIMARY KEY, t text) PARTITION BY RANGE (id);
        CREATE TABLE one PARTITION OF root FOR VALUES FROM (0) TO (10);
        CREATE TABLE two (gone int, t text, id int NOT NULL); ALTER TABLE two DROP gone;
        CREATE TABLE mid PARTITION OF root FOR VALUES FROM (10) TO (30) PARTITION BY RANGE (id);
        ALTER TABLE mid ATTACH PARTITION two FOR VALUES FROM (10) TO (20);
        CREATE UNLOGGED TABLE lost PARTITION OF root FOR VALUES FROM (90) TO (99);
        INSERT INTO root SELECT i, 'r' || i FROM generate_series(0, 19) i;
        INSERT INTO root VALUES (90, 'not in the log')
        """)
      try await site.sql.run(
        """
        CREATE PUBLICATION \(site.name) FOR TABLE root
          WITH (publish_via_partition_root = \(viaRoot))
        """)
      // Another one, that would have the partitions themselves.
      try await site.sql.run("CREATE PUBLICATION \(site.name)_2 FOR TABLE two")
      let client = try site.client { $0.publications.append("\(site.name)_2") }
      try await expectSameAsStream(
        site, client,
        again: """
          CREATE TEMP TABLE r AS SELECT * FROM root; DELETE FROM root;
          INSERT INTO root SELECT * FROM r
          """,
        tables: viaRoot ? ["root"] : ["one", "two"])
    }
  }
}
