import PGWire
import ReplicationTestKit
import Synchronization
import Testing

private typealias Backend = BackendEncoder

@Suite struct QueryTests {
  private func connect(_ script: ScriptStep...) async throws -> (WireConnection, ScriptedServer) {
    let server = try ScriptedServer([.handshake()] + script)
    return (try await WireConnection.connect(server.connectionOptions()), server)
  }

  @Test func `returns what the server answers`() async throws {
    let (connection, server) = try await connect(
      .expectQuery(
        "SELECT 1; SELECT 2",
        answers: Backend.queryResult(["a"], rows: [["1"]]),
        Backend.queryResult(["b"], rows: [["2"], [nil]]), Backend.readyForQuery()),
      .expectTerminate(), .expectEnd())
    let results = try await connection.query("SELECT 1; SELECT 2")
    #expect(results.map(\.rows) == [[["1"]], [["2"], [nil]]])
    connection.close()
    await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
    _ = consume connection
    try await server.finish()
  }

  @Test func `stays usable after an error`() async throws {
    let failure = ServerError.made(.syntaxError, "syntax error")
    let (connection, _) = try await connect(
      .expectQuery(
        "FOO", answers: Backend.errorResponse(failure), Backend.readyForQuery()),
      .expectQuery(
        "SELECT 1", answers: Backend.queryResult(["a"], rows: [["1"]]), Backend.readyForQuery()))
    await #expect(throws: PGWireError.server(failure)) { try await connection.query("FOO") }
    #expect(try await connection.query("SELECT 1").first?.first("a") == "1")
  }

  @Test func `reports FATAL, and the connection is gone`() async throws {
    let fatal = ServerError.made(severity: "FATAL", .adminShutdown, "terminating connection")
    let (connection, _) = try await connect(
      .expectQuery("SELECT 1", answers: Backend.errorResponse(fatal)), .close())
    await #expect(throws: PGWireError.server(fatal)) { try await connection.query("SELECT 1") }
    await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
  }

  @Test func `reports FATAL that came while nobody asked`() async throws {
    let fatal = ServerError.made(severity: "FATAL", .idleSessionTimeout, "idle for too long")
    let (connection, server) = try await connect(.send(Backend.errorResponse(fatal)), .close())
    try await server.finish()
    await #expect(throws: PGWireError.server(fatal)) { try await connection.query("SELECT 1") }
  }

  @Test func `reports FATAL even if the connection is reset behind it`() async throws {
    let fatal = ServerError.made(severity: "FATAL", .adminShutdown, "terminating connection")
    let (connection, _) = try await connect(
      .expect(.query("SELECT 1")), .send(Backend.errorResponse(fatal)),
      .pause(.milliseconds(20)), .reset())
    await #expect(throws: PGWireError.server(fatal)) { try await connection.query("SELECT 1") }
  }

  @Test func `reports FATAL that came before a reset, even if nothing can be sent`() async throws {
    let fatal = ServerError.made(severity: "FATAL", .adminShutdown, "terminating connection")
    let (connection, server) = try await connect(
      .send(Backend.errorResponse(fatal)), .pause(.milliseconds(20)), .reset())
    try await server.finish()
    await #expect(throws: PGWireError.server(fatal)) { try await connection.query("SELECT 1") }
  }

  @Test func `says that the connection was lost`() async throws {
    let (connection, _) = try await connect(.expect(.query("SELECT 1")), .reset())
    let error = await #expect(throws: PGWireError.self) { try await connection.query("SELECT 1") }
    guard case .transport(.lost) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test func `gives COPY up and stays usable`() async throws {
    let (connection, _) = try await connect(
      .expectQuery("COPY t FROM STDIN", answers: Backend.copyInResponse()),
      .expect(.copyFail(reason: "not supported by this client")),
      .send(Backend.errorResponse(.queryCanceled, "COPY failed"), Backend.readyForQuery()),
      .expectQuery(
        "COPY t TO STDOUT", answers: Backend.copyOutResponse(), Backend.copyData([1]),
        Backend.copyDone(), Backend.commandComplete("COPY 1"), Backend.readyForQuery()),
      .expectQuery("SELECT 1", answers: Backend.queryResult([], rows: []), Backend.readyForQuery()))
    await #expect(throws: PGWireError.unsupported("COPY FROM STDIN")) {
      try await connection.query("COPY t FROM STDIN")
    }
    await #expect(throws: PGWireError.unsupported("COPY TO STDOUT")) {
      try await connection.query("COPY t TO STDOUT")
    }
    #expect(try await connection.query("SELECT 1").count == 1)
  }

  @Test func `sends no query with a zero byte`() async throws {
    let (connection, server) = try await connect(
      .expectQuery("SELECT 1", answers: Backend.queryResult([], rows: []), Backend.readyForQuery()))
    await #expect(throws: PGWireError.self) { try await connection.query("SELECT 1\0; DROP") }
    #expect(try await connection.query("SELECT 1").count == 1)
    try await server.finish()
  }

  @Test func `takes one call at a time`() async throws {
    let (connection, server) = try await connect(.expect(.query("first")), .awaitEnd())
    let first = Task { try await connection.query("first") }
    try await server.waitUntil { $0.count == 2 }
    await #expect(throws: PGWireError.busy) { try await connection.query("second") }
    first.cancel()
    _ = await first.result
  }

  @Test func `hands on notices and new settings`() async throws {
    let notices = Mutex<[String]>([])
    let server = try ScriptedServer([
      .handshake(),
      .expectQuery(
        "SET TimeZone = 'IST'",
        answers: Backend.noticeResponse(.made(severity: "NOTICE", .internalError, "one")),
        Backend.parameterStatus("TimeZone", "IST"), Backend.commandComplete("SET"),
        Backend.readyForQuery()),
    ])
    let connection = try await WireConnection.connect(
      server.connectionOptions(),
      onNotice: { notice in notices.withLock { $0.append(notice.message) } })
    #expect(connection.parameter("TimeZone") == nil)
    _ = try await connection.query("SET TimeZone = 'IST'")
    #expect(connection.parameter("TimeZone") == "IST")
    #expect(notices.withLock { $0 } == ["one"])
  }

  @Test func `refuses an answer that is too long`() async throws {
    let server = try ScriptedServer([
      .handshake(),
      .expectQuery("SELECT 1", answers: [UInt8(ascii: "D"), 0x40, 0, 0, 0]), .awaitEnd(),
    ])
    let connection = try await WireConnection.connect(
      server.connectionOptions(),
      limits: ConnectionLimits(frames: FrameLimits(maximumLength: 1 << 20)))
    await #expect(
      throws: PGWireError.wire(
        .invalidLength(tag: UInt8(ascii: "D"), length: 1 << 30, limit: 1 << 20))
    ) { try await connection.query("SELECT 1") }
    await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
  }

  @Test func `describes a server's error without the row`() {
    let error = ServerError([
      .severity: "ERROR", .sqlState: "23505", .message: "duplicate key",
      .detail: "Key (email)=(a@b) already exists.",
    ])
    #expect("\(PGWireError.server(error))" == "ERROR 23505: duplicate key")
    #expect(
      "\(PGWireError.transport(.closedByServer))" == "\(TransportError.closedByServer)")
  }
}
