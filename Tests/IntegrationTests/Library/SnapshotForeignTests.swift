import PGWire
import ReplicationCore
import Testing

/// Roots of which a partition lies on another server, which no stream delivers.
@Suite struct SnapshotForeignTests {
  @Test(arguments: TestServer.all)
  func `the partitions that are here are read, or what to grant for that is said`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let role = "\(site.name)_role"
      // A wrapper without a handler: reading from it is an error.
      try await site.sql.run(
        """
        CREATE ROLE \(role) LOGIN REPLICATION PASSWORD 'pw';
        GRANT USAGE ON SCHEMA \(site.name) TO \(role);
        CREATE FOREIGN DATA WRAPPER \(site.name)_w; CREATE SERVER \(site.name)_s
          FOREIGN DATA WRAPPER \(site.name)_w;
        CREATE TABLE root (id int, v text) PARTITION BY RANGE (id);
        CREATE TABLE here PARTITION OF root FOR VALUES FROM (0) TO (10);
        CREATE FOREIGN TABLE there PARTITION OF root FOR VALUES FROM (10) TO (20)
          SERVER \(site.name)_s;
        INSERT INTO root VALUES (1, 'a'), (2, 'b');
        GRANT SELECT ON root TO \(role);
        CREATE PUBLICATION \(site.name) FOR TABLE root WITH (publish_via_partition_root)
        """)
      let client = try Client(
        site.params {
          $0.connection = (try? site.options(user: role, password: "pw")) ?? $0.connection
        })
      func read() async throws -> SnapshotRows {
        try await client.withExportedSnapshot { try await SnapshotRows.all(of: $0) }
      }
      let grant = "GRANT SELECT ON TABLE \"\(site.name)\".\"here\" TO \"\(role)\""
      let error = await #expect(throws: ReplicationError.self) { _ = try await read() }
      #expect(
        error
          == .snapshotRefused(.notReadable(["\"\(site.name)\".\"root\""], grants: [grant])))
      try await site.sql.run(grant)
      #expect(try await read().changes.count == 2)
      client.close()
      try await site.sql.run(
        "DROP TABLE root; DROP FOREIGN DATA WRAPPER \(site.name)_w CASCADE")
    }
  }
}
