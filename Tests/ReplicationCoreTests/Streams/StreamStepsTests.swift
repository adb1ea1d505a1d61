import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

/// Where the lag of a stream is while its consumer takes, acknowledges and sleeps.
@Suite struct StreamStepsTests {
  private func health(_ end: UInt64) throws -> SlotHealth {
    let columns = ["slot_name": "s", "slot_type": "logical"]
    return SlotHealth(
      slot: try ReplicationSlot(ResultRow(columns)), holder: nil, currentLSN: lsn(end),
      walBytesPerSecond: nil, expectedLoss: nil)
  }

  private func eventually(_ what: Comment, _ isSo: () throws -> Bool) async throws {
    try await promptly(what) {
      while try !isSo() { try await Task.sleep(for: .milliseconds(5)) }
    }
  }

  @Test func `each step has what the next one has not`() async throws {
    let (duplex, server) = try await openStream([
      .send(transaction(xid: 7, from: 0x10, commit: 0x1000, rows: ["a"])),
      .send(Backend.keepAlive(walEnd: lsn(0x2000))), .endStream(),
    ]) { $0.statusInterval = .milliseconds(20) }
    func lag() -> StreamLag { StreamLag(duplex.statistics) }
    try await eventually("all is received") { lag()[.received]?.position == lsn(0x2000) }
    #expect(lag().steps.map(\.stage) == [.received, .delivered, .acknowledged, .reported])
    #expect(lag().steps.map(\.bytes) == [0, 0x2000, 0, 0])

    #expect(try await duplex.words(4).last == "commit 0/1000 0/1008")
    // What has no event for the consumer has been taken nevertheless.
    try await eventually("all is taken") {
      #expect(hasNoEvent(duplex))
      return lag()[.delivered]?.bytes == 0
    }
    #expect(lag().steps.map(\.bytes) == [0, 0, 0x2000, 0])
    #expect(duplex.statistics.undeliveredBytes == 0)

    duplex.sendStatusUpdate(flush: lsn(0x1008))
    try await eventually("it is reported") { lag()[.reported]?.position == lsn(0x1008) }
    #expect(lag().steps.map(\.bytes) == [0, 0, 0x2000 - 0x1008, 0])

    // What the server says is noted with its time.
    let first = try health(0x9000)
    duplex.note(first)
    let asked = StreamLag(duplex.statistics, health: first)
    #expect(asked.steps.map(\.bytes) == [0, 0x7000, 0, 0x2000 - 0x1008, 0])
    #expect(asked[.received]?.time == nil)
    let second = try health(0xA000)
    duplex.note(second)
    #expect(duplex.statistics.histories.serverEnds.covers(lsn(0x9000)))
    await duplex.close()
    try await server.finish()
  }

  @Test func `a consumer that sleeps is the bottleneck, however much the server has`() async throws
  {
    let rows = (1...1000 as ClosedRange<UInt64>).flatMap {
      Backend.xLogData(lsn($0 << 12), [UInt8](repeating: 7, count: 4000))
    }
    let (duplex, server) = try await openStream([.send(rows), .endStream()]) {
      $0.byteBudget = 64 << 10
      $0.statusInterval = .milliseconds(10)
    }
    try await eventually("reading stops") { duplex.statistics.isReadingStopped }
    // Less than a second is no wait.
    try await Task.sleep(for: .milliseconds(1200))
    #expect(duplex.statistics.isReadingStopped)
    #expect(StreamLag(duplex.statistics).bottleneck == .delivered)
    let lag = StreamLag(duplex.statistics, health: try health(1 << 40))
    #expect(lag.bottleneck == .delivered)
    #expect(try #require(lag[.received]?.bytes) > 1 << 39)

    var count = 0
    while count < 1000, try await duplex.recv() != nil { count += 1 }
    try await eventually("all is taken, and reading continues") {
      #expect(hasNoEvent(duplex))
      let statistics = duplex.statistics
      return !statistics.isReadingStopped && StreamLag(statistics)[.delivered]?.bytes == 0
    }
    await duplex.close()
    try await server.finish()
  }
}

/// Whether the stream is still open and has no event at the moment.
private func hasNoEvent(_ duplex: Duplex) -> Bool {
  do { return try duplex.recvIfReady() == nil } catch { return false }
}
