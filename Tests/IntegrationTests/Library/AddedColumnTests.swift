import PGOutput
import PGWire
import ReplicationCore
import Testing

/// What rows have in a column that was added after them.
@Suite struct AddedColumnTests {
  private static let quoted = #"it's "so", {a,NULL} \ é"#

  /// How a column is added, and what its type prints; `nil` if rows have NULL.
  private static let computedOnce = [
    "int DEFAULT 5": "5", "text DEFAULT ''": "", "text DEFAULT 'NULL'": "NULL",
    "text DEFAULT '\(quoted.replacing("'", with: "''"))'": quoted,
    "int[] DEFAULT '{1,NULL}'": "{1,NULL}", "text[] DEFAULT '{\"a b\",\"\"}'": "{\"a b\",\"\"}",
    "box DEFAULT '(1,1),(0,0)'": "(1,1),(0,0)", "bool NOT NULL DEFAULT true": "t",
    "bytea DEFAULT '\\x00ff'": "\\x00ff", "text DEFAULT NULL": nil, "text": nil,
  ]

  @Test(arguments: TestServer.all)
  func `a default that is computed once is the value of earlier rows`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare("id int PRIMARY KEY); INSERT INTO t VALUES (1")
      try await site.sql.run("INSERT INTO t VALUES (2)")
      let duplex = try await site.client().startReplication()
      var receiver = BlockReceiver(duplex)
      _ = try #require(try await receiver.nextRelation())
      // Of a table that the stream shows for the first time nothing is added.
      #expect(try await duplex.earlierValues(of: try #require(receiver.shapes.last)).isEmpty)

      var row = 2
      func add(_ definition: String) async throws -> AddedColumn {
        row += 1
        try await site.sql.run(
          "ALTER TABLE t ADD c\(row) \(definition); INSERT INTO t (id) VALUES (\(row))")
        _ = try #require(try await receiver.nextRelation())
        let added = try await duplex.earlierValues(of: try #require(receiver.shapes.last))
        #expect(added.map(\.column.name) == ["c\(row)"], "\(definition)")
        return try #require(added.first)
      }

      for (definition, value) in Self.computedOnce {
        let expected = value.map { EarlierValue.value($0) } ?? .null
        #expect(try await add(definition).earlierValue == expected, "\(definition)")
        // That is what the table has.
        let found = try await site.sql.query("SELECT c\(row) AS c FROM t WHERE id = 1")
        #expect(found.first?.first("c") == value, "\(definition)")
      }
      let time = try await add("timestamptz DEFAULT now()")
      let now = try await site.sql.value("SELECT c\(row) FROM t WHERE id = 1")
      #expect(time.earlierValue == .value(now))
      // The default of later rows is another matter.
      try await site.sql.run("ALTER TABLE t ALTER c\(row) SET DEFAULT '2000-01-01'")
      let again = try await duplex.earlierValues(
        of: [time.column], in: try #require(receiver.shapes.last).relation)
      #expect(again.first?.earlierValue == .value(now))

      // These give each row a value of its own.
      #expect(try await add("float8 DEFAULT random()").earlierValue == .unknown(.rewritten))
      #expect(
        try await add("int GENERATED ALWAYS AS IDENTITY").earlierValue == .unknown(.rewritten))
      let gone = try await duplex.earlierValues(
        of: [Relation.Column(name: "other", isKey: false, typeOID: 23, typeModifier: -1)],
        in: try #require(receiver.shapes.last).relation)
      #expect(gone.map(\.earlierValue) == [.unknown(.notFound)])
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `partitions are asked for a root's column`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE t (id int PRIMARY KEY) PARTITION BY LIST (id);
        CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1, 2, 3);
        CREATE TABLE t4 PARTITION OF t FOR VALUES IN (4);
        INSERT INTO t VALUES (1), (4)
        """)
      try await site.publish("TABLE t")
      try await site.sql.run(
        "ALTER PUBLICATION \(site.name) SET (publish_via_partition_root = true)")
      try await site.client().ensureSlot()
      try await site.sql.run(
        """
        INSERT INTO t VALUES (2); ALTER TABLE t ADD c int DEFAULT 7;
        CREATE TABLE t5 PARTITION OF t FOR VALUES IN (5); INSERT INTO t VALUES (3)
        """)
      let duplex = try await site.client().startReplication()
      var receiver = BlockReceiver(duplex)
      // The server describes the root and then the partition, each time.
      for _ in 0..<4 { _ = try #require(try await receiver.nextRelation()) }
      let changes = receiver.shapes.suffix(2)
      #expect(changes.map(\.relation.name) == ["t", "t1"])
      for change in changes {
        #expect(try await duplex.earlierValues(of: change).map(\.earlierValue) == [.value("7")])
      }
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `an old column that a publication shows now is no added one`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY, c int)")
      try await site.publish("TABLE t (id)")
      try await site.client().ensureSlot()
      try await site.sql.run("INSERT INTO t VALUES (1, 1)")
      try await site.sql.run("ALTER PUBLICATION \(site.name) SET TABLE t (id, c)")
      try await site.sql.run("INSERT INTO t VALUES (2, 2)")
      let duplex = try await site.client().startReplication()
      var receiver = BlockReceiver(duplex)
      _ = try #require(try await receiver.nextRelation())
      _ = try #require(try await receiver.nextRelation())
      let added = try await duplex.earlierValues(of: try #require(receiver.shapes.last))
      #expect(added.map(\.earlierValue) == [.unknown(.columnList)])
      await duplex.close()
    }
  }
}
