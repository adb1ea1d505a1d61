import Foundation
import PGWire
import ReplicationCore
import Testing

/// Types that the stream brings before other sessions see the transaction that has made them.
@Suite struct PgcdcUnseenTypeTests {
  private static let made = """
    BEGIN; CREATE DOMAIN d AS int; CREATE TABLE t (id int PRIMARY KEY, ds d[]);
    INSERT INTO t VALUES (1, '{1,2,NULL}');
    """

  @Test(arguments: TestServer.all.filter { $0.version >= 15 }, [[], ["--binary"]])
  func `a prepared transaction's types are waited for, and never guessed at`(
    server: TestServer, options: [String]
  ) async throws {
    try await onSite(server) { outer in
      let site = try await outer.inNewDatabase()
      defer { site.sql.close() }
      try await site.publish("ALL TABLES")
      try await site.client { $0.usesTwoPhase = true }.ensureSlot()
      let process = try Pgcdc.start(
        ["stream"] + site.arguments + ["--two-phase", "--max-transactions", "1"] + options)
      try await site.sql.run(Self.made + "PREPARE TRANSACTION '\(site.name)'")
      try await eventually("the prepared transaction comes") {
        process.output.contains("begin_prepare") || !process.errors.isEmpty
      }
      try await Task.sleep(for: .milliseconds(300))
      #expect(!process.output.contains(#""kind":"insert""#))
      try await site.sql.run("COMMIT PREPARED '\(site.name)'")
      let outcome = try await process.outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains(#""new":{"id":1,"ds":[1,2,null]}"#), "\(outcome.output)")
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `a transaction that stays prepared is an error that says so`(
    server: TestServer
  ) async throws {
    try await onSite(server) { outer in
      let site = try await outer.inNewDatabase()
      defer { site.sql.close() }
      try await site.publish("ALL TABLES")
      try await site.client { $0.usesTwoPhase = true }.ensureSlot()
      try await site.sql.run(Self.made + "PREPARE TRANSACTION '\(site.name)'")
      let outcome = try await site.stream("--two-phase", "--until-now")
      #expect(outcome.status == 1)
      #expect(
        outcome.errors.contains("column ds of \(site.name).t: its type (oid ")
          && outcome.errors.contains("other sessions don't see yet"), "\(outcome.errors)")
      #expect(!outcome.output.contains(#""kind":"insert""#))
      try await site.sql.run("COMMIT PREPARED '\(site.name)'")
      let again = try await site.stream("--two-phase", "--until-now")
      #expect(again.status == 0, "\(again.errors)")
      #expect(again.output.contains(#""ds":[1,2,null]"#))
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `types without a binary form are named, with the way out`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TYPE pair AS (a aclitem, b int);
        CREATE TABLE t (id int PRIMARY KEY, alone aclitem, many aclitem[], part pair)
        """)
      try await site.publish("TABLE t")
      try await site.client().ensureSlot()
      // A value of such a type alone comes as text.
      try await site.sql.run(
        "INSERT INTO t VALUES (1, makeaclitem(10, 10, 'SELECT', false), NULL, NULL)")
      let alone = try await site.stream("--binary", "--until-now")
      #expect(alone.status == 0, "\(alone.errors)")
      try await site.sql.run(
        "INSERT INTO t VALUES (2, NULL, ARRAY[makeaclitem(10, 10, 'SELECT', false)], NULL)")
      let many = try await site.stream("--binary", "--until-now", "--no-ack")
      #expect(many.status == 1)
      #expect(
        many.errors.contains(
          "column many of \(site.name).t, of type aclitem[]: aclitem has no binary form; column part "
            + "of \(site.name).t, of type") && many.errors.contains("stream without --binary"),
        "\(many.errors)")
      let text = try await site.stream("--until-now")
      #expect(text.status == 0 && text.output.contains(#""many":["#), "\(text.errors)")
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `a type of the server's own is not said to be dropped`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        "CREATE TABLE t AS SELECT 1 AS id, ev_action AS a FROM pg_rewrite LIMIT 1")
      try await site.publish("TABLE t")
      try await site.client().ensureSlot()
      try await site.sql.run("INSERT INTO t SELECT 2, a FROM t")
      let binary = try await site.stream("--binary", "--until-now", "--no-ack")
      #expect(binary.status == 1)
      #expect(
        binary.errors.contains("of type pg_catalog.pg_node_tree, is binary")
          && !binary.errors.contains("dropped"), "\(binary.errors)")
      let text = try await site.stream("--until-now")
      #expect(text.status == 0 && text.output.contains(#""a":"("#), "\(text.errors)")
    }
  }

  @Test(arguments: TestServer.all)
  func `a publication's name may have a comma`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY);
        CREATE PUBLICATION "\(site.name),""b" FOR TABLE t; CREATE PUBLICATION \(site.name) FOR TABLE u
        """)
      try await site.client().ensureSlot()
      try await site.sql.run("INSERT INTO t VALUES (1); INSERT INTO u VALUES (2)")
      let outcome = try await Pgcdc.run(
        [
          "stream", "--url", site.url, "--slot", site.name, "--until-now", "--publication",
          "\"\(site.name),\"\"b\",\(site.name)",
        ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.lines.count { $0.contains(#""kind":"insert""#) } == 2, "\(outcome.output)")
    }
  }
}
