import PGWire
import ReplicationCore
import Testing

/// Whether a transaction comes whole or in blocks: once it has committed, its lines are the same.
@Suite struct PgcdcBlocksTests {
  @Test(
    arguments: TestServer.all.filter { $0.version >= 14 }, ["json", "debezium"])
  func `every field of every line is the same from whole transactions and from blocks`(
    server: TestServer, format: String
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE "a.b" (id int);
        CREATE TABLE f (id int, v text); ALTER TABLE f REPLICA IDENTITY FULL
        """)
      try await site.publish(#"TABLE t, "a.b", f"#)
      let ways = ["off", "on"] + (server.version >= 16 ? ["parallel"] : [])
      for way in ways {
        try await site.sql.run(
          "SELECT pg_create_logical_replication_slot('\(site.name)\(way)', 'pgoutput')")
      }
      try await run(site)
      // One end for all: the database has other tests, and a publication filters no messages.
      let end = try await site.sql.value("SELECT pg_current_wal_lsn()")
      var outputs: [[String]] = []
      for way in ways {
        let outcome = try await Pgcdc.run(
          [
            "stream", "--url", site.streamingURL, "--slot", site.name + way, "--publication",
            site.name, "--streaming", way, "--messages", "--until-lsn", end, "--format", format,
          ] + (format == "json" ? [] : ["--debezium-truncates", "--debezium-name", "n"]))
        #expect(outcome.status == 0, "\(outcome.errors)")
        // When an event was made, which is another time for each; and where the transaction has
        // committed at its origin, which the server doesn't tell before the commit.
        outputs.append(
          outcome.lines.map {
            $0.replacing(#/"ts_[mun]s":\d+|"origin_lsn":(4660|null)/#, with: "")
          })
      }
      #expect(outputs[0].count > 1000)
      for (way, output) in zip(ways, outputs).dropFirst() {
        let different = zip(outputs[0], output).first { $0 != $1 }
        #expect(different == nil, "streaming \(way)")
        #expect(output.count == outputs[0].count, "streaming \(way)")
      }
      #expect(outputs.allSatisfy { !$0.contains { $0.contains("provisional") } })
    }
  }

  /// Transactions with every kind of change, large enough to come in blocks.
  private func run(_ site: Site) async throws {
    try await site.sql.run(
      "SELECT pg_replication_origin_create('\(site.name)o'); INSERT INTO t VALUES (0, 'before')")
    try await site.sql.run(
      """
      SELECT pg_replication_origin_session_setup('\(site.name)o');
      BEGIN;
      SELECT pg_replication_origin_xact_setup('0/1234', '2026-01-01 00:00:00+00');
      INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 500) AS i;
      SAVEPOINT a; INSERT INTO t SELECT i, repeat('y', 100) FROM generate_series(501, 1000) AS i;
      ROLLBACK TO a;
      SAVEPOINT b; UPDATE t SET v = 'z' WHERE id < 100; UPDATE t SET id = 5000 WHERE id = 5;
      SELECT pg_logical_emit_message(true, 'p', repeat('m', 100000));
      RELEASE b;
      SELECT pg_logical_emit_message(false, 'q', 'at once');
      INSERT INTO f SELECT i, NULL FROM generate_series(1, 500) AS i; DELETE FROM f WHERE id < 50;
      UPDATE f SET v = 'w' WHERE id > 450; DELETE FROM t WHERE id > 400;
      TRUNCATE t, "a.b"; INSERT INTO "a.b" VALUES (1);
      COMMIT;
      SELECT pg_replication_origin_session_reset();
      BEGIN; INSERT INTO t SELECT i, repeat('r', 1000) FROM generate_series(1, 500) AS i; ROLLBACK;
      SELECT pg_logical_emit_message(true, 'p', repeat('n', 100000));
      INSERT INTO t VALUES (1, 'after')
      """)
    try await site.sql.run("SELECT pg_replication_origin_drop('\(site.name)o')")
  }
}
