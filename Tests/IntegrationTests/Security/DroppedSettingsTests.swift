import Foundation
import PGWire
import Testing

@testable import ReplicationCore

/// A pooler in front of the server that drops the settings of startup packets without a word, as
/// PgBouncer does with those in its `ignore_startup_parameters`.
@Suite struct DroppedSettingsTests {
  private func tapped(_ site: Site, _ tap: StatementTap, as role: String) throws -> Client {
    var options = try ConnectionOptions(
      host: "127.0.0.1", port: tap.port, user: role, password: Password("secret"),
      database: site.options.database)
    options.tls.mode = .disable
    return try site.client { [options] in $0.connection = options }
  }

  private func prepare(_ site: Site, role: String) async throws {
    try await site.sql.run(
      """
      CREATE ROLE \(role) LOGIN REPLICATION PASSWORD 'secret';
      ALTER ROLE \(role) SET extra_float_digits = -10; ALTER ROLE \(role) SET TimeZone = 'Asia/Tokyo';
      GRANT USAGE ON SCHEMA \(site.name) TO \(role);
      CREATE TABLE t (id int PRIMARY KEY, f float8, at timestamptz, c regclass);
      GRANT SELECT ON t TO \(role);
      INSERT INTO t VALUES (1, 0.1::float8 + 0.2::float8, '2024-01-02 03:04:05+00', '\(site.name).t')
      """)
    try await site.publish("TABLE t")
  }

  @Test(arguments: TestServer.all)
  func `streams and snapshots are right, since the settings are set by SQL`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let role = "\(site.name)role"
      try await prepare(site, role: role)
      let tap = try StatementTap(
        to: site.options.host, port: UInt16(site.options.port), dropsSettings: true)
      let client = try tapped(site, tap, as: role)
      let expected: [String: String?] = [
        "id": "1", "f": "0.30000000000000004", "at": "2024-01-02 03:04:05+00",
        "c": "\(site.name).t",
      ]
      let copied = try await client.withExportedSnapshot { snapshot in
        var options = SnapshotOptions()
        options.prefersBinary = false
        return try await SnapshotRows.all(of: snapshot, options).rows(of: "t")
      }
      #expect(copied == [expected])
      let ranges = try await RangeDriver.readAll(client) { $0.prefersBinary = false }
      #expect(ranges["t"]?.rows == [["id", "f", "at", "c"].map { expected[$0] ?? nil }])
      try await site.sql.run(
        """
        DELETE FROM t;
        INSERT INTO t VALUES (1, 0.1::float8 + 0.2::float8, '2024-01-02 03:04:05+00', \
        '\(site.name).t')
        """)
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      #expect(try await receiver.next()?.changes.last?.new == expected)
      await duplex.close()
      client.close()
      #expect(tap.statements.contains { $0.contains("set_config('search_path', '', false)") })
      #expect(tap.statements.contains { $0.contains("set_config('row_security', 'off', true)") })
    }
  }

  @Test(arguments: TestServer.all)
  func `a snapshot that row security would cut short is refused`(server: TestServer) async throws {
    try await onSite(server) { site in
      let role = "\(site.name)role"
      try await prepare(site, role: role)
      try await site.sql.run(
        """
        ALTER TABLE t ENABLE ROW LEVEL SECURITY;
        CREATE POLICY p ON t USING (id > 1); INSERT INTO t (id) VALUES (2)
        """)
      let tap = try StatementTap(
        to: site.options.host, port: UInt16(site.options.port), dropsSettings: true)
      let client = try tapped(site, tap, as: role)
      let error = await #expect(throws: ReplicationError.self) {
        try await client.withExportedSnapshot { snapshot in
          try await snapshot.read(try await snapshot.tables()) { _ in }
        }
      }
      let later = await #expect(throws: ReplicationError.self) {
        try await RangeDriver.readAll(client)
      }
      for error in [error, later] {
        guard case .snapshotRefused = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
      }
      client.close()
    }
  }
}
