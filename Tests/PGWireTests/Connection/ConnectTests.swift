import PGWire
import ReplicationTestKit
import TestSupport
import Testing

private typealias Backend = BackendEncoder

@Suite struct ConnectTests {
  @Test(arguments: [.tcp, .unixSocket] as [ScriptedServer.Place])
  func `connects, and sends who it is and what it wants`(
    place: ScriptedServer.Place
  ) async throws {
    let server = try ScriptedServer(
      [
        .expectStartup([
          "user": "tester", "database": "test", "replication": "database",
          "client_encoding": "UTF8", "DateStyle": "ISO", "TimeZone": "UTC",
        ]),
        .letIn(serverVersion: "15.18 (Debian)", processID: 7), .awaitEnd(),
      ], at: place)
    do {
      let connection = try await WireConnection.connect(
        server.connectionOptions(), replication: .database)
      #expect(connection.processID == 7)
      #expect(connection.parameter("server_version") == "15.18 (Debian)")
      #expect(connection.parameter("nothing") == nil)
    }
    try await server.finish()
    // Letting go of the connection says goodbye.
    #expect(server.received.last == .terminate)
  }

  @Test func `connects over IPv6`() async throws {
    let server: ScriptedServer
    do {
      server = try ScriptedServer([.handshake(), .awaitEnd()], at: .tcp6)
    } catch {
      try Test.cancel("this machine has no ::1: \(error)")
    }
    #expect(server.host == "::1")
    try await WireConnection.connect(server.connectionOptions()).close()
    try await server.finish()
  }

  @Test func `connects to a host by name, and to an address that stands for it`() async throws {
    let script: [ScriptStep] = [.handshake(), .awaitEnd()]
    let server = try ScriptedServer(sessions: [script, script])
    let byName = try ConnectionOptions(
      host: "localhost", port: server.port, user: "u", tls: TLSOptions(mode: .disable))
    try await WireConnection.connect(byName).close()
    let byAddress = try ConnectionOptions(
      host: "no.such.host.invalid", port: server.port, user: "u", hostAddress: "127.0.0.1",
      tls: TLSOptions(mode: .disable))
    try await WireConnection.connect(byAddress).close()
    try await server.finish()
  }

  @Test func `names every address that refused`() async throws {
    let port = try await unusedPort()
    let addresses = try SocketAddress.resolve(
      host: "localhost", port: port, interrupt: try Interrupt(), until: nil)
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(ConnectionOptions(host: "localhost", port: port, user: "u"))
    }
    guard case .transport(.cannotConnect(let target, let failures)) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(target == "localhost:\(port)")
    #expect(failures.map(\.address) == addresses.map(\.description))
    #expect(failures.map(\.address).contains("127.0.0.1:\(port)"))
    for failure in failures {
      #expect(
        "\(TransportError.cannotConnect(to: target, failures: failures))"
          .contains("\(failure.address): \(describeErrno(failure.errno))"))
    }
  }

  @Test func `says that a Unix socket is not there`() async throws {
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(
        ConnectionOptions(host: "/nonexistent", port: 5433, user: "u"))
    }
    guard case .transport(.cannotConnect(let target, let failures)) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(target == "/nonexistent/.s.PGSQL.5433")
    #expect(failures.map(\.address) == [target])
  }

  @Test func `refuses a Unix socket's path that is too long`() async throws {
    let directory = "/" + String(repeating: "x", count: 200)
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(ConnectionOptions(host: directory, user: "u"))
    }
    guard case .transport(.cannotConnect) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test func `says that a host is unknown`() async throws {
    // A label of more than 63 characters, which no resolver asks anybody for.
    let host = String(repeating: "x", count: 80) + ".invalid"
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(
        ConnectionOptions(host: host, user: "u", connectTimeout: .seconds(30)))
    }
    guard case .transport(.unknownHost(let name, let reason)) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(name == host)
    #expect(!reason.isEmpty)
  }

  @Test(arguments: ["1.2.3.4.5", "300.0.0.1", "1::2::3"])
  func `asks no resolver for what should be an address`(address: String) async throws {
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(
        ConnectionOptions(host: "h", port: 9, user: "u", hostAddress: address))
    }
    guard case .transport(.unknownHost(let name, _)) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(name == address)
  }

  @Test func `gives up on a server that accepts and says nothing`() async throws {
    let server = try ScriptedServer([.awaitEnd()])
    let options = try server.connectionOptions(connectTimeout: .milliseconds(100))
    await promptly("connect_timeout") {
      await #expect(
        throws: PGWireError.transport(
          .connectTimedOut(to: "127.0.0.1:\(server.port)", awaiting: .startupPacket))
      ) { try await WireConnection.connect(options) }
    }
  }

  @Test func `gives up on a server that stops in the middle of startup`() async throws {
    let server = try ScriptedServer([
      .expectStartup(), .send(Backend.authenticationOk()), .awaitEnd(),
    ])
    let options = try server.connectionOptions(connectTimeout: .milliseconds(100))
    await #expect(
      throws: PGWireError.transport(
        .connectTimedOut(to: "127.0.0.1:\(server.port)", awaiting: .endOfStartup))
    ) { try await WireConnection.connect(options) }
  }

  #if os(Linux)
    @Test func `gives up on a host that does not answer at all`() async throws {
      let listener = try FullListener()
      let options = try ConnectionOptions(
        host: "127.0.0.1", port: listener.port, user: "u", connectTimeout: .milliseconds(100))
      await promptly("connect_timeout") {
        await #expect(
          throws: PGWireError.transport(.connectTimedOut(to: "127.0.0.1:\(listener.port)"))
        ) { try await WireConnection.connect(options) }
      }
    }
  #endif

  @Test func `passes on why the server refuses`() async throws {
    let refusal = ServerError.made(severity: "FATAL", .tooManyConnections, "too many clients")
    let server = try ScriptedServer([
      .expectStartup(), .send(Backend.errorResponse(refusal)), .close(),
    ])
    await #expect(throws: PGWireError.server(refusal)) {
      try await WireConnection.connect(server.connectionOptions())
    }
    try await server.finish()
  }

  @Test func `says that the server hung up during startup`() async throws {
    let server = try ScriptedServer([.expectStartup(), .close()])
    await #expect(throws: PGWireError.transport(.closedByServer)) {
      try await WireConnection.connect(server.connectionOptions())
    }
  }

  @Test func `refuses a peer that is no PostgreSQL`() async throws {
    let server = try ScriptedServer([
      .expectStartup(), .send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)), .awaitEnd(),
    ])
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(server.connectionOptions())
    }
    guard case .wire(.invalidLength) = error else {
      Issue.record("\(error as Any)")
      return
    }
    try await server.finish()
  }

  @Test(arguments: [1, 2, 7])
  func `starts up in any pieces`(size: Int) async throws {
    let bytes =
      Backend.authenticationOk() + Backend.parameterStatus("server_version", "17.5")
      + Backend.noticeResponse(.made(severity: "WARNING", .internalError, "w"))
      + Backend.backendKeyData(processID: 5) + Backend.readyForQuery()
    let server = try ScriptedServer([
      .expectStartup(), .send(bytes, inPiecesOf: size), .awaitEnd(),
    ])
    let connection = try await WireConnection.connect(server.connectionOptions())
    #expect(connection.processID == 5)
  }

  /// A port that was free a moment ago.
  private func unusedPort() async throws -> UInt16 {
    let server = try ScriptedServer([])
    server.stop()
    // Its socket is closed by the time it says that it is over.
    try? await server.finish()
    return server.port
  }
}
