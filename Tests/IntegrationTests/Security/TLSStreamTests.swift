import Foundation
import PGWire
import ReplicationCore
import ReplicationTestKit
import Synchronization
import Testing

private typealias Backend = BackendEncoder

/// Streams, slots and cancel requests on connections with TLS.
@Suite struct TLSStreamTests {
  /// Everything that a client does goes over TLS, where a client certificate is the only way in.
  @Test(arguments: TestServer.startable)
  func `slots, streams and cancelling with a client certificate`(server: TestServer) async throws {
    try await Certificates.with { certificates in
      try await OwnServer.with(version: server.version) { own in
        try await own.serve(certificates, "rsa-pss")
        let sql = try await WireConnection.connect(own.localOptions())
        try await sql.run("CREATE ROLE certuser SUPERUSER LOGIN REPLICATION")
        try await own.setAccess([
          "hostssl all postgres 127.0.0.1/32 scram-sha-256",
          "hostssl all certuser 127.0.0.1/32 cert",
        ])
        try await onSite(own.server) { site in
          try await site.publishTable()
          let options = try ConnectionOptions(
            host: "db.test", port: UInt16(own.port), user: "certuser", database: "postgres",
            hostAddress: "127.0.0.1",
            tls: TLSOptions(
              mode: .verifyFull, rootCertificates: .file(certificates.path("roots.crt")),
              certificate: certificates.path("client.crt"),
              privateKey: certificates.path("client.encrypted.key"),
              privateKeyPassword: Password("open sesame")))
          let client = try site.client { $0.connection = options }
          try await client.ensureSlot()
          let duplex = try await client.startReplication()
          let encrypted = try await sql.rows(
            "SELECT 1 FROM pg_stat_ssl JOIN pg_stat_replication USING (pid) WHERE ssl")
          #expect(encrypted.count == 1)
          try await site.sql.run("INSERT INTO t VALUES (1)")
          var receiver = Receiver(duplex)
          #expect(try await receiver.next()?.changes.count == 1)
          await duplex.close()
          try await client.dropSlot()
          try await cancel(options, watchedBy: sql)
        }
        sql.close()
      }
    }
  }

  /// A query that is given up ends at the server, which takes requests in clear from nobody here.
  private func cancel(_ options: ConnectionOptions, watchedBy sql: WireConnection) async throws {
    let connection = try await WireConnection.connect(options)
    let question = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(100)'"
    let task = Task { try await connection.query("SELECT pg_sleep(100)") }
    try await eventually("the query runs") { try await !sql.rows(question).isEmpty }
    task.cancel()
    _ = try? await task.value
    try await eventually("the query ends") {
      try await sql.rows("\(question) AND state = 'active'").isEmpty
    }
  }

  /// Reading stops and starts again many times, and nothing stays behind in OpenSSL.
  @Test func `loses nothing to a small budget`() async throws {
    try await Certificates.with { certificates in
      let count = 3000
      // Bytes that begin no message of pgoutput.
      let frames = (0..<count).flatMap { index -> [UInt8] in
        let payload = [UInt8](repeating: UInt8(index % 32), count: 1 + index % 5000)
        return Backend.xLogData(LSN(rawValue: UInt64(index + 1)), payload)
      }
      let server = try ScriptedServer([
        .startTLS(certificate: certificates.path("p256.crt"), key: certificates.path("p256.key")),
        .stream(), .send(frames), .endStream(),
      ])
      var params = ReplicationParams(
        connection: try ConnectionOptions(
          host: server.host, port: server.port, user: "u", tls: TLSOptions(mode: .require)),
        slot: "s", publications: ["p"])
      params.byteBudget = 1 << 16
      params.decodesTransactions = false
      let duplex = try await Client(params).startReplication()
      var received = 0
      while received < count, let event = try await duplex.recv() {
        guard case .xLogData(let data) = event else { continue }
        #expect(data.payload.count == 1 + received % 5000)
        received += 1
        if received.isMultiple(of: 500) { try await Task.sleep(for: .milliseconds(5)) }
      }
      #expect(received == count)
      await duplex.close()
      try await server.finish()
    }
  }

  /// The server breaks off in the middle of a message, with and without a word.
  @Test func `does not take the end of a connection for the end of a stream`() async throws {
    try await Certificates.with { certificates in
      let frame = Backend.keepAlive(walEnd: LSN(rawValue: 1), replyRequested: false)
      let server = try ScriptedServer([
        .startTLS(certificate: certificates.path("p256.crt"), key: certificates.path("p256.key")),
        .stream(), .send(frame + frame.prefix(9)), .reset(),
      ])
      let params = ReplicationParams(
        connection: try ConnectionOptions(
          host: server.host, port: server.port, user: "u", tls: TLSOptions(mode: .require)),
        slot: "s", publications: ["p"])
      let duplex = try await Client(params).startReplication()
      await #expect(throws: ReplicationError.self) { while try await duplex.recv() != nil {} }
      await duplex.close()
    }
  }

  /// A provider is asked for each connection, by the stream's way and by libpq's.
  @Test(arguments: TestServer.newest)
  func `passwords from a provider`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let asked = Mutex<[SecretRequest]>([])
      let password = site.options.password
      var options = try ConnectionOptions(
        host: site.options.host, port: site.options.port, user: site.options.user,
        database: site.options.database)
      options.passwordProvider = SecretProvider { request in
        asked.withLock { $0.append(request) }
        return password ?? Password("")
      }
      let connection = options
      let client = try site.client { $0.connection = connection }
      try await client.ensureSlot()
      let before = asked.withLock { $0.count }
      let duplex = try await client.startReplication()
      await duplex.close()
      #expect(before >= 1 && asked.withLock { $0.count } > before)
      #expect(asked.withLock { $0[0].user == options.user && $0[0].port == options.port })
      try await client.dropSlot()

      options.passwordProvider = SecretProvider { _ in
        throw TookTooLong(what: "vault", limit: .zero)
      }
      let failing = options
      let error = await #expect(throws: PGWireError.self) {
        try await WireConnection.connect(failing)
      }
      guard case .authentication(.providerFailed) = error else {
        Issue.record("\(error as Any)")
        return
      }
    }
  }
}
