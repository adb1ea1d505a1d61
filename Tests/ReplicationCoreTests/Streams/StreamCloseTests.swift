import PGWire
import ReplicationCore
import ReplicationTestKit
import TestSupport
import Testing

/// How a stream ends when we end it.
@Suite struct StreamCloseTests {
  private static let rows = transaction(xid: 7, from: 0x10, commit: 0x100, rows: ["a"])

  @Test func `says its progress, then CopyDone, then Terminate, and nothing else`() async throws {
    let (duplex, server) = try await openStream([
      .send(Self.rows), .awaitStatusUpdate(write: lsn(0x108), flush: lsn(0x108)),
      .expectCopyDone(), .send(Backend.copyBothEnd()), .expect(.terminate), .expectEnd(),
    ])
    _ = try await duplex.words(4)
    #expect(duplex.sendStatusUpdate(flush: lsn(0x108)))
    await duplex.close()
    #expect(duplex.end == .closed)
    try await server.finish()
    #expect(Array(server.received.suffix(2)) == [.copyDone, .terminate])
    #expect(server.statusUpdates.last?.flush == lsn(0x108))
    let bytes = Array(server.receivedBytes.suffix(39 + 5 + 5))
    #expect(Array(bytes[..<6]) == [0x64, 0, 0, 0, 38, 0x72])
    #expect(Array(bytes[39...]) == [0x63, 0, 0, 0, 4, 0x58, 0, 0, 0, 4])
  }

  @Test func `sends nothing between CopyDone and Terminate, whatever the server says`()
    async throws
  {
    let asking = Backend.keepAlive(walEnd: lsn(0x500), replyRequested: true)
    let (duplex, server) = try await openStream([
      .send(Self.rows), .awaitStatusUpdate(), .expectCopyDone(),
      .send(asking), .pause(.milliseconds(30)), .send(Backend.copyDone(), asking, Self.rows),
      .pause(.milliseconds(30)),
      .send(Backend.commandComplete("COPY 0"), Backend.commandComplete("START_REPLICATION")),
      .send(Backend.readyForQuery()), .expect(.terminate), .expectEnd(),
    ]) { $0.statusInterval = .milliseconds(5) }
    await promptly("closing") { await duplex.close() }
    #expect(duplex.end == .closed)
    try await server.finish()
    let index = try #require(server.received.firstIndex(of: .copyDone))
    #expect(Array(server.received[index...]) == [.copyDone, .terminate])
  }

  @Test func `drops what nobody has taken, however much still comes`() async throws {
    let row = Backend.xLogData(lsn(0x10), [UInt8](repeating: 7, count: 1000))
    let many = Array(repeating: row, count: 2000).flatMap(\.self)
    let (duplex, server) = try await openStream([
      .send(Self.rows), .expectCopyDone(), .send(Backend.copyDone(), many),
      .send(Backend.commandComplete("COPY 0"), Backend.commandComplete("START_REPLICATION")),
      .within(.seconds(5), ScriptStep([.send(Backend.readyForQuery()), .expectTerminate()])),
    ]) { $0.byteBudget = 16 << 10 }
    await duplex.close()
    #expect(try await duplex.recv() == nil)
    try await server.finish()
    #expect(duplex.statistics.bytesBuffered <= 32 << 10)
  }

  /// Nobody will ever free the memory, yet the server's answer has to be read.
  @Test func `does not wait for a consumer that keeps its events`() async throws {
    let row = Backend.xLogData(lsn(0x10), [UInt8](repeating: 7, count: 1000))
    let many = Array(repeating: row, count: 500).flatMap(\.self)
    let (duplex, server) = try await openStream([
      .send(many), .expectCopyDone(), .send(Backend.copyBothEnd()),
      .within(.seconds(5), .expectTerminate()),
    ]) { $0.byteBudget = 16 << 10 }
    var kept: [ReplicationEvent] = []
    while kept.count < 8, let event = try await duplex.recv() { kept.append(event) }
    while let event = try duplex.recvIfReady() { kept.append(event) }
    try await Task.sleep(for: .milliseconds(30))
    while let event = try duplex.recvIfReady() { kept.append(event) }
    await duplex.close()
    #expect(duplex.end == .closed)
    #expect(kept.allSatisfy { $0.words == "\u{7} 0/10 1000" })
    try await server.finish()
  }

  @Test func `can be closed again, by anybody, at any time`() async throws {
    let (duplex, server) = try await openStream([.endStream()])
    await promptly("closing") {
      await withTaskGroup(of: Void.self) { group in
        for _ in 1...10 { group.addTask { await duplex.close() } }
      }
      await duplex.close()
    }
    #expect(try await duplex.recv() == nil)
    #expect(duplex.sendStatusUpdate(flush: lsn(1)) == false)
    try await server.finish()
  }

  @Test func `ends a wait for the next event`() async throws {
    let (duplex, server) = try await openStream([.endStream()])
    let waiting = Task { try await duplex.recv()?.words }
    await duplex.close()
    #expect(try await waiting.value == nil)
    try await server.finish()
  }

  @Test func `continues closing when the task that closes is cancelled`() async throws {
    let (duplex, server) = try await openStream([
      .expectCopyDone(), .expect("a word from the test") { _ in true },
    ])
    let closing = Task { await duplex.close() }
    try await server.waitUntil { $0.contains(.copyDone) }
    closing.cancel()
    await promptly("a cancelled close") { await closing.value }
    #expect(duplex.end == nil)
    server.stop()
  }

  @Test func `is closed cleanly when nobody holds it any more`() async throws {
    let server: ScriptedServer
    do {
      let (duplex, itsServer) = try await openStream([
        .send(Self.rows), .awaitStatusUpdate(flush: lsn(0x108)), .expectCopyDone(),
        .send(Backend.copyBothEnd()), .expect(.terminate), .expectEnd(),
      ])
      server = itsServer
      _ = try await duplex.words(4)
      duplex.sendStatusUpdate(flush: lsn(0x108))
    }
    try await promptly("the end") { try await server.finish() }
  }

  @Test func `counts what it has delivered`() async throws {
    let (duplex, server) = try await openStream([.send(Self.rows), .endStream()])
    #expect(try await duplex.words(4).count == 4)
    await duplex.close()
    #expect(try await duplex.recv() == nil)
    try await server.finish()
    #expect(duplex.statistics.eventsDelivered == 4)
    #expect(duplex.statistics.messagesReceived == 4)
  }
}
