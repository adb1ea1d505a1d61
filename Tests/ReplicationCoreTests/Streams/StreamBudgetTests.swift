import PGWire
import ReplicationCore
import ReplicationTestKit
import TestSupport
import Testing

/// Memory is a contract: what waits for the consumer stays within the budget.
@Suite struct StreamBudgetTests {
  private static let budget = 64 << 10
  private static let row = Backend.xLogData(lsn(0x10), [UInt8](repeating: 7, count: 4000))
  private static let count = 1000
  private static let bytes = Array(repeating: row, count: count).flatMap(\.self)

  private static let small: @Sendable (inout ReplicationParams) -> Void = {
    $0.byteBudget = budget
    $0.statusInterval = .milliseconds(10)
  }

  private func count(_ duplex: Duplex) async throws -> Int {
    var count = 0
    while count < Self.count, let event = try await duplex.recv() {
      if event.words == "\u{7} 0/10 4000" { count += 1 }
    }
    return count
  }

  @Test func `stops reading and continues reporting while the consumer sleeps`() async throws {
    let (duplex, server) = try await openStream(
      [.send(Self.bytes), .endStream()], Self.small)
    try await server.waitUntil { $0.statusUpdates.count >= 5 }
    let received = duplex.statistics.bytesReceived
    #expect(received < Self.bytes.count)
    #expect(duplex.statistics.bytesBuffered <= Self.budget)
    let reports = server.statusUpdates.count
    try await server.waitUntil { $0.statusUpdates.count >= reports + 5 }
    #expect(duplex.statistics.bytesReceived == received)

    #expect(try await count(duplex) == Self.count)
    await duplex.close()
    try await server.finish()
  }

  @Test func `does not take its own stop for the server's silence`() async throws {
    let (duplex, server) = try await openStream([.send(Self.bytes), .endStream()]) {
      Self.small(&$0)
      $0.stallTimeout = .seconds(2)
    }
    try await server.waitUntil { $0.statusUpdates.count >= 3 }
    try await Task.sleep(for: .seconds(3))
    #expect(duplex.end == nil)
    #expect(try await count(duplex) == Self.count)
    await duplex.close()
  }

  @Test func `delivers a message larger than the budget`() async throws {
    let large = Backend.xLogData(lsn(0x20), [UInt8](repeating: 9, count: 1 << 20))
    let (duplex, server) = try await openStream(
      [.send(Self.row, large, Self.row, large), .endStream()], Self.small)
    let rows = ["\u{7} 0/10 4000", "\t 0/20 1048576"]
    #expect(try await duplex.words(4) == rows + rows)
    await duplex.close()
    try await server.finish()
  }

  @Test func `does not wait for a consumer that keeps all events`() async throws {
    let (duplex, server) = try await openStream(
      [.send(Self.bytes), .endStream()], Self.small)
    var kept: [ReplicationEvent] = []
    try await promptly("all events") {
      while kept.count < Self.count, let event = try await duplex.recv() { kept.append(event) }
    }
    #expect(kept.count == Self.count)
    #expect(kept.allSatisfy { $0.words == "\u{7} 0/10 4000" })
    await duplex.close()
    try await server.finish()
  }

  @Test func `gives memory back with the last event that needs it`() async throws {
    let (duplex, server) = try await openStream(
      [.send(Self.row, Self.row), .endStream()], Self.small)
    var kept: ReplicationEvent? = try await duplex.recv()
    _ = try await duplex.recv()
    let copy = kept?.copy()
    await duplex.close()
    kept = nil
    _ = try await duplex.recv()
    try await server.finish()
    #expect(copy?.words == "\u{7} 0/10 4000")
    // The stream's thread lets go of its own segment a moment after the end.
    for _ in 1...500 where duplex.statistics.bytesBuffered > 0 {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(duplex.statistics.bytesBuffered == 0)
    #expect(kept == nil)
  }
}
