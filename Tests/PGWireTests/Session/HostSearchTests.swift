import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

/// Several hosts, and the server that is chosen among them.
@Suite struct HostSearchTests {
  private func startup(_ version: Int32 = 196_608) -> ScriptStep {
    .expect("StartupMessage") {
      guard case .startup(let packet) = $0 else { return false }
      return packet.version == version
    }
  }

  /// A server of 14 or later, which tells what it is.
  private func telling(standby: Bool, readOnly: Bool = false) -> [ScriptStep] {
    [
      .expectStartup(),
      .send(
        Backend.authenticationOk(),
        Backend.parameterStatus("in_hot_standby", standby ? "on" : "off"),
        Backend.parameterStatus("default_transaction_read_only", readOnly ? "on" : "off"),
        Backend.readyForQuery()),
      .awaitEnd(),
    ]
  }

  private func options(
    _ servers: [ScriptedServer], _ target: TargetSession = .any, timeout: Duration = .seconds(30),
    minimum: WireProtocolVersion = .v30, maximum: WireProtocolVersion? = nil,
    after first: [ConnectionHost] = []
  ) throws -> ConnectionOptions {
    try ConnectionOptions(
      hosts: first + servers.map { ConnectionHost($0.host, port: $0.port) }, user: "u",
      targetSession: target, minimumProtocol: minimum, maximumProtocol: maximum,
      tls: TLSOptions(mode: .disable), connectTimeout: timeout)
  }

  /// A host where nobody listens, nor ever will.
  private let dead = ConnectionHost("/nonexistent")

  /// Which of the servers is connected to.
  private func choice(
    of servers: [ScriptedServer], _ target: TargetSession = .any
  ) async throws -> Int? {
    let connection = try await WireConnection.connect(options(servers, target))
    defer { connection.close() }
    return servers.firstIndex { $0.port == connection.options.port }
  }

  @Test func `tries the next host when nobody is there`() async throws {
    let server = try ScriptedServer([.handshake(), .awaitEnd()])
    let connection = try await WireConnection.connect(options([server], after: [dead]))
    #expect(connection.options.port == server.port)
  }

