import PGOutput
import PGWire
import ReplicationCore
import Testing

/// What the catalog says of tables and the stream doesn't.
@Suite struct TableDescriptionTests {
  @Test(arguments: TestServer.all)
  func `primary keys in their order, NOT NULL and defaults`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE keyed (a int, b text NOT NULL DEFAULT 'it''s', c int DEFAULT 5,
          d int GENERATED ALWAYS AS (a + 1) STORED, e int,
          PRIMARY KEY (c, a) INCLUDE (e));
        CREATE TABLE plain (a int); ALTER TABLE keyed DROP e CASCADE
        """)
      let client = try site.client()
      defer { client.close() }
      func oid(_ table: String) async throws -> UInt32 {
        let text = try await site.sql.value("SELECT '\(table)'::regclass::oid::text")
        return try #require(UInt32(text))
      }
      // The primary key has gone with the column that it included.
      try await site.sql.run("ALTER TABLE keyed ADD PRIMARY KEY (c, a) INCLUDE (b)")
      let oids = [try await oid("keyed"), try await oid("plain"), 4_000_000_000]
      let tables = try await client.describeTables(oids).sorted { $0.oid < $1.oid }
      #expect(tables.map(\.oid) == oids.prefix(2).sorted())
      let keyed = try #require(tables.first { $0.oid == oids[0] })
      #expect(keyed.primaryKey == ["c", "a"])
      #expect(keyed.columns.map(\.name) == ["a", "b", "c", "d"])
      #expect(keyed.columns.map(\.isNotNull) == [true, true, true, false])
      #expect(keyed.columns.map(\.defaultExpression) == [nil, "'it''s'::text", "5", nil])
      let plain = try #require(tables.first { $0.oid == oids[1] })
      #expect(plain.primaryKey.isEmpty && plain.columns.map(\.isNotNull) == [false])
      #expect(try await client.describeTables([]).isEmpty)
    }
  }
}
