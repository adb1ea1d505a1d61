import PGWire
import Testing

/// The versions of the protocol, and cancelling, which is what they differ in.
@Suite struct ProtocolVersionTests {
  private func options(
    _ site: Site, minimum: WireProtocolVersion = .v30, maximum: WireProtocolVersion? = nil
  ) throws -> ConnectionOptions {
    try ConnectionOptions(
      hosts: site.options.hosts, user: site.options.user, password: site.options.password,
      database: site.options.database, minimumProtocol: minimum, maximumProtocol: maximum)
  }

  @Test(arguments: TestServer.all)
  func `the newest that both know is spoken`(server: TestServer) async throws {
    try await onSite(server) { site in
      for replication in [ReplicationMode.off, .database] {
        let plain = try await WireConnection.connect(options(site), replication: replication)
        #expect(plain.protocolVersion == .v30)
        plain.close()
        let newest = try await WireConnection.connect(
          options(site, maximum: .latest), replication: replication)
        #expect(newest.protocolVersion == (server.version >= 18 ? .v32 : .v30))
        #expect(try await newest.value("SELECT 1") == "1")
        newest.close()
      }
      let must = try options(site, minimum: .v32)
      if server.version >= 18 {
        try await WireConnection.connect(must).close()
      } else {
        await #expect(throws: PGWireError.protocolTooOld(server: .v30, minimum: .v32)) {
          try await WireConnection.connect(must)
        }
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a query that is given up ends on the server too`(server: TestServer) async throws {
    try await onSite(server) { site in
      for maximum in [WireProtocolVersion.v30, .v32] {
        let connection = try await WireConnection.connect(options(site, maximum: maximum))
        let mark = "\(site.name)_\(maximum.rawValue)"
        let running = """
          SELECT count(*) FROM pg_stat_activity
          WHERE query LIKE '%\(mark)%' AND state = 'active' AND pid <> pg_backend_pid()
          """
        let task = Task { try await connection.query("SELECT pg_sleep(600) AS \"\(mark)\"") }
        try await eventually("the query runs") { try await site.sql.value(running) == "1" }
        task.cancel()
        let error = await #expect(throws: PGWireError.self) { try await task.value }
        #expect(error?.isCancelled == true)
        try await eventually("the query has ended") {
          try await site.sql.value(running) == "0"
        }
      }
    }
  }
}
