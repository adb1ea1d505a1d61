import PGWire
import ReplicationTestKit
import TestSupport
import Testing

private typealias Backend = BackendEncoder

@Suite struct CopyOutStreamTests {
  private static let copy = "COPY t TO STDOUT"

  private func connect(_ script: ScriptStep...) async throws -> (WireConnection, ScriptedServer) {
    let server = try ScriptedServer([.handshake()] + script)
    return (try await WireConnection.connect(server.connectionOptions()), server)
  }

  private static let ending =
    Backend.copyDone() + Backend.commandComplete("COPY 3") + Backend.readyForQuery()
  private static let next = ScriptStep.expectQuery(
    "SELECT 1", answers: Backend.queryResult(["a"], rows: [["1"]]), Backend.readyForQuery())

  @Test func `returns all data, in pieces of the size asked for, then takes queries`() async throws
  {
    let (connection, _) = try await connect(
      .expectQuery(
        .exactly(Self.copy), answers: Backend.copyOutResponse(columns: 2, isBinary: true),
        Backend.copyData([1]), Backend.copyData([2, 3]), Backend.copyData([4]), Self.ending),
      Self.next)
    let stream = try await connection.copyOut(Self.copy)
    #expect(stream.format == CopyFormat(isBinary: true, columnCount: 2))
    await #expect(throws: PGWireError.busy) { try await connection.query("SELECT 2") }
    #expect(stream.commandTag == nil)
    #expect(try await stream.receive() == [1])
    #expect(try await stream.receive(atLeast: 2) == [2, 3])
    #expect(try await stream.receive(atLeast: 100) == [4])
    #expect(try await stream.receive() == nil)
    #expect(stream.commandTag == "COPY 3")
    await stream.abandon()
    #expect(try await connection.query("SELECT 1").first?.first("a") == "1")
  }

  @Test func `takes messages cut anywhere, and those that come at any moment`() async throws {
    let notices = Lock<[String]>([])
    let data =
      Backend.copyOutResponse(columns: 1) + Backend.copyData(Array("a\n".utf8))
      + Backend.noticeResponse(.made(severity: "NOTICE", .internalError, "hm"))
      + Backend.parameterStatus("TimeZone", "UTC") + Backend.copyData([]) + Self.ending
    let server = try ScriptedServer([
      .handshake(), .expect(.query(Self.copy)), .send(data, inPiecesOf: 1), Self.next,
    ])
    let connection = try await WireConnection.connect(
      server.connectionOptions(),
      onNotice: { notice in notices.withLock { $0.append(notice.message) } })
    let stream = try await connection.copyOut(Self.copy)
    #expect(try await stream.receive(atLeast: 100) == Array("a\n".utf8))
    #expect(try await stream.receive() == nil)
    #expect(notices.withLock { $0 } == ["hm"])
    #expect(try await connection.query("SELECT 1").count == 1)
  }

  @Test func `an error of the server ends it, before or among the data`() async throws {
    let failure = ServerError.made(.undefinedFile, "could not open file")
    let (connection, _) = try await connect(
      .expectQuery(
        .exactly(Self.copy), answers: Backend.errorResponse(failure), Backend.readyForQuery()),
      .expectQuery(
        .exactly(Self.copy), answers: Backend.copyOutResponse(columns: 1), Backend.copyData([1]),
        Backend.errorResponse(failure), Backend.readyForQuery()),
      Self.next)
    await #expect(throws: PGWireError.server(failure)) { try await connection.copyOut(Self.copy) }
    let stream = try await connection.copyOut(Self.copy)
    #expect(try await stream.receive() == [1])
    await #expect(throws: PGWireError.server(failure)) { try await stream.receive() }
    #expect(try await stream.receive() == nil)
    #expect(stream.commandTag == nil)
    #expect(try await connection.query("SELECT 1").count == 1)
  }

  @Test func `the end of the connection is never the end of the data`() async throws {
    let fatal = ServerError.made(severity: "FATAL", .adminShutdown, "terminating connection")
    for (last, error) in [
      (Backend.errorResponse(fatal), PGWireError.server(fatal)),
      ([], .transport(.closedByServer)), (Backend.copyDone(), .transport(.closedByServer)),
    ] {
      let (connection, _) = try await connect(
        .expectQuery(
          .exactly(Self.copy), answers: Backend.copyOutResponse(columns: 1), Backend.copyData([1]),
          last),
        .close())
      let stream = try await connection.copyOut(Self.copy)
      #expect(try await stream.receive() == [1])
      await #expect(throws: error) { try await stream.receive() }
      await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
    }
  }

  @Test(
    arguments: [
      Backend.rowDescription([]), Backend.copyBothResponse(), Backend.readyForQuery(),
      Backend.commandComplete("COPY 1"), Backend.emptyQueryResponse(),
      Backend.copyDone() + Backend.copyData([1]), Backend.copyDone() + Backend.readyForQuery(),
    ])
  func `what has no place in it breaks the connection`(messages: [UInt8]) async throws {
    let (connection, _) = try await connect(
      .expectQuery(.exactly(Self.copy), answers: Backend.copyOutResponse(columns: 1), messages),
      .awaitEnd())
    let stream = try await connection.copyOut(Self.copy)
    await #expect(
      throws: PGWireError.wire(.invalidValue(field: "message inside COPY", value: 0))
    ) { try await stream.receive() }
    await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
  }

  @Test func `another statement is refused, and the connection stays usable`() async throws {
    let (connection, _) = try await connect(Self.next, Self.next)
    let error = await #expect(throws: PGWireError.self) {
      try await connection.copyOut("SELECT 1")
    }
    guard case .unsupported = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(try await connection.query("SELECT 1").count == 1)
  }

  @Test(arguments: [false, true])
  func `a cancelled or abandoned COPY is cancelled on the server`(abandons: Bool) async throws {
    let key: [UInt8] = [1, 2, 3, 4]
    let server = try ScriptedServer(sessions: [
      [
        .expectStartup(),
        .send(
          Backend.authenticationOk(), Backend.backendKeyData(processID: 77, secret: key),
          Backend.readyForQuery()),
        .expectQuery(
          .exactly(Self.copy), answers: Backend.copyOutResponse(columns: 1), Backend.copyData([1])),
        .awaitEnd(),
      ],
      [.expect(.cancelRequest(processID: 77, secret: key))],
    ])
    do {
      let connection = try await WireConnection.connect(server.connectionOptions())
      let stream = try await connection.copyOut(Self.copy)
      #expect(try await stream.receive() == [1])
      if abandons {
        await stream.abandon()
      } else {
        let task = Task { try await stream.receive() }
        try await Task.sleep(for: .milliseconds(30))
        task.cancel()
        await promptly("a cancelled COPY") {
          let error = await #expect(throws: PGWireError.self) { try await task.value }
          #expect(error?.isCancelled == true)
        }
      }
      await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
    }
    try await server.finish()
  }
}
