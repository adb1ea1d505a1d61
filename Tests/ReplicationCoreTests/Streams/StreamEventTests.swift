import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import TestSupport
import Testing

/// What a stream delivers.
@Suite struct StreamEventTests {
  /// A small exchange with every kind of message in it.
  private static let exchange =
    Backend.keepAlive(walEnd: lsn(0x50))
    + transaction(xid: 7, from: 0x60, commit: 0x100, rows: ["a", "bc"])
    + Backend.noticeResponse(.made(severity: "WARNING", .internalError, "w"))
    + Backend.parameterStatus("TimeZone", "UTC")
    + Backend.xLogData(
      lsn(0x110),
      PgOutput.message(transactional: false, lsn: 0x110, prefix: "p", content: Array("hi".utf8)))
    + Backend.keepAlive(walEnd: lsn(0x120), replyRequested: true)
    + transaction(xid: 8, from: 0x61, commit: 0x130, rows: [])
    + Backend.xLogData(lsn(0x140), [])

  /// The events that it stands for.
  private static let words = [
    "keepalive 0/50", "begin 7 0/100", "R 0/0 31", "I 0/60 14", "I 0/61 15", "commit 0/100 0/108",
    "message p hi", "keepalive 0/120 reply", "begin 8 0/130", "R 0/0 31", "commit 0/130 0/138",
    "\0 0/140 0",
  ]

  @Test func `delivers each message as an event`() async throws {
    let (duplex, _) = try await openStream([.send(Self.exchange), .awaitEnd()]) {
      $0.deliversKeepAlives = true
    }
    #expect(try await duplex.words(Self.words.count) == Self.words)
    #expect(duplex.end == nil)
  }

  @Test func `delivers keepalives only if it is asked to`() async throws {
    let (duplex, _) = try await openStream([.send(Self.exchange), .awaitEnd()])
    let words = Self.words.filter { !$0.hasPrefix("keepalive") }
    #expect(try await duplex.words(words.count) == words)
  }

  @Test func `delivers everything undecoded if it is asked to`() async throws {
    let (duplex, _) = try await openStream([.send(Self.exchange), .awaitEnd()]) {
      $0.decodesTransactions = false
    }
    #expect(
      try await duplex.words(9) == [
        "B 0/60 21", "R 0/0 31", "I 0/60 14", "I 0/61 15", "C 0/108 26", "M 0/110 18", "B 0/61 21",
        "R 0/0 31", "C 0/138 26",
      ])
  }

  @Test func `delivers what another plugin sends as it is`() async throws {
    let (duplex, server) = try await openStream(
      [.send(Backend.xLogData(lsn(5), Array("BEGIN 7".utf8))), .awaitEnd()]
    ) {
      $0.plugin = "test_decoding"
    }
    #expect(try await duplex.words(1) == ["B 0/5 7"])
    guard case .query(let command) = server.received.last else {
      Issue.record("\(server.received)")
      return
    }
    #expect(command == "START_REPLICATION SLOT \"test_slot\" LOGICAL 0/0")
  }

  @Test func `delivers payloads and times exactly`() async throws {
    let payload = [UInt8]((0...255).map { UInt8($0 ^ 0x55) })
    let time = PostgresTimestamp(microseconds: -123_456)
    let (duplex, _) = try await openStream([
      .send(Backend.xLogData(lsn(0x77), payload, sentAt: time)), .awaitEnd(),
    ]) { $0.plugin = "test_decoding" }
    guard case .xLogData(let data) = try await duplex.recv() else {
      Issue.record("no XLogData")
      return
    }
    #expect(data.payload.bytes() == payload)
    #expect(data.start == lsn(0x77))
    #expect(data.end == lsn(0x77))
    #expect(data.sentAt == time)
    #expect(data.payload.first == payload.first)
  }

  /// One byte a segment, as far as the socket goes along: every cut there is.
  @Test func `delivers the same events byte by byte`() async throws {
    let (duplex, _) = try await openStream([
      .send(Self.exchange, inPiecesOf: 1, pause: .microseconds(200)), .awaitEnd(),
    ]) {
      $0.deliversKeepAlives = true
    }
    #expect(try await duplex.words(Self.words.count) == Self.words)
  }

  @Test func `delivers the same events cut at every offset`() async throws {
    let offsets = Array(1..<Self.exchange.count)
    let sessions = offsets.map { offset -> [ScriptStep] in
      [.stream(), .send(Self.exchange, cutAt: [offset], pause: .microseconds(500)), .endStream()]
    }
    let server = try ScriptedServer(sessions: sessions, at: .unixSocket)
    var params = try server.replicationParams()
    params.deliversKeepAlives = true
    params.logger = quietLogger
    let client = try Client(params)
    for offset in offsets {
      let duplex = try await client.startReplication()
      let words = try await duplex.words(Self.words.count)
      #expect(words == Self.words, "cut at \(offset)")
      await duplex.close()
    }
    try await server.finish()
  }

  @Test(arguments: [1, 100, 1 << 12])
  func `delivers the same events whatever its budget`(budget: Int) async throws {
    let bytes = Array(repeating: Self.exchange, count: 50).flatMap(\.self)
    let (duplex, _) = try await openStream(tuning: .recording, [.send(bytes), .awaitEnd()]) {
      $0.deliversKeepAlives = true
      $0.byteBudget = budget
    }
    for _ in 1...50 { #expect(try await duplex.words(Self.words.count) == Self.words) }
  }

  @Test func `gives what is there without waiting`() async throws {
    let (duplex, _) = try await openStream([
      .send(transaction(xid: 7, from: 0x60, commit: 0x100, rows: ["a"])), .awaitEnd(),
    ])
    #expect(try await duplex.recv()?.words == "begin 7 0/100")
    var words: [String] = []
    while let event = try duplex.recvIfReady() { words.append(event.words) }
    #expect(words == ["R 0/0 31", "I 0/60 14", "commit 0/100 0/108"])
    #expect(try duplex.recvIfReady() == nil)
  }

  @Test func `lends frames in place`() async throws {
    let (duplex, _) = try await openStream([.send(Self.exchange), .awaitEnd()]) {
      $0.deliversKeepAlives = true
    }
    var frames = 0
    while frames < Self.words.count { _ = try await duplex.forEachReady { _ in frames += 1 } }
    #expect(frames == Self.words.count)
  }

  @Test func `is a sequence`() async throws {
    let (duplex, _) = try await openStream([
      .send(transaction(xid: 7, from: 0x60, commit: 0x100, rows: [])),
      .send(Backend.commandComplete("COPY 0")), .close(),
    ])
    var words: [String] = []
    for try await event in duplex { words.append(event.words) }
    #expect(words == ["begin 7 0/100", "R 0/0 31", "commit 0/100 0/108"])
  }

  @Test func `refuses a second task that waits`() async throws {
    let (duplex, _) = try await openStream([
      .expectStatusUpdate(), .send(Backend.xLogData(lsn(1), [1])), .awaitEnd(),
    ])
    let first = Task { try await duplex.recv()?.words }
    while true {
      do {
        _ = try duplex.recvIfReady()
        await Task.yield()
      } catch .concurrentReceive {
        break
      }
    }
    await #expect(throws: ReplicationError.concurrentReceive) { try await duplex.recv() }
    duplex.sendStatusUpdate(flush: .zero)
    #expect(try await first.value == "\u{1} 0/1 1")
  }

  @Test func `reports a message of pgoutput that is none`() async throws {
    let (duplex, _) = try await openStream([
      .send(Backend.xLogData(lsn(0x60), Array("B123".utf8)), Backend.xLogData(lsn(0x70), [1])),
      .awaitEnd(),
    ])
    let error = await #expect(throws: ReplicationError.self) { try await duplex.recv() }
    guard case .decoding(.malformed(let kind, _, let position)) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(kind == .begin)
    #expect(position == lsn(0x60))
  }
}

