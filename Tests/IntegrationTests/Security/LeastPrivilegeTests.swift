import Foundation
import PGWire
import Testing

/// The role of `Documentation/security.md` can do what the page says, and nothing needs more.
@Suite struct LeastPrivilegeTests {
  /// A database whose owner gave nothing to PUBLIC, and the role of the page.
  private struct Shop {
    let site: Site
    let page: SecurityPage
    let role: String
    let url: String
    /// A session of the owner of the tables.
    let owner: WireConnection

    func run(_ arguments: [String], slot: String? = nil) async throws -> ChildProcess.Outcome {
      try await Pgcdc.run(
        arguments + ["--url", url] + (slot.map { ["--slot", $0] } ?? []))
    }

    func stream(_ more: String...) async throws -> ChildProcess.Outcome {
      try await run(
        ["stream", "--publication", site.name, "--until-now"] + more, slot: site.name)
    }
  }

  private func withShop(
    _ server: TestServer, _ body: @escaping @Sendable (Shop) async throws -> Void
  ) async throws {
    try await onSite(server) { site in
      let (name, role, owner) = (site.name, "\(site.name)r", "\(site.name)o")
      let shop = try await site.inNewDatabase()
      defer { shop.sql.close() }
      let page = try SecurityPage([
        "shop": "\(name)db", "app": name, "cdc": role, "orders": name,
      ])
      try await shop.sql.run(
        """
        SET password_encryption = 'scram-sha-256'; CREATE ROLE \(owner) LOGIN PASSWORD 'owner';
        REVOKE ALL ON DATABASE \(name)db FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;
        GRANT CONNECT, CREATE ON DATABASE \(name)db TO \(owner); ALTER SCHEMA \(name) OWNER TO \(owner)
        """)
      try await shop.sql.run(page.role)
      try await shop.sql.run("ALTER ROLE \(role) PASSWORD 'secret'")
      let session = try await WireConnection.connect(
        ConnectionOptions(shop.url(user: owner, password: "owner")))
      defer { session.close() }
      try await session.run(
        """
        CREATE TYPE \(name).state AS ENUM ('new', 'paid');
        CREATE TABLE \(name).\(name) (id int PRIMARY KEY, state \(name).state, tags text[]);
        INSERT INTO \(name).\(name) VALUES (1, 'new', '{a}')
        """)
      try await session.run(page.publication)
      try await body(
        Shop(
          site: shop, page: page, role: role, url: shop.url(user: role, password: "secret"),
          owner: session))
    }
  }

