import PGWire
import ReplicationCore
import ReplicationTestKit
import TestSupport
import Testing

/// How a stream ends when the server or the network ends it.
@Suite struct StreamEndTests {
  private static let rows = transaction(xid: 7, from: 0x10, commit: 0x100, rows: ["a"])
  private static let words = ["begin 7 0/100", "R 0/0 31", "I 0/10 14", "commit 0/100 0/108"]
  private let fatal = ServerError.made(
    severity: "FATAL", .adminShutdown, "terminating connection due to administrator command"
  ).during(.startReplication)

  /// Everything before the end comes first, then the error, again and again.
  private func expectFailure(
    _ error: ReplicationError, of duplex: Duplex, after words: [String] = words,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    #expect(try await duplex.words(words.count) == words, sourceLocation: sourceLocation)
    for _ in 1...2 {
      await #expect(throws: error, sourceLocation: sourceLocation) { try await duplex.recv() }
    }
    #expect(duplex.end == .failed(error), sourceLocation: sourceLocation)
    #expect(duplex.sendStatusUpdate(flush: lsn(1)) == false, sourceLocation: sourceLocation)
    await promptly("closing what has ended", sourceLocation: sourceLocation) {
      await duplex.close()
    }
  }

  @Test func `ends when the server shuts down, after the last report it waits for`() async throws {
    let (duplex, server) = try await openStream([
      .send(Self.rows), .awaitStatusUpdate(flush: lsn(0x108)),
      .send(Backend.keepAlive(walEnd: lsn(0x200), replyRequested: true)),
      .expectStatusUpdate(write: lsn(0x200), flush: lsn(0x200), replyRequested: false),
      .send(Backend.commandComplete("COPY 0")), .close(),
    ])
    #expect(try await duplex.words(4) == Self.words)
    duplex.sendStatusUpdate(flush: lsn(0x108))
    #expect(try await duplex.recv() == nil)
    #expect(try await duplex.recv() == nil)
    #expect(duplex.end == .serverShutdown)
    #expect(duplex.sendStatusUpdate(flush: lsn(0x200)) == false)
    try await server.finish()
  }

  @Test func `ends when the server shuts down and resets the connection`() async throws {
    let (duplex, _) = try await openStream(
      at: .tcp,
      [
        .send(Self.rows, Backend.commandComplete("COPY 0")), .pause(.milliseconds(20)), .reset(),
      ])
    #expect(try await duplex.words() == Self.words)
    #expect(duplex.end == .serverShutdown)
  }

  @Test func `fails with an error, after what came before it`() async throws {
    let missing = ServerError(
      [
        .severity: "ERROR", .sqlState: "42704", .message: "publication \"p\" does not exist",
        .where: "slot \"s\", output plugin \"pgoutput\", in the change callback",
      ], during: .startReplication)
    let (duplex, _) = try await openStream([
      .send(Self.rows, Backend.errorResponse(missing), Backend.readyForQuery()), .awaitEnd(),
    ])
    let error = ReplicationError.connection(.server(missing))
    try await expectFailure(error, of: duplex)
    #expect(error.description.contains("before the slot"))
    #expect(error.sqlState == .undefinedObject)
  }

  @Test func `fails with FATAL`() async throws {
    let (duplex, _) = try await openStream([
      .send(Self.rows, Backend.errorResponse(fatal)), .close(),
    ])
    try await expectFailure(.connection(.server(fatal)), of: duplex)
  }

  @Test func `fails with the error even if the connection is reset behind it`() async throws {
    let failure = ServerError.made(.serializationFailure, "conflict with recovery")
      .during(.startReplication)
    for error in [fatal, failure] {
      let (duplex, _) = try await openStream(
        at: .tcp,
        [.send(Self.rows, Backend.errorResponse(error)), .pause(.milliseconds(20)), .reset()])
      try await expectFailure(.connection(.server(error)), of: duplex)
    }
  }

  @Test func `fails when the server is gone without a word`() async throws {
    let (duplex, _) = try await openStream([.send(Self.rows), .close()])
    try await expectFailure(.connection(.transport(.closedByServer)), of: duplex)
  }

