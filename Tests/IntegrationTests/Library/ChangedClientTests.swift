import PGWire
import ReplicationCore
import Testing

/// What `Client.with` takes over from a client that has connected already.
@Suite struct ChangedClientTests {
  @Test(arguments: TestServer.newest)
  func `a new password is used, though the server is known`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      let client = try site.client { $0.connection.hosts[0] = Self.named($0.connection.hosts[0]) }
      try await client.ensureSlot()
      await (try client.startReplication()).close()
      let other = try client.with { $0.connection.password = Password("another") }
      await #expect(throws: ReplicationError.self) { try await other.startReplication() }
      let same = try client.with { $0.statusInterval = .seconds(1) }
      await (try same.startReplication()).close()
      try await client.dropSlot()
    }
  }

  /// A name, which has to be looked up; an address would be the same before and after.
  private static func named(_ host: ConnectionHost) -> ConnectionHost {
    ConnectionHost(host.name == "127.0.0.1" ? "localhost" : host.name, port: host.port)
  }
}
