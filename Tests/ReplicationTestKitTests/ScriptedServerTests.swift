import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

@Suite struct ScriptedServerTests {
  @Test(arguments: [.tcp, .unixSocket] as [ScriptedServer.Place])
  func `answers a client as its script says`(place: ScriptedServer.Place) async throws {
    let server = try ScriptedServer(
      [
        .handshake(serverVersion: "18.6"),
        .expectQuery(
          "SELECT 1", answers: Backend.queryResult(["one"], rows: [["1"]]),
          Backend.readyForQuery()),
        .expectTerminate(), .expectEnd(),
      ], at: place)
    do {
      let connection = try await WireConnection.connect(server.connectionOptions())
      #expect(connection.parameter("server_version") == "18.6")
      #expect(connection.processID == 4711)
      #expect(try await connection.query("SELECT 1").first?.first("one") == "1")
      connection.close()
    }
    try await server.finish()
    #expect(server.received.count == 3)
    #expect(server.received.last == .terminate)
    #expect(server.receivedBytes.suffix(5) == [0x58, 0, 0, 0, 4])
  }

  @Test func `serves one connection after the other, then refuses`() async throws {
    let session: [ScriptStep] = [.handshake(), .expectTerminate()]
    let server = try ScriptedServer(sessions: [session, session])
    for _ in 1...2 { try await WireConnection.connect(server.connectionOptions()).close() }
    try await server.finish()
    await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(server.connectionOptions())
    }
  }

  @Test func `says which step failed, and what came instead`() async throws {
    let server = try ScriptedServer([.handshake(), .expectCopyDone()])
    let connection = try await WireConnection.connect(server.connectionOptions())
    await #expect(throws: PGWireError.self) { try await connection.query("SELECT 1") }
    let failure = await #expect(throws: ScriptFailure.self) { try await server.finish() }
    #expect(failure?.reason == .unexpected(.query("SELECT 1")))
    #expect(failure?.step == "step 3 of 3 (expect CopyDone)")
    #expect(
      failure?.description
        == "step 3 of 3 (expect CopyDone): the client sent Query \"SELECT 1\" instead")
  }

  @Test func `says that the client went away`() async throws {
    let server = try ScriptedServer([.handshake(), .expectTerminate(), .expectCopyDone()])
    try await WireConnection.connect(server.connectionOptions()).close()
    let failure = await #expect(throws: ScriptFailure.self) { try await server.finish() }
    #expect(failure?.reason == .clientClosed)
  }

  @Test func `gives up after its timeout`() async throws {
    let server = try ScriptedServer([.handshake()], timeout: .milliseconds(50))
    let failure = await #expect(throws: ScriptFailure.self) { try await server.finish() }
    #expect(failure?.reason == .timedOut)
    #expect(failure?.step == "step 0 (a client connects)")
  }

  @Test func `stops when nobody waits for it any more`() async throws {
    let server = try ScriptedServer([.handshake(), .awaitEnd()])
    let waiting = Task { try await server.finish() }
    let connection = try await WireConnection.connect(server.connectionOptions())
    waiting.cancel()
    let failure = await #expect(throws: ScriptFailure.self) { try await waiting.value }
    #expect(failure?.reason == .stopped)
    connection.close()
  }

  @Test func `reports what a step of the test's own throws`() async throws {
    struct Surprise: Error {}
    let server = try ScriptedServer([
      .handshake(), ScriptStep("surprise") { _ in throw Surprise() },
    ])
    _ = try await WireConnection.connect(server.connectionOptions())
    let failure = await #expect(throws: ScriptFailure.self) { try await server.finish() }
    #expect(failure?.reason == .stepThrew("Surprise()"))
  }

  @Test(arguments: [1, 2, 5])
  func `sends in pieces`(size: Int) async throws {
    let answer = Backend.queryResult(["a"], rows: [["b"], [nil]]) + Backend.readyForQuery()
    let server = try ScriptedServer([
      .handshake(), .expect(.query("x")), .send(answer, inPiecesOf: size), .awaitEnd(),
    ])
    do {
      let connection = try await WireConnection.connect(server.connectionOptions())
      #expect(try await connection.query("x").first?.rows == [["b"], [nil]])
    }
    try await server.finish()
  }

  @Test func `checks a password by SCRAM`() async throws {
    let server = try ScriptedServer(sessions: [
      [.expectStartup(["user": "tester"]), .scram(password: "pencil"), .letIn(), .awaitEnd()],
      [.expectStartup(), .scram(password: "pencil"), .letIn()],
    ])
    try await WireConnection.connect(server.connectionOptions(password: Password("pencil"))).close()
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(server.connectionOptions(password: Password("pen")))
    }
    guard case .server(let refusal) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(refusal.sqlState == .invalidPassword)
    try await server.finish()
  }
}
