import Foundation
import PGWire
import ReplicationCore
import Testing

/// The ways to a server, and the ways in.
@Suite struct ConnectionTests {
  /// A slot is made, streamed from and dropped over such a connection.
  private func use(_ options: ConnectionOptions, _ site: Site) async throws {
    let client = try site.client { $0.connection = options }
    try await client.ensureSlot()
    let duplex = try await client.startReplication()
    try await site.sql.run("INSERT INTO t VALUES (1); DELETE FROM t")
    var receiver = Receiver(duplex)
    #expect(try await receiver.next() != nil)
    await duplex.close()
    try await client.dropSlot()
  }

  private func prepare(_ site: Site) async throws {
    try await site.publishTable()
  }

  @Test(arguments: TestServer.all.filter { $0.fact("SOCKET_DIR") != nil })
  func `over a Unix socket`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      let folder = try #require(server.fact("SOCKET_DIR"))
      let options = try ConnectionOptions(
        host: folder, port: site.options.port, user: site.options.user,
        database: site.options.database)
      try await use(options, site)
    }
  }

  @Test(arguments: TestServer.all.filter { $0.fact("SOURCE") == "binaries" })
  func `over IPv6`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      let options = try ConnectionOptions(
        host: "::1", port: site.options.port, user: site.options.user,
        password: site.options.password, database: site.options.database)
      do {
        (try await WireConnection.connect(options)).close()
      } catch {
        // This machine has no such address, or another server has the port there.
        guard case .transport(.cannotConnect) = error as? PGWireError else { throw error }
        return
      }
      try await use(options, site)
    }
  }

  @Test(arguments: TestServer.all)
  func `by a name and an address for it`(server: TestServer) async throws {
    try await onSite(server) { site in
      guard site.options.host == "127.0.0.1" else { return }
      try await prepare(site)
      for (host, address) in [("localhost", nil), ("no.such.host.invalid", "127.0.0.1")] {
        let options = try ConnectionOptions(
          host: host, port: site.options.port, user: site.options.user,
          password: site.options.password, database: site.options.database, hostAddress: address)
        try await use(options, site)
      }
    }
  }

  @Test(arguments: TestServer.startable)
  func `every way to prove who one is`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      let password = "pä ß'\"\\ word"
      let roles = ["trust": "trust", "plain": "password", "md5": "md5", "scram": "scram-sha-256"]
      try await own.setAccess(
        ["host all postgres 127.0.0.1/32 scram-sha-256", "host all turned_away all reject"]
          + roles.map { "host all \($0.key) 127.0.0.1/32 \($0.value)" })
      try await onSite(own.server) { site in
        try await prepare(site)
        try await site.sql.run("CREATE ROLE turned_away LOGIN REPLICATION")
        for role in roles.keys.sorted() {
          try await site.sql.run(
            """
            SET password_encryption = '\(role == "md5" ? "md5" : "scram-sha-256")';
            CREATE ROLE \(role) LOGIN REPLICATION PASSWORD \(password.literal)
            """)
          let options = try options(own, role, role == "trust" ? nil : password)
          try await use(options, site)
          guard role != "trust" else { continue }
          for wrong in ["pä ß 'word", "\(password) "] {
            let options = try self.options(own, role, wrong)
            let client = try site.client { $0.connection = options }
            let error = await #expect(throws: ReplicationError.self) {
              _ = try await client.startReplication()
            }
            #expect(error?.sqlState == .invalidPassword)
            #expect(error.map { "\($0)".contains(wrong) } == false)
          }
          let noPassword = try self.options(own, role, nil)
          let without = try site.client { $0.connection = noPassword }
          let error = await #expect(throws: ReplicationError.self) {
            _ = try await without.startReplication()
          }
          guard case .connection(.authentication)? = error else {
            Issue.record("\(role) without a password: \(String(describing: error))")
            continue
          }
        }
        let rejected = try options(own, "turned_away", "x")
        let away = try site.client { $0.connection = rejected }
        let error = await #expect(throws: ReplicationError.self) {
          _ = try await away.startReplication()
        }
        #expect(error?.sqlState == .invalidAuthorizationSpecification)
      }
    }
  }

  private func options(
    _ server: OwnServer, _ role: String, _ password: String?
  ) throws -> ConnectionOptions {
    try ConnectionOptions(
      host: "127.0.0.1", port: UInt16(server.port), user: role,
      password: password.map { Password($0) }, database: "postgres")
  }
}
