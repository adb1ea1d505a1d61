import Foundation
import PGWire
import ReplicationCore
import Testing

/// A server that shuts down while it is streamed from.
@Suite struct PgcdcShutdownTests {
  /// Before server 17 a shutdown does not save a slot of which only this has changed.
  private static let servers = TestServer.withFailoverSlots

  @Test(arguments: servers)
  func `the slot has everything, so that pg_upgrade takes it`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let first = try await WireConnection.connect(own.server.options)
      try await first.run(
        """
        CREATE TABLE t (id int); CREATE TABLE other (id int); CREATE PUBLICATION p FOR TABLE t
        """)
      first.close()
      for round in 0..<8 {
        let arguments =
          ["stream", "--url", own.url, "--slot", "s", "--publication", "p", "--create-slot"]
          + ["--checkpoint", "\(folder.path)/cp"]
        let program = try Pgcdc.start(arguments)
        let sql = try await WireConnection.connect(own.server.options)
        try await eventually("it streams") {
          // A slot that is being created is active too.
          try await sql.value(
            """
            SELECT count(*) FROM pg_replication_slots
            WHERE active AND confirmed_flush_lsn IS NOT NULL
            """) == "1"
        }
        // Rows that the stream has not, and as the last one of a round one that it has.
        try await sql.run("INSERT INTO other VALUES (1)")
        if round % 2 == 1 { try await sql.run("INSERT INTO t VALUES (1)") }
        try await sql.run("INSERT INTO \(round % 4 < 2 ? "other" : "t") VALUES (1)")
        let end = try await sql.lsn("SELECT pg_current_wal_lsn()")
        // Before it shuts down: what is reported while it does is too late for its last checkpoint.
        try await eventually("the slot follows, long before a status interval", within: .seconds(5))
        {
          try await sql.lsn("SELECT confirmed_flush_lsn FROM pg_replication_slots") >= end
        }
        sql.close()
        try await own.stopped { program.send(SIGKILL) }
        _ = try await program.outcome()
        let again = try await WireConnection.connect(own.server.options)
        let slot = try await again.lsn("SELECT confirmed_flush_lsn FROM pg_replication_slots")
        #expect(slot >= end, "round \(round)")
        again.close()
      }
    }
  }
}
