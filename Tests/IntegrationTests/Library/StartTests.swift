import PGWire
import ReplicationCore
import Testing

/// What keeps a stream from being opened, and that the error says so.
@Suite struct StartTests {
  @Test(arguments: TestServer.all)
  func `a wrong password, database or user is told by its code`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      try await site.client().ensureSlot()
      let options = site.options
      func error(
        user: String? = nil, password: Password? = nil, database: String? = nil
      ) async throws -> ReplicationError? {
        let options = try ConnectionOptions(
          host: options.host, port: options.port, user: user ?? options.user,
          password: password ?? options.password, database: database ?? options.database)
        let client = try site.client { $0.connection = options }
        return await #expect(throws: ReplicationError.self) {
          _ = try await client.startReplication()
        }
      }
      #expect(
        try await error(password: Password("not the password"))?.sqlState == .invalidPassword)
      #expect(try await error(user: site.name)?.sqlState == .invalidPassword)
      #expect(try await error(database: site.name)?.sqlState == .invalidCatalogName)
      #expect(try await !site.isActive())
    }
  }

  @Test(arguments: TestServer.all)
  func `a role without the right to replicate is told so`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE ROLE \(site.name)plain LOGIN PASSWORD 'secret'")
      let options = try ConnectionOptions(
        host: site.options.host, port: site.options.port, user: "\(site.name)plain",
        password: Password("secret"), database: site.options.database)
      let client = try site.client { $0.connection = options }
      let error = await #expect(throws: ReplicationError.self) {
        _ = try await client.startReplication()
      }
      #expect(error?.sqlState == .insufficientPrivilege)
    }
  }

  @Test(arguments: TestServer.newest)
  func `a host that is not there is an error, and soon`(server: TestServer) async throws {
    let unknown = try ConnectionOptions(host: "host.invalid", user: "postgres")
    let refused = try ConnectionOptions(host: "127.0.0.1", port: 1, user: "postgres")
    let noSocket = try ConnectionOptions(host: "/nonexistent", user: "postgres")
    for options in [unknown, refused, noSocket] {
      let params = ReplicationParams(connection: options, slot: "s", publications: ["p"])
      let client = try Client(params)
      for attempt in [
        { _ = try await client.startReplication() }, { try await client.ensureSlot() },
      ]
        as [() async throws -> Void]
      {
        let error = await #expect(throws: ReplicationError.self) { try await attempt() }
        let words = error.map { "\($0)" } ?? ""
        #expect(words.contains(options.host), "\(words)")
        #expect(error?.sqlState == nil)
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a publication that is missing is named`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let missing = ReplicationError.publicationsMissing(["no such \"one\"", "nor 'this'"])
      for isTemporary in [false, true] {
        let client = try site.client {
          $0.publications += ["no such \"one\"", "nor 'this'"]
          $0.usesTemporarySlot = isTemporary
        }
        // No slot is made in front of a publication.
        await #expect(throws: missing) { try await client.ensureSlot() }
        #expect(try await client.slot() == nil)
      }
      try await site.client().ensureSlot()
      let client = try site.client { $0.publications += ["no such \"one\"", "nor 'this'"] }
      try await client.ensureSlot()
      await #expect(throws: missing) { _ = try await client.startReplication() }
      #expect(try await !site.isActive())
    }
  }

  @Test(arguments: TestServer.all)
  func `publications of any name are found`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY)")
      let names = ["A, \"b\"", "'c' \\ d", "ünï ☃", " ", "UPPER"].map { "\(site.name) \($0)" }
      for name in names {
        try await site.sql.run(
          "CREATE PUBLICATION \"\(name.replacing("\"", with: "\"\""))\" FOR TABLE t")
      }
      let client = try site.client { $0.publications = names }
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      var receiver = Receiver(duplex)
      #expect(try await receiver.next()?.changes.count == 1)
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a publication made after the slot is explained`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY)")
      // Without publications a client can still make the slot, as others would.
      try await site.client { $0.publications = [] }.ensureSlot()
      let client = try site.client()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      try await site.publish("TABLE t")
      try await site.sql.run("INSERT INTO t VALUES (2)")
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      do {
        _ = try await receiver.next()
        Issue.record("nobody minded")
      } catch let error as ReplicationError {
        // From 18 on it is no more than a warning of the server's.
        let isWarning = server.version >= 18
        #expect(error.sqlState == (isWarning ? .objectNotInPrerequisiteState : .undefinedObject))
        #expect("\(error)".contains(isWarning ? "then the slot" : "before the slot"))
      }
      await duplex.close()
      guard server.version >= 18 else { return }
      let accepting = try await site.client { $0.skipsMissingPublications = true }
        .startReplication()
      var rest = Receiver(accepting)
      #expect(try await rest.next()?.changes.first?.new == ["id": "2"])
      await accepting.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `what the server's version does not have is refused before it is asked for`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      try await site.client().ensureSlot()
      let needs: [(Int, @Sendable (inout ReplicationParams) -> Void)] = [
        (14, { $0.deliversMessages = true }), (16, { $0.origin = .none }),
      ]
      for (since, adjust) in needs {
        let client = try site.client(adjust)
        if server.version >= since {
          await (try client.startReplication()).close()
        } else {
          let error = await #expect(throws: ReplicationError.self) {
            _ = try await client.startReplication()
          }
          guard case .requiresServer(_, since, server.version)? = error else {
            Issue.record("\(String(describing: error))")
            continue
          }
        }
      }
    }
  }
}
