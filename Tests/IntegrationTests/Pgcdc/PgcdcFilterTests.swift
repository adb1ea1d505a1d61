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
