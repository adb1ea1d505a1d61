import Foundation
import PGWire
import ReplicationCore
import Testing

/// Planning a query of a table runs what is constant in the expressions of its indexes and extended
/// statistics; these belong to the table's owner, the session's rights to us.
@Suite struct ForeignCodeTests {
  /// A published table of an ordinary role, with a function of that role's that must not be called.
  private func prepare(_ site: Site) async throws {
    let owner = "\(site.name)owner"
    try await site.sql.run(
      """
      CREATE ROLE \(owner); GRANT ALL ON SCHEMA \(site.name) TO \(owner); SET ROLE \(owner);
      CREATE TABLE t (id int PRIMARY KEY, v text);
      INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 2000) AS n;
      CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
      INSERT INTO parted VALUES (1), (2);
      CREATE FUNCTION harmless(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
      CREATE FUNCTION evil(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
        IF current_user <> '\(owner)' THEN RAISE EXCEPTION 'caught'; END IF; RETURN $1; END $$
      """)
  }

  private func rows(_ site: Site, _ options: SnapshotOptions) async throws -> SnapshotRows {
    try await site.client().withExportedSnapshot {
      try await SnapshotRows.all(of: $0, options)
    }
  }

  @Test(arguments: TestServer.all)
  func `a snapshot runs no function of a table's owner`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      try await site.sql.run(
        """
        CREATE INDEX ON t ((evil(1))); CREATE INDEX ON t (id) WHERE evil(1) = 1;
        CREATE INDEX ON ONLY parted ((evil(1)));
        \(server.version >= 14 ? "CREATE STATISTICS st ON (evil(1)), id FROM t;" : "") RESET ROLE
        """)
      try await site.publish("TABLE t, parted")
      var options = SnapshotOptions()
      (options.workers, options.leastBlocks) = (2, 8)
      for prefersBinary in [true, false] {
        options.prefersBinary = prefersBinary
        let rows = try await rows(site, options)
        #expect(rows.rows(of: "t").count == 2000)
        #expect(rows.rows(of: "parted").count + rows.rows(of: "parted_1").count == 2)
        try await site.client().dropSlot()
      }
      // It is called as soon as a query is planned.
      await #expect(throws: PGWireError.self) { try await site.sql.query("SELECT FROM t LIMIT 0") }
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `with a row filter it is refused`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      try await site.sql.run("CREATE INDEX ON t ((evil(1))); RESET ROLE")
      try await site.publish("TABLE t WHERE (id < 10)")
      let error = await #expect(throws: ReplicationError.self) {
        _ = try await rows(site, SnapshotOptions())
      }
      guard case .snapshotRefused(.runsForeignCode(let tables)) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(tables == ["\"\(site.name)\".\"t\""])
      // A function of a superuser's is trusted.
      try await site.sql.run("DROP INDEX t_evil_idx")
      try await site.sql.run("ALTER FUNCTION harmless OWNER TO \(site.options.user)")
      try await site.sql.run("CREATE INDEX ON t (harmless(id))")
      #expect(try await rows(site, SnapshotOptions()).rows(of: "t").count == 9)
    }
  }
}
