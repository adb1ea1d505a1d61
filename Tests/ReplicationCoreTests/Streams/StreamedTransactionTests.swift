import PGOutputTestSupport
import PGWire
import ReplicationCore
import ReplicationTestKit
import TestSupport
import Testing

/// Transactions that come in blocks, and those that are prepared, as a stream delivers them.
@Suite struct StreamedTransactionTests {
  /// A block of transaction 9: one insert of subtransaction 10 and one message.
  private static func block(at start: UInt64, isFirst: Bool = true) -> [UInt8] {
    let row = PgOutput.inBlock(10, PgOutput.insert(16_384, new: ["x"]))
    let message = PgOutput.message(
      transactional: true, lsn: start + 4, prefix: "p", content: Array("m".utf8))
    return Backend.xLogData(lsn(start), PgOutput.streamStart(9, isFirst: isFirst))
      + Backend.xLogData(lsn(start + 2), row)
      + Backend.xLogData(lsn(start + 4), PgOutput.inBlock(10, message))
      + Backend.xLogData(lsn(start + 4), PgOutput.streamStop)
  }

  private static func blockWords(at start: UInt64) -> [String] {
    [
      "S \(lsn(start)) 6", "I \(lsn(start + 2)) 18", "message p m", "E \(lsn(start + 4)) 1",
    ]
  }

  private static func end(_ message: [UInt8], at position: UInt64) -> [UInt8] {
    Backend.xLogData(lsn(position), message)
  }

  @Test func `blocks come as they are, with their messages decoded`() async throws {
    let exchange =
      Self.block(at: 0x100) + transaction(xid: 7, from: 0x60, commit: 0x110, rows: [])
      + Self.end(PgOutput.streamAbort(9, subxid: 10), at: 0x120)
      + Self.end(PgOutput.streamCommit(9, commitLSN: 0x130, endLSN: 0x138), at: 0x138)
    let (duplex, _) = try await openStream([.send(exchange), .awaitEnd()]) { $0.streaming = .on }
    let expected =
      Self.blockWords(at: 0x100) + [
        "begin 7 0/110", "R 0/0 31", "commit 0/110 0/118", "A 0/120 9", "c 0/138 30",
      ]
    #expect(try await duplex.words(expected.count) == expected)
    #expect(duplex.statistics.delivered == lsn(0x138))
  }

  @Test func `what ends a prepared transaction is delivered up to its end`() async throws {
    let ends = [
      PgOutput.prepared("P", 5, gid: "g", endLSN: 0x110),
      PgOutput.prepared("K", 5, gid: "g", endLSN: 0x120),
      PgOutput.rollbackPrepared(6, gid: "h", endLSN: 0x130),
    ]
    var exchange = Self.end(PgOutput.beginPrepare(5, gid: "g"), at: 0x100)
    for (index, end) in ends.enumerated() {
      exchange += Self.end(end, at: 0x110 + UInt64(index) * 0x10)
    }
    let (duplex, _) = try await openStream([.send(exchange), .awaitEnd()])
    for (words, position) in [
      ("b 0/100 31", 0), ("P 0/110 32", 0x110), ("K 0/120 32", 0x120), ("r 0/130 40", 0x130),
    ] as [(String, UInt64)] {
      #expect(try await duplex.words(1) == [words])
      #expect(duplex.statistics.delivered == lsn(position))
    }
  }

  @Test(
    arguments: [
      (PgOutput.streamCommit(9, commitLSN: 0x200, endLSN: 0x208), 0x200),
      (PgOutput.prepared("p", 9, gid: "g", lsn: 0x200, endLSN: 0x208), 0x200),
      (PgOutput.beginPrepare(5, gid: "g", prepareLSN: 0x200), 0x200),
      (PgOutput.prepared("K", 5, gid: "g", lsn: 0x200, endLSN: 0x208), 0x200),
      (PgOutput.rollbackPrepared(5, gid: "g", endLSN: 0x201), 0x200),
    ] as [([UInt8], UInt64)])
  func `a stop is before what ends beyond it`(message: [UInt8], position: UInt64) async throws {
    let letter = Character(Unicode.Scalar(message[0]))
    for (stop, isDelivered) in [(position, true), (position - 1, false)] {
      let exchange = Self.block(at: 0x100) + Self.end(message, at: 0x210)
      let (duplex, _) = try await openStream([.send(exchange), .awaitEnd()]) {
        $0.stopAt = lsn(stop)
      }
      let words = try await duplex.words(5)
      #expect(Array(words.prefix(4)) == Self.blockWords(at: 0x100))
      #expect(
        words[4] == (isDelivered ? "\(letter) 0/210 \(message.count)" : "stopped \(lsn(stop))"))
    }
  }

  @Test func `a stop waits for the end of a block, and of a prepared transaction`() async throws {
    let beyond = Backend.keepAlive(walEnd: lsn(0x900))
    let block = Self.block(at: 0x100)
    let stop = Backend.xLogData(lsn(0x104), PgOutput.streamStop)
    let prepare = PgOutput.prepared("P", 5, gid: "g", lsn: 0x150, endLSN: 0x160)
    for (exchange, count) in [
      (block.dropLast(stop.count) + beyond + stop, 4),
      (
        Self.end(PgOutput.beginPrepare(5, gid: "g", prepareLSN: 0x150), at: 0x140) + beyond
          + Self.end(prepare, at: 0x160), 2
      ),
    ] {
      let (duplex, _) = try await openStream([.send(Array(exchange) + beyond), .awaitEnd()]) {
        $0.stopAt = lsn(0x180)
      }
      let words = try await duplex.words()
      #expect(words.count == count + 1)
      #expect(words.last == "stopped 0/180")
    }
  }

  @Test func `an open block does not hold back what may be confirmed`() async throws {
    let exchange =
      transaction(xid: 7, from: 0x60, commit: 0x110, rows: []) + Self.block(at: 0x200)
      + Self.end(PgOutput.streamAbort(9, subxid: 9), at: 0x210)
      + Backend.keepAlive(walEnd: lsn(0x300))
    let (duplex, server) = try await openStream([
      .send(exchange), .awaitEnd(),
    ]) {
      $0.advancesWhenIdle = true
      $0.statusInterval = .milliseconds(20)
    }
    #expect(try await duplex.words(8).last == "A 0/210 9")
    duplex.sendStatusUpdate(flush: lsn(0x118))
    try await promptly("the slot follows the keepalive") {
      while duplex.statistics.reportedFlush < lsn(0x300) {
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    #expect(server.received.statusUpdates.allSatisfy { $0.flush <= lsn(0x300) })
  }

  @Test func `an open block can't be confirmed itself`() async throws {
    let exchange =
      transaction(xid: 7, from: 0x60, commit: 0x110, rows: []) + Self.block(at: 0x200)
    let (duplex, _) = try await openStream([.send(exchange), .awaitEnd()]) {
      $0.statusInterval = .milliseconds(20)
    }
    _ = try await duplex.words(7)
    duplex.sendStatusUpdate(flush: lsn(0x204))
    try await promptly("what was received is confirmed") {
      while duplex.statistics.reportedFlush < lsn(0x118) {
        try await Task.sleep(for: .milliseconds(5))
      }
    }
    #expect(duplex.statistics.reportedFlush == lsn(0x118))
  }
}