  @Test func `fails when the connection breaks`() async throws {
    let (duplex, _) = try await openStream(
      at: .tcp, [.send(Self.rows), .pause(.milliseconds(20)), .reset()])
    #expect(try await duplex.words(4) == Self.words)
    let error = await #expect(throws: ReplicationError.self) { try await duplex.recv() }
    guard case .connection(.transport(.lost)) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test func `drops no whole message before a partial one`() async throws {
    let (duplex, _) = try await openStream([
      .send(Self.rows + Self.rows.prefix(20)), .close(),
    ])
    try await expectFailure(.connection(.transport(.closedByServer)), of: duplex)
  }

  @Test func `answers when the server is done first, and takes that for no success`() async throws {
    let (duplex, server) = try await openStream([
      .send(Self.rows, Backend.copyDone()), .expectCopyDone(),
      .send(Backend.commandComplete("COPY 0"), Backend.readyForQuery()), .expectTerminate(),
    ])
    try await expectFailure(.endedByServer, of: duplex)
    try await server.finish()
  }

  @Test func `keeps the server's last words, whatever became of our reports`() async throws {
    let (duplex, server) = try await openStream(
      at: .tcp,
      [
        .send(Self.rows, Backend.errorResponse(fatal)), .close(),
      ]
    ) {
      $0.statusInterval = .milliseconds(1)
    }
    try await server.finish()
    try await Task.sleep(for: .milliseconds(50))
    try await expectFailure(.connection(.server(fatal)), of: duplex)
  }

  /// The budget is used up when the server goes, and what it sent can still be read.
  @Test func `delivers everything though the server is long gone`() async throws {
    let row = Backend.xLogData(lsn(0x10), [UInt8](repeating: 7, count: 1000))
    let (duplex, server) = try await openStream(
      at: .tcp,
      [
        .send(Array(repeating: row, count: 24).flatMap(\.self), Backend.errorResponse(fatal)),
        .close(),
      ]
    ) {
      $0.byteBudget = 8 << 10
      $0.statusInterval = .milliseconds(1)
    }
    try await server.finish()
    try await Task.sleep(for: .milliseconds(50))
    try await expectFailure(
      .connection(.server(fatal)), of: duplex,
      after: Array(repeating: "\u{7} 0/10 1000", count: 24))
  }

  @Test func `lets a task that waits know`() async throws {
    let (duplex, _) = try await openStream([
      .expectStatusUpdate(), .send(Backend.errorResponse(fatal)), .close(),
    ])
    let waiting = Task { try await duplex.recv() }
    duplex.sendStatusUpdate(flush: .zero)
    await #expect(throws: ReplicationError.connection(.server(fatal))) { try await waiting.value }
  }

  @Test(
    arguments: [
      Backend.copyData([]), Backend.copyData(Array("x".utf8)),
      Backend.copyData(Array("w".utf8)), Backend.copyData(Array("w12345678123456781234567".utf8)),
      Backend.copyData(Array("k".utf8)), Backend.copyData(Array("k1234567812345678".utf8)),
      Backend.copyData(Array("k123456781234567812".utf8)),
      Backend.copyData(Array("s12345678123456781".utf8)),
      Backend.message(tag: UInt8(ascii: "?")), Backend.authenticationOk(),
      Backend.message(tag: UInt8(ascii: "Z"), body: [1]), [UInt8(ascii: "d"), 0, 0, 0, 3],
      [UInt8(ascii: "d"), 0x7F, 0xFF, 0xFF, 0xFF], Array("HTTP/1.1 400\r\n".utf8),
    ])
  func `fails with what is no message, and delivers what came before`(
    bytes: [UInt8]
  ) async throws {
    let (duplex, _) = try await openStream([
      .send(Self.rows, bytes, Self.rows), .awaitEnd(),
    ]) { $0.deliversKeepAlives = true }
    #expect(try await duplex.words(4) == Self.words)
    let error = await #expect(throws: ReplicationError.self) {
      while let event = try await duplex.recv() { Issue.record("\(event.words)") }
    }
    guard case .connection(.wire) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test func `refuses a message above its limit`() async throws {
    let (duplex, _) = try await openStream([
      .send(Self.rows, [UInt8(ascii: "d"), 0, 1, 0, 0]), .awaitEnd(),
    ]) { $0.limits.frames = FrameLimits(maximumLength: 10_000) }
    let error = WireError.invalidLength(tag: UInt8(ascii: "d"), length: 65_536, limit: 10_000)
    try await expectFailure(.connection(.wire(error)), of: duplex)
  }
}
