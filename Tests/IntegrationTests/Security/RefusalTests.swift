import Foundation
import PGWire
import ReplicationCore
import Testing

/// Why a connection is refused, where one reason would mislead; and who must be refused.
@Suite struct RefusalTests {
  private func withServer(
    _ server: TestServer,
    _ body: @escaping @Sendable (OwnServer, Certificates) async throws -> Void
  ) async throws {
    try await Certificates.with { certificates in
      try await OwnServer.with(version: server.version) { own in
        try await own.setAccess([
          "hostssl all certified 127.0.0.1/32 trust clientcert=verify-ca",
          "host all everybody 127.0.0.1/32 trust",
        ])
        let sql = try await WireConnection.connect(own.localOptions())
        for role in ["certified", "everybody", "nobody"] {
          try await sql.run("CREATE ROLE \(role) LOGIN REPLICATION")
        }
        sql.close()
        try await body(own, certificates)
      }
    }
  }

  private func options(
    _ own: OwnServer, _ user: String, host: String = "localhost", _ tls: TLSOptions
  ) throws -> ConnectionOptions {
    try ConnectionOptions(
      host: host, port: UInt16(own.port), user: user, database: "postgres",
      hostAddress: "127.0.0.1", tls: tls)
  }

  @Test(arguments: TestServer.startable)
  func `both refusals are shown, with TLS and without`(server: TestServer) async throws {
    try await withServer(server) { own, certificates in
      try await own.serve(certificates, "rsa")
      for mode in [SSLMode.prefer, .allow] {
        let error = await #expect(throws: PGWireError.self) {
          try await WireConnection.connect(options(own, "nobody", TLSOptions(mode: mode)))
        }
        guard case .refusedBothWays(let withTLS, let withoutTLS) = error else {
          Issue.record("\(mode): \(error as Any)")
          continue
        }
        #expect(withTLS.message.contains("SSL encryption") || withTLS.message.contains("SSL on"))
        #expect(
          withoutTLS.message.contains("no encryption") || withoutTLS.message.contains("SSL off"))
        let words = error?.description ?? ""
        #expect(words.contains(withTLS.message) && words.contains(withoutTLS.message))
        #expect(words.contains("pg_hba.conf has no line"))
        #expect(error?.category == .needsOperator)
      }
    }
  }

  @Test(arguments: TestServer.startable)
  func `a missing client certificate is named`(server: TestServer) async throws {
    try await withServer(server) { own, certificates in
      try await own.serve(certificates, "rsa")
      let error = await #expect(throws: PGWireError.self) {
        try await WireConnection.connect(options(own, "certified", TLSOptions(mode: .require)))
      }
      let words = error?.description ?? ""
      #expect(words.contains("sslcert") && !words.contains("name of its database"), "\(words)")
    }
  }

  /// libpq alone would take the wildcard for a piece of the address.
  @Test(arguments: TestServer.newest.filter { TestServer.startable.contains($0) })
  func `a wildcard is no address, on either connection`(server: TestServer) async throws {
    try await withServer(server) { own, certificates in
      let roots = RootCertificates.file(certificates.path("roots.crt"))
      let tls = TLSOptions(mode: .verifyFull, rootCertificates: roots)
      func expectRefusal(_ host: String, _ isRefused: Bool) async throws {
        let options = try options(own, "everybody", host: host, tls)
        let wrong = TLSError.wrongHost(host, names: ["*.0.0.1"])
        let client = try Client(
          ReplicationParams(connection: options, slot: "s", publications: []))
        guard isRefused else {
          try await WireConnection.connect(options).close()
          #expect(try await client.slotHolder() == nil)
          return
        }
        await #expect(throws: PGWireError.transport(.tls(wrong))) {
          try await WireConnection.connect(options)
        }
        let error = await #expect(throws: ReplicationError.self) {
          _ = try await client.slotHolder()
        }
        #expect(error == .control(.transport(.tls(wrong))))
      }
      try await own.serve(certificates, "wildcard-address")
      try await expectRefusal("127.0.0.1", true)
      try await own.serve(certificates, "rsa")
      for host in ["127.0.0.1", "localhost", "a.wild.test"] {
        try await expectRefusal(host, false)
      }
    }
  }
}
