import PGWire
import ReplicationCore
import ReplicationTestKit
import TestSupport
import Testing

/// What a stream tells the server, and when, whether anybody receives or not.
@Suite struct StreamFeedbackTests {
  private static let often: @Sendable (inout ReplicationParams) -> Void = {
    $0.statusInterval = .milliseconds(20)
  }

  @Test func `answers a keepalive while nobody receives`() async throws {
    let (duplex, server) = try await openStream([
      .send(Backend.keepAlive(walEnd: lsn(0x100), replyRequested: true)),
      .expectStatusUpdate(write: lsn(0x100), flush: .zero, apply: .zero, replyRequested: false),
      .endStream(),
    ])
    try await promptly("the answer") { try await server.waitUntil { !$0.statusUpdates.isEmpty } }
    await duplex.close()
    try await server.finish()
  }

  @Test func `answers with exactly 39 bytes`() async throws {
    let (duplex, server) = try await openStream([
      .send(Backend.keepAlive(walEnd: lsn(0x16_B374_D848), replyRequested: true)),
      .expectStatusUpdate(), .awaitEnd(),
    ])
    try await server.waitUntil { !$0.statusUpdates.isEmpty }
    let answer = Array(server.receivedBytes.suffix(39))
    let lsnBytes: [UInt8] = [0, 0, 0, 0x16, 0xB3, 0x74, 0xD8, 0x48]
    #expect(Array(answer[..<14]) == [0x64, 0, 0, 0, 38, 0x72] + lsnBytes)
    #expect(Array(answer[14..<30]) == [UInt8](repeating: 0, count: 16))
    #expect(answer[38] == 0)
    _ = duplex
  }

  @Test func `does not answer a keepalive that asks nothing`() async throws {
    let (duplex, server) = try await openStream([
      .send(Array(repeating: Backend.keepAlive(walEnd: lsn(1)), count: 50).flatMap(\.self)),
      .pause(.milliseconds(50)),
      .send(Backend.keepAlive(walEnd: lsn(2), replyRequested: true)),
      .expectStatusUpdate(write: lsn(2)), .endStream(),
    ])
    try await server.waitUntil { !$0.statusUpdates.isEmpty }
    #expect(server.statusUpdates.count == 1)
    await duplex.close()
  }

  @Test func `reports at its interval while nobody receives`() async throws {
    let (duplex, server) = try await openStream(
      [
        .send(Backend.xLogData(lsn(0x100), [1])), .expectStatusUpdate(),
        .awaitStatusUpdate(write: lsn(0x100), flush: .zero, replyRequested: false),
        .expectStatusUpdate(write: lsn(0x100), flush: .zero, replyRequested: false),
        .expectStatusUpdate(write: lsn(0x100), flush: .zero, replyRequested: false),
        .endStream(),
      ], Self.often)
    try await promptly("three reports") {
      try await server.waitUntil { $0.statusUpdates.count >= 4 }
    }
    await duplex.close()
    try await server.finish()
  }

  @Test func `reports as often as the server's timeout asks for`() async throws {
    let (duplex, server) = try await openStream(
      walSenderTimeout: "90ms",
      [.expectStatusUpdate(), .expectStatusUpdate(), .expectStatusUpdate(), .endStream()]
    ) {
      $0.stallTimeout = .zero
    }
    try await promptly("reports every 30 ms, not every 10 s") {
      try await server.waitUntil { $0.statusUpdates.count >= 3 }
    }
    await duplex.close()
    try await server.finish()
  }

  @Test func `reports in the middle of a large transaction, unasked`() async throws {
    let rows = transaction(xid: 7, from: 0x10, commit: 0x1000, rows: ["a", "b", "c"])
    let cut = rows.count - 56  // Before the Commit.
    let (duplex, server) = try await openStream(
      [
        .send(Array(rows[..<cut])), .awaitStatusUpdate(write: lsn(0x12), flush: .zero),
        .awaitStatusUpdate(write: lsn(0x12), flush: .zero), .send(Array(rows[cut...])),
        .awaitStatusUpdate(flush: lsn(0x1008)), .endStream(),
      ], Self.often)
    #expect(try await duplex.words(6).last == "commit 0/1000 0/1008")
    duplex.sendStatusUpdate(flush: lsn(0x1008))
    try await server.waitUntil { $0.statusUpdates.last?.flush == lsn(0x1008) }
    await duplex.close()
    try await server.finish()
  }