/// Stops at a position.
@Suite struct StreamStopTests {
  private static let transactions =
    transaction(xid: 1, from: 0x10, commit: 0x100, rows: ["a"])
    + transaction(xid: 2, from: 0x11, commit: 0x200, rows: ["b"])
    + transaction(xid: 3, from: 0x12, commit: 0x300, rows: ["c"])

  private func words(
    stopAt position: UInt64, _ bytes: [UInt8],
    _ change: (inout ReplicationParams) -> Void = { _ in }
  ) async throws -> [String] {
    let (duplex, _) = try await openStream([.send(bytes), .endStream()]) {
      $0.stopAt = lsn(position)
      change(&$0)
    }
    let words = try await duplex.words()
    #expect(try await duplex.recv() == nil)
    await promptly("closing") { await duplex.close() }
    return words.filter { !$0.hasPrefix("R") && !$0.hasPrefix("I") }
  }

  @Test func `delivers transactions up to it, whole`() async throws {
    let both = ["begin 1 0/100", "commit 0/100 0/108", "begin 2 0/200", "commit 0/200 0/208"]
    #expect(try await words(stopAt: 0x200, Self.transactions) == both + ["stopped 0/200"])
    #expect(try await words(stopAt: 0x2FF, Self.transactions) == both + ["stopped 0/2FF"])
    #expect(
      try await words(stopAt: 0x1FF, Self.transactions)
        == ["begin 1 0/100", "commit 0/100 0/108", "stopped 0/1FF"])
    #expect(try await words(stopAt: 0xFF, Self.transactions) == ["stopped 0/FF"])
  }

  @Test func `stops when the server has decoded beyond it`() async throws {
    let bytes = Self.transactions + Backend.keepAlive(walEnd: lsn(0x401))
    #expect(try await words(stopAt: 0x400, bytes).last == "stopped 0/400")
  }

  @Test func `asks the server how far it is`() async throws {
    let (duplex, _) = try await openStream([
      .expectStatusUpdate(replyRequested: true), .send(Backend.keepAlive(walEnd: lsn(0x500))),
      .endStream(),
    ]) { $0.stopAt = lsn(0x400) }
    #expect(try await promptly("asking") { try await duplex.words() } == ["stopped 0/400"])
    await duplex.close()
  }

  @Test func `stops without decoding too`() async throws {
    #expect(
      try await words(stopAt: 0x100, Self.transactions) { $0.decodesTransactions = false }
        == ["B 0/10 21", "C 0/108 26", "stopped 0/100"])
  }
}
