import CDCTime
import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

@Suite struct CopyBothStreamTests {
  private func open(
    _ script: ScriptStep...
  ) async throws -> (WireConnection, CopyBothStream, ScriptedServer) {
    let server = try ScriptedServer([.handshake(), .openCopyBoth()] + script)
    let connection = try await WireConnection.connect(server.connectionOptions())
    return (connection, try await connection.openCopyBoth("START_REPLICATION …"), server)
  }

  private let update = StandbyStatusUpdate(
    write: LSN(rawValue: 3), flush: LSN(rawValue: 2), apply: LSN(rawValue: 1),
    clock: PostgresTimestamp(microseconds: 7))

  @Test func `carries data in both directions, then ends`() async throws {
    let (connection, stream, server) = try await open(
      .send(
        Backend.xLogData(LSN(rawValue: 1), [9]),
        Backend.noticeResponse(.made(severity: "WARNING", .internalError, "w")),
        Backend.parameterStatus("TimeZone", "UTC"), Backend.copyData([])),
      .expect(.statusUpdate(update)), .expect(.copyData([1, 2])), .expectCopyDone(),
      .send(Backend.keepAlive(walEnd: LSN(rawValue: 5)), Backend.copyBothEnd()),
      .expectQuery("SELECT 1", answers: Backend.queryResult([], rows: []), Backend.readyForQuery()))
    #expect(try await stream.receive()?.count == 26)
    #expect(try await stream.receive() == [])
    try await stream.send(update)
    try await stream.send([1, 2])
    #expect(stream.end == nil)
    #expect(try await stream.finish() == .finished)
    #expect(stream.end == .finished)
    #expect(try await stream.receive() == nil)
    #expect(try await stream.finish() == .finished)
    await #expect(throws: PGWireError.closed) { try await stream.send([1]) }
    #expect(try await connection.query("SELECT 1").count == 1)
    try await server.finish()
  }

  @Test func `finds the same data in any pieces`() async throws {
    let bytes =
      Backend.xLogData(LSN(rawValue: 1), [1, 2, 3]) + Backend.keepAlive(walEnd: LSN(rawValue: 2))
      + Backend.copyData([4])
    let (_, stream, _) = try await open(.send(bytes, inPiecesOf: 1))
    var sizes: [Int] = []
    for _ in 1...3 { sizes.append(try await stream.receive()?.count ?? -1) }
    #expect(sizes == [28, 18, 1])
  }

  @Test func `ends with the server's error, and the connection stays`() async throws {
    let failure = ServerError.made(.undefinedObject, "publication \"p\" does not exist")
      .during(.startReplication)
    let (connection, stream, _) = try await open(
      .send(Backend.copyData([1]), Backend.errorResponse(failure), Backend.readyForQuery()),
      .expectQuery("SELECT 1", answers: Backend.queryResult([], rows: []), Backend.readyForQuery()))
    #expect(try await stream.receive() == [1])
    #expect(try await stream.receive() == nil)
    #expect(stream.end == .failed(failure))
    #expect(try await stream.finish() == .failed(failure))
    #expect(try await connection.query("SELECT 1").count == 1)
  }

  @Test func `ends with FATAL`() async throws {
    let fatal = ServerError.made(severity: "FATAL", .adminShutdown, "terminating connection")
      .during(.startReplication)
    let (_, stream, _) = try await open(.send(Backend.errorResponse(fatal)), .close())
    #expect(try await stream.receive() == nil)
    #expect(stream.end == .failed(fatal))
  }

  @Test func `ends when the server shuts down`() async throws {
    let (_, stream, _) = try await open(
      .send(Backend.copyData([1]), Backend.commandComplete("COPY 0")), .close())
    #expect(try await stream.receive() == [1])
    #expect(try await stream.receive() == nil)
    #expect(stream.end == .serverShutdown)
  }

  @Test func `ends when the server is gone`() async throws {
    let (_, stream, _) = try await open(.send(Backend.copyData([1])), .close())
    #expect(try await stream.receive() == [1])
    #expect(try await stream.receive() == nil)
    #expect(stream.end == .connectionLost)
  }

  @Test func `ends when the connection breaks`() async throws {
    let (_, stream, _) = try await open(
      .send(Backend.copyData([1])), .pause(.milliseconds(20)), .reset())
    #expect(try await stream.receive() == [1])
    #expect(try await stream.receive() == nil)
    #expect(stream.end == .connectionLost)
  }

  @Test func `answers the server's CopyDone`() async throws {
    let (_, stream, server) = try await open(
      .send(Backend.copyData([1]), Backend.copyDone()), .expect(.copyDone),
      .send(Backend.commandComplete("COPY 0"), Backend.readyForQuery()), .awaitEnd())
    #expect(try await stream.receive() == [1])
    #expect(try await stream.receive() == nil)
    #expect(stream.end == .finished)
    #expect(server.received.last == .copyDone)
  }

  @Test func `takes no queries while it is open, and is none the worse for one`() async throws {
    let (connection, stream, _) = try await open(
      .expectStatusUpdate(), .send(Backend.copyData([1])), .awaitEnd())
    await #expect(throws: PGWireError.busy) { try await connection.query("SELECT 1") }
    await #expect(throws: PGWireError.busy) { try await connection.openCopyBoth("SELECT 1") }
    try await stream.send(update)
    #expect(try await stream.receive() == [1])
  }

  @Test(
    arguments: [
      [UInt8(ascii: "d"), 0, 0, 0, 3], Backend.message(tag: UInt8(ascii: "?")),
      Backend.message(tag: UInt8(ascii: "Z"), body: [1]), Backend.authenticationOk(),
    ])
  func `trusts nothing after what is no message`(bytes: [UInt8]) async throws {
    let (connection, stream, _) = try await open(.send(bytes, Backend.copyData([1])), .awaitEnd())
    let error = await #expect(throws: PGWireError.self) { try await stream.receive() }
    guard case .wire = error else {
      Issue.record("\(error as Any)")
      return
    }
    await #expect(throws: PGWireError.closed) { try await stream.receive() }
    await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
  }

  @Test func `is opened by nothing else`() async throws {
    let server = try ScriptedServer([
      .handshake(),
      .expectQuery("SELECT 1", answers: Backend.queryResult([], rows: []), Backend.readyForQuery()),
    ])
    let connection = try await WireConnection.connect(server.connectionOptions())
    await #expect(throws: PGWireError.unexpectedMessage) {
      try await connection.openCopyBoth("SELECT 1")
    }
  }

  @Test func `is refused with the server's error, and the connection stays`() async throws {
    let active = ServerError.made(.objectInUse, "replication slot \"s\" is active for PID 9")
      .during(.startReplication)
    let server = try ScriptedServer([
      .handshake(),
      .expectQuery(.any, answers: Backend.errorResponse(active), Backend.readyForQuery()),
      .expectQuery("SELECT 1", answers: Backend.queryResult([], rows: []), Backend.readyForQuery()),
    ])
    let connection = try await WireConnection.connect(server.connectionOptions())
    await #expect(throws: PGWireError.server(active)) {
      try await connection.openCopyBoth("START_REPLICATION …")
    }
    #expect(try await connection.query("SELECT 1").count == 1)
  }
}
