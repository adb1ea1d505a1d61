import PGWire
import ReplicationTestKit
import TestSupport
import Testing

private typealias Backend = BackendEncoder

/// Servers that fall silent, at every point of a session: no wait is without a limit, and the error
/// names it.
@Suite struct FrozenServerTests {
  private static let limits: ConnectionLimits = {
    var limits = ConnectionLimits()
    limits.answerTimeout = .milliseconds(100)
    limits.startupTimeout = .milliseconds(100)
    return limits
  }()

  private func connect(_ script: ScriptStep...) async throws -> WireConnection {
    let server = try ScriptedServer([.handshake()] + script + [.awaitEnd()])
    return try await WireConnection.connect(server.connectionOptions(), limits: Self.limits)
  }

  private func expectSilence<R>(
    awaiting awaited: AwaitedAnswer, sourceLocation: SourceLocation = #_sourceLocation,
    _ operation: () async throws -> R
  ) async {
    let error = await #expect(throws: PGWireError.self, sourceLocation: sourceLocation) {
      _ = try await operation()
    }
    guard case .transport(.noAnswer(awaited, let waited)) = error else {
      Issue.record("\(error as Any)", sourceLocation: sourceLocation)
      return
    }
    #expect(waited >= .milliseconds(100), sourceLocation: sourceLocation)
    #expect(error?.description.contains("\(awaited)") == true, sourceLocation: sourceLocation)
    #expect(error?.isTransient == true, sourceLocation: sourceLocation)
  }

  static let startups: [(script: [ScriptStep], awaited: AwaitedAnswer)] = [
    ([], .startupPacket), ([.expectStartup()], .startupPacket),
    (
      [.expectStartup(), .send(Backend.authenticationCleartextPassword())], .authentication
    ),
    (
      [.expectStartup(), .send(Backend.authenticationSASL())], .authentication
    ),
    ([.expectStartup(), .send(Backend.authenticationOk())], .endOfStartup),
    (
      [
        .expectStartup(),
        .send(Backend.authenticationOk(), Backend.parameterStatus("a", "b"), [0x5A]),
      ], .endOfStartup
    ),
  ]

  @Test(arguments: startups.indices, [false, true])
  func `in startup`(index: Int, hasTimeout: Bool) async throws {
    let server = try ScriptedServer(Self.startups[index].script + [.awaitEnd()])
    let options = try server.connectionOptions(
      password: Password("pw"), connectTimeout: hasTimeout ? .milliseconds(100) : nil)
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(options, limits: Self.limits)
    }
    let awaited = Self.startups[index].awaited
    if hasTimeout {
      let target = "127.0.0.1:\(server.port)"
      #expect(error == .transport(.connectTimedOut(to: target, awaiting: awaited)))
    } else {
      guard case .transport(.cannotConnect(_, let failures)) = error else {
        Issue.record("\(error as Any)")
        return
      }
      #expect(failures.map(\.awaiting) == [awaited])
    }
    #expect(error?.description.contains("\(awaited)") == true)
  }

  @Test(arguments: [([], .tlsAnswer), ([0x53], .tlsHandshake)] as [([UInt8], AwaitedAnswer)])
  func `where TLS begins`(answer: [UInt8], awaited: AwaitedAnswer) async throws {
    let server = try ScriptedServer([
      .expect("SSLRequest") { if case .sslRequest = $0 { true } else { false } }, .send(answer),
      .stall(.seconds(60)),
    ])
    let options = try ConnectionOptions(
      host: server.host, port: server.port, user: "u", tls: TLSOptions(mode: .require),
      connectTimeout: .milliseconds(100))
    let target = "127.0.0.1:\(server.port)"
    await #expect(
      throws: PGWireError.transport(.connectTimedOut(to: target, awaiting: awaited))
    ) { try await WireConnection.connect(options) }
    server.stop()
  }

  @Test func `in a query, before the answer and within it`() async throws {
    for answer in [
      [], Backend.rowDescription(["a"]) + Backend.dataRow(["1"]),
      Backend.queryResult(["a"], rows: [["1"]]), Array(Backend.rowDescription(["a"]).prefix(7)),
    ] {
      let connection = try await connect(.expectQuery("SELECT 1", answers: answer))
      await expectSilence(awaiting: .command("SELECT")) { try await connection.query("SELECT 1") }
      await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
    }
  }

  @Test func `in place of CopyBothResponse`() async throws {
    let connection = try await connect()
    await expectSilence(awaiting: .command("START_REPLICATION")) {
      try await connection.openCopyBoth("START_REPLICATION SLOT s LOGICAL 0/0")
    }
  }

  @Test func `after our CopyFail`() async throws {
    let connection = try await connect(
      .expectQuery("COPY t FROM STDIN", answers: Backend.copyInResponse()),
      .expect(.copyFail(reason: "not supported by this client")))
    await expectSilence(awaiting: .command("COPY")) {
      try await connection.query("COPY t FROM STDIN")
    }
  }

  @Test func `in a COPY, before its data and within it`() async throws {
    var connection = try await connect()
    await expectSilence(awaiting: .command("COPY")) {
      try await connection.copyOut("COPY t TO STDOUT")
    }
    connection = try await connect(
      .expectQuery("COPY t TO STDOUT", answers: Backend.copyOutResponse(columns: 1)))
    let stream = try await connection.copyOut("COPY t TO STDOUT")
    await expectSilence(awaiting: .copyData) { try await stream.receive() }
  }

  @Test func `at the end of CopyBoth`() async throws {
    let connection = try await connect(.openCopyBoth())
    let stream = try await connection.openCopyBoth("START_REPLICATION …")
    await expectSilence(awaiting: .endOfCopy) { try await stream.finish() }
  }

  @Test func `and the server is told to give up what it did not answer`() async throws {
    let key: [UInt8] = [1, 2, 3, 4]
    let server = try ScriptedServer(sessions: [
      [
        .expectStartup(),
        .send(
          Backend.authenticationOk(), Backend.backendKeyData(processID: 77, secret: key),
          Backend.readyForQuery()), .awaitEnd(),
      ],
      [.expect(.cancelRequest(processID: 77, secret: key))],
    ])
    do {
      let connection = try await WireConnection.connect(
        server.connectionOptions(), limits: Self.limits)
      await expectSilence(awaiting: .command("SELECT")) { try await connection.query("SELECT 1") }
    }
    try await server.finish()
  }

  @Test func `unless the caller knows that it takes long`() async throws {
    let server = try ScriptedServer([
      .handshake(), .expect(.query("SELECT 1")), .pause(.milliseconds(400)),
      .send(Backend.queryResult(["a"], rows: [["1"]]), Backend.readyForQuery()),
      .expectQuery("COPY t TO STDOUT", answers: Backend.copyOutResponse(columns: 1)),
      .pause(.milliseconds(400)),
      .send(
        Backend.copyData([1]), Backend.copyDone(), Backend.commandComplete("COPY 1"),
        Backend.readyForQuery()),
    ])
    let connection = try await WireConnection.connect(
      server.connectionOptions(), limits: Self.limits)
    #expect(try await connection.query("SELECT 1", answerTimeout: nil).count == 1)
    let copy = try await connection.copyOut("COPY t TO STDOUT", answerTimeout: nil)
    #expect(try await copy.receive() == [1])
    #expect(try await copy.receive() == nil)
  }
}