  @Test func `tries the next host when the server can't take anybody now`() async throws {
    let starting = try ScriptedServer([
      .expectStartup(),
      .send(Backend.errorResponse(severity: "FATAL", .cannotConnectNow, "starting up")), .close(),
    ])
    #expect(
      try await choice(of: [starting, try ScriptedServer([.handshake(), .awaitEnd()])]) == 1)
  }

  @Test func `tries the next host when the server says nothing in time`() async throws {
    let silent = try ScriptedServer([.awaitEnd()])
    let other = try ScriptedServer([.handshake(), .awaitEnd()])
    let connection = try await WireConnection.connect(
      options([silent, other], timeout: .milliseconds(300)))
    #expect(connection.options.port == other.port)
  }

  @Test(arguments: [SQLState.invalidPassword, .tooManyConnections, .invalidCatalogName])
  func `ends with any other word of a server`(state: SQLState) async throws {
    let refusal = ServerError.made(severity: "FATAL", state, "no")
    let refusing = try ScriptedServer([
      .expectStartup(), .send(Backend.errorResponse(refusal)), .close(),
    ])
    let other = try ScriptedServer([.handshake(), .awaitEnd()])
    await #expect(throws: PGWireError.server(refusal)) {
      try await WireConnection.connect(options([refusing, other]))
    }
    #expect(other.received.isEmpty)
    other.stop()
  }

  @Test func `tells of every host that was tried`() async throws {
    let starting = try ScriptedServer([
      .expectStartup(),
      .send(Backend.errorResponse(severity: "FATAL", .cannotConnectNow, "starting up")), .close(),
    ])
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(options([starting], after: [dead]))
    }
    guard case .noHost(let failures) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(failures.count == 2)
    let text = failures.map(\.description).joined(separator: "\n")
    #expect(text.contains("starting up"))
    #expect(text.contains(":\(starting.port)"))
  }

  @Test(
    arguments: [
      (.any, 0), (.readWrite, 2), (.primary, 1), (.standby, 0), (.readOnly, 0),
      (.preferStandby, 0),
    ] as [(TargetSession, Int)])
  func `chooses the server that is wanted`(target: TargetSession, index: Int) async throws {
    let servers = [
      try ScriptedServer(telling(standby: true)),
      try ScriptedServer(telling(standby: false, readOnly: true)),
      try ScriptedServer(telling(standby: false)),
    ]
    #expect(try await choice(of: servers, target) == index)
    for server in servers { server.stop() }
  }

  @Test func `takes any server where no standby is available`() async throws {
    let primary = try ScriptedServer(sessions: [telling(standby: false), telling(standby: false)])
    #expect(try await choice(of: [primary], .preferStandby) == 0)
  }

  @Test(
    arguments: [
      (.readWrite, "SHOW transaction_read_only", "on", "off"),
      (.readOnly, "SHOW transaction_read_only", "off", "on"),
      (.primary, "SELECT pg_catalog.pg_is_in_recovery()", "t", "f"),
      (.standby, "SELECT pg_catalog.pg_is_in_recovery()", "f", "t"),
    ] as [(TargetSession, String, String, String)])
  func `asks a server that does not tell`(
    target: TargetSession, sql: String, wrong: String, right: String
  ) async throws {
    let servers = try [wrong, right].map { answer in
      try ScriptedServer([
        .handshake(serverVersion: "13.16"),
        .expectQuery(
          .exactly(sql), answers: Backend.queryResult(["x"], rows: [[answer]]),
          Backend.readyForQuery()), .awaitEnd(),
      ])
    }
    #expect(try await choice(of: servers, target) == 1)
  }

  @Test func `says what is wrong with the only server`() async throws {
    let standby = try ScriptedServer(telling(standby: true))
    let error = await #expect(throws: PGWireError.wrongSession(wanted: .primary)) {
      try await WireConnection.connect(options([standby], .primary))
    }
    #expect(error?.description.contains("target_session_attrs=primary") == true)
    #expect(error?.description.contains("standby") == true)
  }

  @Test func `tries hosts in any order if told to`() async throws {
    var seen: Set<Int> = []
    for _ in 0..<64 where seen.count < 2 {
      let servers = [
        try ScriptedServer([.handshake(), .awaitEnd()]),
        try ScriptedServer([.handshake(), .awaitEnd()]),
      ]
      let random = try ConnectionOptions(
        hosts: servers.map { ConnectionHost($0.host, port: $0.port) }, user: "u",
        hostOrder: .random, tls: TLSOptions(mode: .disable))
      let connection = try await WireConnection.connect(random)
      if let index = servers.firstIndex(where: { $0.port == connection.options.port }) {
        seen.insert(index)
      }
      connection.close()
      for server in servers { server.stop() }
    }
    #expect(seen == [0, 1])
  }

  @Test func `uses each host's own password`() async throws {
    let first = try ScriptedServer([
      .expectStartup(),
      .send(Backend.errorResponse(severity: "FATAL", .cannotConnectNow, "later")), .close(),
    ])
    let second = try ScriptedServer([
      .expectStartup(), .send(Backend.authenticationCleartextPassword()),
      .expectPassword("second"), .letIn(), .awaitEnd(),
    ])
    let lines = "*:\(first.port):*:*:first\n*:\(second.port):*:*:second"
    let options = try ConnectionOptions(
      "host=127.0.0.1,127.0.0.1 port=\(first.port),\(second.port) user=u passfile=/p sslmode=disable",
      files: ConnectionFiles { _ in .plain(Array(lines.utf8), mode: 0o600) })
    try await WireConnection.connect(options).close()
  }

  @Test func `says that the password file was ignored when it would have been needed`()
    async throws
  {
    let server = try ScriptedServer([
      .expectStartup(), .send(Backend.authenticationCleartextPassword()), .awaitEnd(),
    ])
    let options = try ConnectionOptions(
      "host=127.0.0.1 port=\(server.port) user=u passfile=/p sslmode=disable",
      files: ConnectionFiles { _ in .plain([], mode: 0o644) })
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(options)
    }
    #expect(error?.description.contains("/p was ignored") == true)
  }

  // MARK: - Protocol versions

  @Test func `speaks 3.2 with a server that does`() async throws {
    let server = try ScriptedServer([
      startup(196_610),
      .send(
        Backend.authenticationOk(),
        Backend.backendKeyData(processID: 1, secret: [UInt8](repeating: 7, count: 32)),
        Backend.readyForQuery()), .awaitEnd(),
    ])
    let connection = try await WireConnection.connect(options([server], maximum: .v32))
    #expect(connection.protocolVersion == .v32)
  }

  @Test(arguments: [nil, SQLState.protocolViolation, .featureNotSupported])
  func `asks again for 3.0 where 3.2 is too much`(state: SQLState?) async throws {
    let refusal = state.map { Backend.errorResponse(severity: "FATAL", $0, "unsupported") } ?? []
    let server = try ScriptedServer(sessions: [
      [startup(196_610), .send(refusal), .close()], [startup(), .letIn(), .awaitEnd()],
    ])
    let connection = try await WireConnection.connect(options([server], maximum: .v32))
    #expect(connection.protocolVersion == .v30)
  }

  @Test func `does not ask again where 3.2 is a must, or after authentication`() async throws {
    let must = try ScriptedServer([startup(196_610), .close()])
    await #expect(throws: PGWireError.transport(.closedByServer)) {
      try await WireConnection.connect(options([must], minimum: .v32))
    }
    let late = try ScriptedServer([
      startup(196_610), .send(Backend.authenticationOk()), .close(),
    ])
    await #expect(throws: PGWireError.transport(.closedByServer)) {
      try await WireConnection.connect(options([late], maximum: .v32))
    }
  }
}