  /// The interval passes again and again while half of a message is there.
  @Test func `does not lose its place in a message that is slow to come`() async throws {
    let bytes = transaction(xid: 7, from: 0x10, commit: 0x1000, rows: ["a"])
    let script = stride(from: 0, to: bytes.count, by: 17).map { start -> ScriptStep in
      ScriptStep([
        .send(Array(bytes[start..<min(start + 17, bytes.count)])), .expectStatusUpdate(),
      ])
    }
    let (duplex, _) = try await openStream(script + [.endStream()]) {
      $0.statusInterval = .milliseconds(5)
    }
    #expect(
      try await duplex.words(4)
        == ["begin 7 0/1000", "R 0/0 31", "I 0/10 14", "commit 0/1000 0/1008"])
    await duplex.close()
  }

  @Test func `reports an acknowledgement at once, exactly as it was given`() async throws {
    let (duplex, server) = try await openStream([
      .send(transaction(xid: 7, from: 0x10, commit: 0x1000, rows: [])),
      .expectStatusUpdate(write: lsn(0x1008), flush: lsn(0x1008), apply: lsn(0x1008)),
      .expectStatusUpdate(write: lsn(0x1008), flush: lsn(0x1008), apply: lsn(0x1008)),
      .endStream(),
    ])
    _ = try await duplex.words(3)
    #expect(duplex.sendStatusUpdate(flush: lsn(0x1008)))
    try await promptly("the report") {
      try await server.waitUntil { $0.statusUpdates.count == 1 }
    }
    // Going back changes nothing, and going too far neither.
    #expect(duplex.sendStatusUpdate(flush: lsn(0x10)))
    #expect(duplex.sendStatusUpdate(flush: lsn(0x9_9999)))
    await duplex.close()
    try await server.finish()
    #expect(server.statusUpdates.allSatisfy { $0.flush == lsn(0x1008) })
  }

  @Test func `reports acknowledgements of many tasks as whole messages`() async throws {
    let (duplex, server) = try await openStream(
      [
        .send(Backend.xLogData(lsn(5000), [1])), .awaitStatusUpdate(flush: lsn(5000)), .endStream(),
      ],
      Self.often)
    _ = try await duplex.words(1)
    await withTaskGroup(of: Void.self) { group in
      for task in 1...8 as ClosedRange<UInt64> {
        group.addTask {
          for step in 1...500 as ClosedRange<UInt64> {
            duplex.sendStatusUpdate(flush: lsn(step * 9 + task))
            if step.isMultiple(of: 20) { await Task.yield() }
          }
        }
      }
    }
    duplex.sendStatusUpdate(flush: lsn(5000))
    try await server.waitUntil { $0.statusUpdates.last?.flush == lsn(5000) }
    await duplex.close()
    try await server.finish()
    let flushes = server.statusUpdates.map(\.flush)
    #expect(flushes == flushes.sorted())
  }

  @Test func `takes no keepalive's end for durable by itself`() async throws {
    let (duplex, server) = try await openStream([
      .send(transaction(xid: 7, from: 0x10, commit: 0x1000, rows: [])),
      .send(Backend.keepAlive(walEnd: lsn(0x2000), replyRequested: true)),
      .expectStatusUpdate(write: lsn(0x2000), flush: .zero, apply: .zero), .endStream(),
    ]) { $0.advancesWhenIdle = true }
    try await server.waitUntil { !$0.statusUpdates.isEmpty }
    await duplex.close()
    try await server.finish()
  }

  @Test func `follows the log of an idle server if it is asked to`() async throws {
    let (duplex, server) = try await openStream(
      [
        .send(transaction(xid: 7, from: 0x10, commit: 0x1000, rows: [])),
        .send(Backend.keepAlive(walEnd: lsn(0x2000))), .awaitStatusUpdate(flush: lsn(0x2000)),
        .send(Backend.keepAlive(walEnd: lsn(0x3000))), .awaitStatusUpdate(flush: lsn(0x3000)),
        .endStream(),
      ]
    ) {
      Self.often(&$0)
      $0.advancesWhenIdle = true
    }
    _ = try await duplex.words(3)
    duplex.sendStatusUpdate(flush: lsn(0x1008))
    try await promptly("idle advance") {
      try await server.waitUntil { $0.statusUpdates.last?.flush == lsn(0x3000) }
    }
    await duplex.close()
    try await server.finish()
  }

  @Test func `asks a silent server for a reply, then gives it up`() async throws {
    let (duplex, server) = try await openStream([
      .expectStatusUpdate(replyRequested: true), .awaitEnd(),
    ]) { $0.stallTimeout = .milliseconds(100) }
    await promptly("a stall") {
      await #expect(throws: ReplicationError.stalled(.milliseconds(100))) {
        try await duplex.recv()
      }
    }
    try await server.finish()
    #expect(duplex.end == .failed(.stalled(.milliseconds(100))))
  }

  @Test func `does not give up a server that answers`() async throws {
    let reply = Backend.keepAlive(walEnd: lsn(1))
    let answer = ScriptStep([.awaitStatusUpdate(replyRequested: true), .send(reply)])
    let (duplex, server) = try await openStream([answer, answer, .endStream()]) {
      // The scripted server has half of it for each answer, also on a busy machine.
      $0.stallTimeout = .seconds(6)
    }
    try await server.waitUntil { $0.statusUpdates.filter(\.replyRequested).count >= 2 }
    #expect(duplex.end == nil)
    await duplex.close()
    try await server.finish()
  }

  @Test func `gives up a server that does not even read`() async throws {
    let (duplex, server) = try await openStream([.stall(.seconds(60))]) {
      $0.stallTimeout = .milliseconds(100)
      $0.statusInterval = .milliseconds(1)
    }
    await promptly("a stall") {
      await #expect(throws: ReplicationError.stalled(.milliseconds(100))) {
        try await duplex.recv()
      }
    }
    server.stop()
  }
}
