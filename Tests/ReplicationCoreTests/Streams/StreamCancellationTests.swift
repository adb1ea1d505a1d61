import PGWire
import ReplicationCore
import ReplicationTestKit
import TestSupport
import Testing

/// A cancelled task stops waiting at once, and the stream continues as if nothing had happened.
@Suite struct StreamCancellationTests {
  @Test func `ends a wait for the next event at once`() async throws {
    let (duplex, server) = try await openStream([
      .expectStatusUpdate(), .send(Backend.xLogData(lsn(1), [1])), .endStream(),
    ])
    let waiting = Task { try await duplex.recv()?.words }
    try await Task.sleep(for: .milliseconds(20))
    waiting.cancel()
    await promptly("a cancelled wait") {
      await #expect(throws: ReplicationError.cancelled) { try await waiting.value }
    }
    #expect(duplex.end == nil)
    duplex.sendStatusUpdate(flush: .zero)
    #expect(try await duplex.words(1) == ["\u{1} 0/1 1"])
    await duplex.close()
    try await server.finish()
  }

  /// Each byte is a piece of its own, so that waits are cancelled in the middle of headers too.
  @Test func `loses nothing, wherever it comes`() async throws {
    let rows = (1...40).map { number in
      Backend.xLogData(lsn(UInt64(number)), [UInt8](repeating: 7, count: number % 5))
    }
    let (duplex, server) = try await openStream([
      .send(rows.flatMap(\.self), inPiecesOf: 1, pause: .microseconds(100)), .endStream(),
    ])
    var positions: [UInt64] = []
    var cancelled = 0
    while positions.count < rows.count {
      let waiting = Task { try await duplex.recv() }
      if cancelled.isMultiple(of: 2) { await Task.yield() }
      try await Task.sleep(for: .microseconds(200))
      waiting.cancel()
      do {
        guard case .xLogData(let data) = try await waiting.value else { break }
        positions.append(data.start.rawValue)
      } catch ReplicationError.cancelled {
        cancelled += 1
      }
    }
    #expect(positions == (1...40).map(UInt64.init))
    #expect(cancelled > 0)
    await duplex.close()
    try await server.finish()
  }

  @Test func `lets a task that was cancelled before have what is there`() async throws {
    let (duplex, _) = try await openStream([
      .send(Backend.xLogData(lsn(1), [1]), Backend.xLogData(lsn(2), [1])), .awaitEnd(),
    ])
    #expect(try await duplex.words(1) == ["\u{1} 0/1 1"])
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      let there = try await duplex.recv()?.words
      await #expect(throws: ReplicationError.cancelled) { try await duplex.recv() }
      return there
    }
    #expect(try await task.value == "\u{1} 0/2 1")
  }

  @Test func `ends the opening of a stream, wherever it is`() async throws {
    let scripts: [[ScriptStep]] = [
      [.awaitEnd()],
      [.expectStartup(), .send(Backend.authenticationOk()), .awaitEnd()],
      [.handshake(), .awaitEnd()],
      [
        .handshake(),
        .answerSettings(),
        .awaitEnd(),
      ],
    ]
    for (index, script) in scripts.enumerated() {
      let server = try ScriptedServer(script)
      var params = try server.replicationParams()
      params.logger = quietLogger
      let client = try Client(params)
      let opening = Task { try await client.startReplication() }
      let messages = [1, 1, 2, 3][index]
      try await server.waitUntil { $0.count >= messages }
      opening.cancel()
      await promptly("a cancelled start") {
        await #expect(throws: ReplicationError.cancelled, "phase \(index)") {
          try await opening.value
        }
      }
      try await server.finish()
    }
  }
}
