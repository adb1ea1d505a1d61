import Foundation
import PGWire
import ReplicationCore
import Testing

@testable import pgcdc

/// Tables and columns that are left out or changed, from servers.
@Suite struct PgcdcFilterTests {
  private static let create = """
    CREATE TABLE users (id int PRIMARY KEY, email text, secret text, note text);
    CREATE TABLE other (id int PRIMARY KEY)
    """

  /// Its partition would be printed as it is.
  @Test(arguments: TestServer.newest)
  func `a column of a table that is published by its partitions is refused`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE people (id int PRIMARY KEY, secret text) PARTITION BY RANGE (id);
        CREATE TABLE people_1 PARTITION OF people FOR VALUES FROM (0) TO (100)
        """)
      try await site.publish("TABLE people")
      try await site.sql.run("INSERT INTO people VALUES (1, 'hush')")
      let arguments =
        ["stream"] + site.arguments + ["--snapshot", "initial", "--until-now", "--mask-column"]
      let refused = try await Pgcdc.run(arguments + ["people.secret"])
      #expect(refused.status != 0 && refused.lines.isEmpty)
      #expect(refused.errors.contains("--mask-column people.secret: no published table"))
      let named = try await Pgcdc.run(arguments + ["people_1.secret"])
      #expect(named.status == 0, "\(named.errors)")
      #expect(!named.lines.contains { $0.contains("hush") })
    }
  }

  @Test(arguments: TestServer.all)
  func `the stream and a snapshot have the same tables and columns, from text and binary`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(Self.create)
      try await site.publish("TABLE users, other")
      try await site.sql.run(
        "INSERT INTO users VALUES (1, 'a@b.c', 's', 'a long note'); INSERT INTO other VALUES (1)")
      let key = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID())")
      try Data("key\n".utf8).write(to: key)
      defer { try? FileManager.default.removeItem(at: key) }
      let filter = [
        "--table", "users", "--exclude-column", "users.secret", "--hash-column", "users.email",
        "--hash-key-file", key.path, "--truncate-column", "users.note=6",
      ]
      // hmac('a@b.c', 'key', 'sha256')
      let hash = "39ae49c50426b2bd08543508b376ed900cccf8729da709864ff1e0ef842c25b6"
      let row = #""new":{"id":1,"email":"\#(hash)","note":"a long"}}"#
      let snapshot = try await Pgcdc.run(
        ["stream"] + site.arguments + ["--snapshot", "initial", "--until-now"] + filter)
      #expect(snapshot.status == 0, "\(snapshot.errors)")
      let rows = snapshot.lines.filter { $0.contains(#""kind":"snapshot""#) }
      #expect(rows.count == 1 && rows[0].hasSuffix(row))
      try await site.sql.run(
        "DELETE FROM users; INSERT INTO users VALUES (1, 'a@b.c', 's', 'a long note')")
      for form in server.version < 14 ? [[]] : [[], ["--binary"]] {
        let stream = try await Pgcdc.run(
          ["stream"] + site.arguments + ["--until-now", "--no-ack"] + filter + form)
        #expect(stream.status == 0, "\(stream.errors)")
        #expect(stream.lines.contains { $0.hasSuffix(row) && $0.contains(#""kind":"insert""#) })
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a rule for a key, or for a column that isn't there, ends the command by name`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(Self.create + "; ALTER TABLE users REPLICA IDENTITY FULL")
      try await site.publish("TABLE users, other")
      try await site.client().ensureSlot()
      try await site.sql.run("INSERT INTO users VALUES (1, 'a@b.c', 's', 'n')")
      for (rule, words) in [
        (["--mask-column", "users.id"], "column id of"),
        (["--exclude-column", "users.mail"], "mail"),
      ] {
        let outcome = try await Pgcdc.run(
          ["stream"] + site.arguments + ["--until-now", "--no-ack"] + rule)
        #expect(outcome.status == 1 && outcome.errors.contains(words), "\(outcome.errors)")
        #expect(!outcome.output.contains(#""kind":"insert""#))
      }
    }
  }
}