  @Test(arguments: TestServer.all)
  func `slots are handled`(server: TestServer) async throws {
    try await withShop(server) { shop in
      let (slot, second) = (shop.site.name, "\(shop.site.name)b")
      for (arguments, slot) in [
        (["slot", "ensure"], slot), (["slot", "show"], slot), (["slot", "list"], nil),
        (["slot", "copy", "--to", second], slot), (["slot", "drop"], second),
        (["slot", "create"], second), (["slot", "take-over", "--pid", "1"], second),
        (["slot", "drop"], second),
        (["slot", "advance", "--to", "\(try await shop.site.currentLSN())"], slot),
      ] + (server.version >= 17 ? [(["slot", "alter", "--failover", "on"], slot)] : []) {
        let outcome = try await shop.run(arguments, slot: slot)
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `changes are read without any privilege on the table`(server: TestServer) async throws {
    try await withShop(server) { shop in
      #expect(try await shop.run(["slot", "ensure"], slot: shop.site.name).status == 0)
      let folder = FileManager.default.temporaryDirectory.appending(path: "it-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      for (id, more) in [
        (2, []), (3, ["--checkpoint", folder.appending(path: "checkpoint").path]),
        (4, ["--checkpoint", folder.appending(path: "checkpoint").path]),
      ] {
        try await insert(id, shop)
        let outcome = try await shop.run(
          ["stream", "--publication", shop.site.name, "--until-now"] + more, slot: shop.site.name)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(#""new":{"id":\#(id),"state":"paid","tags":["b"]}"#))
      }
      for (id, command) in [
        (5, ["record", folder.appending(path: "stream.rec").path, "--until-now"]),
        (6, ["drain", "--mode", "changes", "--count", "3"]),
      ] {
        try await insert(id, shop)
        let outcome = try await shop.run(
          command + ["--publication", shop.site.name], slot: shop.site.name)
        #expect(outcome.status == 0, "\(command): \(outcome.errors)")
      }
    }
  }

  private func insert(_ id: Int, _ shop: Shop) async throws {
    try await shop.owner.run(
      "INSERT INTO \(shop.site.name).\(shop.site.name) VALUES (\(id), 'paid', '{b}')")
  }

  @Test(arguments: TestServer.all)
  func `a snapshot needs SELECT, and says so`(server: TestServer) async throws {
    try await withShop(server) { shop in
      let refused = try await shop.stream("--snapshot", "initial")
      #expect(refused.status == 1)
      #expect(refused.errors.contains("GRANT USAGE ON SCHEMA"))
      try await shop.owner.run(shop.page.snapshot)
      let outcome = try await shop.stream("--snapshot", "initial")
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains(#""new":{"id":1,"state":"new","tags":["a"]}"#))
    }
  }

  @Test(arguments: TestServer.all)
  func `the doctor sees more with the grants`(server: TestServer) async throws {
    try await withShop(server) { shop in
      #expect(try await shop.run(["slot", "ensure"], slot: shop.site.name).status == 0)
      let arguments = ["doctor", "--publication", shop.site.name]
      let hidden = ["could not be looked at", "does not see other roles' sessions"]
      let before = try await shop.run(arguments, slot: shop.site.name)
      #expect(before.status == 0, "\(before.output)\(before.errors)")
      for words in hidden { #expect(before.output.contains(words)) }
      try await shop.site.sql.run(shop.page.doctor)
      let after = try await shop.run(arguments, slot: shop.site.name)
      #expect(after.status == 0, "\(after.output)\(after.errors)")
      for words in hidden { #expect(!after.output.contains(words), "\(after.output)") }
    }
  }

  @Test(arguments: TestServer.all)
  func `a session of another role is ended with pg_signal_backend only`(
    server: TestServer
  ) async throws {
    try await withShop(server) { shop in
      #expect(try await shop.run(["slot", "ensure"], slot: shop.site.name).status == 0)
      let other = "\(shop.site.name)s"
      try await shop.site.sql.run(
        """
        SET password_encryption = 'scram-sha-256';
        CREATE ROLE \(other) LOGIN REPLICATION PASSWORD 'other';
        GRANT CONNECT ON DATABASE \(shop.site.name)db TO \(other)
        """)
      let takeOver = [
        "slot", "take-over", "--slot", shop.site.name, "--application-name", "theirs",
      ]
      let url = try shop.site.url(user: other, password: "other")
      let holder = try Pgcdc.start([
        "stream", "--slot", shop.site.name, "--publication", shop.site.name, "--url",
        shop.url + (shop.url.contains("?") ? "&" : "?") + "application_name=theirs",
      ])
      try await eventually("the slot is held") { try await shop.site.isActive() }
      #expect(try await Pgcdc.run(takeOver + ["--url", url]).status == 1)
      #expect(try await shop.site.isActive())
      try await shop.site.sql.run("GRANT pg_signal_backend TO \(other)")
      let ended = try await Pgcdc.run(takeOver + ["--url", url])
      #expect(ended.status == 0, "\(ended.errors)")
      holder.send(SIGTERM)
      _ = try await holder.outcome()
    }
  }

  @Test(arguments: TestServer.all)
  func `without REPLICATION slots can be seen, and nothing else`(server: TestServer) async throws {
    try await withShop(server) { shop in
      #expect(try await shop.run(["slot", "ensure"], slot: shop.site.name).status == 0)
      try await shop.site.sql.run("ALTER ROLE \(shop.role) NOREPLICATION")
      #expect(try await shop.run(["slot", "list"]).output.contains(shop.site.name))
      #expect(try await shop.run(["slot", "show"], slot: shop.site.name).status == 0)
      let doctor = try await shop.run(["doctor"], slot: shop.site.name)
      #expect(doctor.status == 1 && doctor.output.contains("REPLICATION"), "\(doctor.output)")
      for arguments in [
        ["slot", "create"], ["slot", "drop"], ["slot", "advance", "--to", "FFFFFF/0"],
        ["stream", "--publication", shop.site.name, "--until-now"],
      ] {
        let slot = arguments[1] == "create" ? "\(shop.site.name)c" : shop.site.name
        let outcome = try await shop.run(arguments, slot: slot)
        #expect(outcome.status == 1, "\(arguments): \(outcome.output)")
      }
    }
  }

  @Test func `the page says what each command needs`() async throws {
    let page = try SecurityPage.text()
    for (arguments, prefix) in [([], ""), (["slot"], "slot ")] as [([String], String)] {
      let help = try await Pgcdc.run(arguments + ["--help"]).output
      let list = try #require(help.firstRange(of: "SUBCOMMANDS:"))
      let commands = help[list.upperBound...].matches(of: #/\n {2}([a-z-]+) {2}/#).map { $0.1 }
      #expect(commands.count >= 7, "\(help)")
      for command in commands where prefix != "" || command != "slot" {
        #expect(
          page.contains("`\(command)`") || page.contains("`\(prefix)\(command)`"),
          "Documentation/security.md does not say what `pgcdc \(prefix)\(command)` needs")
      }
    }
  }

  @Test(arguments: TestServer.startable)
  func `the line of pg_hba_conf is enough, and lets nobody copy the cluster`(
    server: TestServer
  ) async throws {
    let psql = try #require(server.fact("BIN")) + "/psql"
    try await OwnServer.with(version: server.version) { own in
      let page = try SecurityPage(["shop": "postgres", "192.0.2.7/32": "127.0.0.1/32"])
      let sql = try await WireConnection.connect(own.localOptions())
      try await sql.run("CREATE DATABASE other")
      try await sql.run("SET password_encryption = 'scram-sha-256'")
      try await sql.run(page.role)
      try await sql.run("ALTER ROLE cdc PASSWORD 'secret'")
      sql.close()
      // What TLS adds is tested elsewhere.
      try await own.setAccess([page.access.replacing("hostssl", with: "host")])
      let url = "postgresql://cdc:secret@127.0.0.1:\(own.port)"
      let ensured = try await Pgcdc.run(
        ["slot", "ensure", "--slot", "s", "--url", "\(url)/postgres"])
      #expect(ensured.status == 0, "\(ensured.errors)")
      for (refused, words) in [
        ("\(url)/other", #"database "other""#),
        ("\(url)/?replication=true", "replication connection"),
      ] {
        let outcome = try await ChildProcess(
          psql, ["-XAtc", "IDENTIFY_SYSTEM", refused], environment: ["LC_ALL": "C"]
        ).outcome()
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
        #expect(outcome.errors.contains("no pg_hba.conf entry"))
      }
    }
  }
}
