import CAllocationCounter
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

/// What it costs to have transactions delivered that are there already.
@Suite struct DeliveryAllocationTests {
  private static let isCounting = allocation_counter_works() == 1

  /// One transaction with so many rows, from a position on.
  private func transaction(at commit: UInt64, rows: Int) -> [[UInt8]] {
    [PgOutputEncoder.begin(finalLSN: commit, time: 1, xid: 7)]
      + (0..<rows).map { _ in PgOutputEncoder.insert(16_384, new: ["x"]) }
      + [PgOutputEncoder.commit(commitLSN: commit, endLSN: commit + 8, time: 1)]
  }

  private func batch(_ messages: [[UInt8]]) -> Batch {
    var writer = ByteWriter()
    for message in messages {
      writer.writeMessage(tag: UInt8(ascii: "d")) { writer in
        writer.write(UInt8(ascii: "w"))
        for _ in 0..<3 { writer.write(UInt64(1)) }
        writer.write(contentsOf: message)
      }
    }
    let size = writer.bytes.count
    let segment = Segment(SegmentMemory(size), capacity: size, pool: nil)
    segment.write(writer.bytes.span, at: 0)
    return Batch(segment: segment, range: 0..<size)
  }

  /// Delivers transactions of so many rows each; the first ones prepare what all have in common.
  ///
  /// - Returns: The allocations of one transaction.
  private func allocations(rows: Int) throws -> Int {
    let mailbox = Mailbox(readAhead: 1 << 24) {}
    var frames = FrameCursor(from: mailbox, StreamCounters())
    var params = try ReplicationParams(
      url: "postgresql://user@localhost/db", slot: "s", publications: ["p"])
    params.byteBudget = 1 << 24
    let subscription = try Subscription(params)
    let context = subscription.context
    context.acknowledgements.begin(
      at: Checkpoint(position: LSN(rawValue: 1), systemID: "1", timeline: 1, slot: "s"))
    let (warm, measured) = (100, 200)
    let relation = PgOutputEncoder.relation(16_384, "t", [.key("name", 25)])
    let batches = (1...warm + measured).map { number in
      var messages = transaction(at: UInt64(number) << 8, rows: rows)
      if number == 1 { messages.insert(relation, at: 1) }
      return batch(messages)
    }
    var (before, changes) = (0, 0)
    for (index, batch) in batches.enumerated() {
      if index == warm { before = allocations_of_this_thread() }
      frames.refill([batch])
      var open: ReplicationTransaction?
      while let frame = frames.next() {
        try subscription.source.receiver.use { (receiver) throws(ReplicationError) in
          try receiver.take(frame)
        }
        if open == nil { open = try subscription.source.readyTransaction() }
        guard let transaction = open else { continue }
        while try subscription.source.readyChange(of: transaction) != nil { changes += 1 }
      }
      let transaction = try #require(open)
      try #require(transaction.endLSN == LSN(rawValue: UInt64(index + 1) << 8 + 8))
      transaction.acknowledge()
    }
    #expect(changes == rows * (warm + measured) + 1)
    return (allocations_of_this_thread() - before) / measured
  }

  @Test func `a change is as small as a row's, which is passed on for each row`() {
    #expect(MemoryLayout<TransactionChange>.size == MemoryLayout<RowChange>.size)
  }

  @Test func `a change costs no allocation, and a transaction a few`() throws {
    guard Self.isCounting else { return }
    let (few, many) = (try allocations(rows: 1), try allocations(rows: 101))
    #expect(few == many, "\(few), \(many)")
    // The transaction and its token; a refill is another two.
    #expect(few <= 6, "\(few)")
  }
}
