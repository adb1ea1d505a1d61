import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

/// Transactions in blocks, in memory and in a file.
@Suite struct StreamedTransactionsTests {
  private func abort(_ xid: UInt32, _ subxid: UInt32) throws -> StreamAbort {
    var writer = ByteWriter()
    writer.write(UInt8(ascii: "A"))
    writer.write(xid)
    writer.write(subxid)
    return try StreamAbort(decoding: writer.bytes.span)
  }

  private func message(_ xid: UInt32, _ number: Int, size: Int) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(UInt8(ascii: "I"))
    writer.write(xid)
    writer.write(UInt32(number))
    writer.write(contentsOf: repeatElement(UInt8(truncatingIfNeeded: number), count: size))
    return writer.bytes
  }

  private func spill(_ streamed: inout StreamedTransactions, to file: SpillFile) throws {
    while let (xid, pieces) = streamed.planSpill() {
      for piece in pieces { try file.write(piece.segment, piece.range, at: piece.offset) }
      streamed.spilled(xid)
    }
    #expect(streamed.memory <= streamed.limit)
  }

  private func read(
    _ spool: TransactionSpool, from file: SpillFile, _ streamed: inout StreamedTransactions
  ) throws -> [[UInt8]] {
    var reader = SpoolReader(spool)
    var messages: [[UInt8]] = []
    while true {
      switch reader.next() {
      case .message(let message): messages.append(message.payload.bytes())
      case .read(let read):
        try read.run(file)
        reader.take(read)
      case .end:
        streamed.giveBack(reader.blocks)
        return messages
      }
    }
  }

  /// Interleaved transactions, savepoints rolled back at any depth, some of it in the file: what
  /// comes out is what a list of messages for each transaction says.
  @Test(arguments: [0, 5000, 100_000, 10_000_000])
  func `gives what was put in, less what was rolled back`(limit: Int) throws {
    var random = RepeatableGenerator(seed: UInt64(limit) + 1)
    let file = try SpillFile(in: "/tmp")
    var streamed = StreamedTransactions(limit: limit)
    var position = StreamPosition()
    // For each transaction its messages, and the open subtransactions with where they began.
    var model: [UInt32: (messages: [[UInt8]], open: [(xid: UInt32, start: Int)])] = [:]
    var number = 0
    var nextXID: UInt32 = 100
    var ended = 0
    for _ in 0..<600 {
      let isNew = model.count < 12 && Int.random(in: 0..<4, using: &random) == 0
      if isNew { nextXID += 1 }
      guard let xid = isNew ? nextXID : model.keys.sorted().randomElement(using: &random) else {
        continue
      }
      if isNew {
        model[xid] = ([], [])
        try streamed.begin(xid, .streamStart, at: .zero)
      }
      position.move(to: .streamedBlock(xid: xid))
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        if Int.random(in: 0..<8, using: &random) == 0 {
          nextXID += 1
          let start = model[xid]?.messages.count ?? 0
          model[xid]?.open.append((nextXID, start))
        }
        number += 1
        let size = Int.random(in: 0..<400, using: &random) == 0 ? 70_000 : number % 100
        let writer = model[xid]?.open.last?.xid ?? xid
        let bytes = message(writer, number, size: limit < 100_000 ? min(size, 3000) : size)
        model[xid]?.messages.append(bytes)
        let head = try position.head(of: bytes.span, at: .zero)
        try streamed.append(bytes.span, head, to: xid, at: lsn(UInt64(number)))
      }
      try spill(&streamed, to: file)
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<3:
        guard let open = model[xid]?.open, let index = open.indices.randomElement(using: &random)
        else { continue }
        // The inner ones are reported first.
        for inner in open[index...].reversed() { streamed.abort(try abort(xid, inner.xid)) }
        model[xid]?.messages.removeSubrange(open[index].start...)
        model[xid]?.open.removeSubrange(index...)
      case 3: model[xid]?.open.removeAll()
      case 4:
        streamed.abort(try abort(xid, xid))
        model[xid] = nil
      case 5, 6:
        let taken = streamed.take(xid)
        let spool = try #require(taken)
        let messages = try read(spool, from: file, &streamed)
        #expect(messages == model[xid]?.messages)
        model[xid] = nil
        ended += 1
      default: break
      }
      #expect(streamed.count == model.count)
    }
    #expect(ended > 40)
    for (xid, expected) in model {
      let taken = streamed.take(xid)
      let spool = try #require(taken)
      #expect(try read(spool, from: file, &streamed) == expected.messages)
    }
    #expect(streamed.memory == 0 && streamed.isFileEmpty && streamed.count == 0)
  }

  @Test func `passes over rollbacks of what never came`() throws {
    var streamed = StreamedTransactions(limit: 1000)
    streamed.abort(try abort(5, 5))
    try streamed.begin(6, .streamStart, at: .zero)
    streamed.abort(try abort(6, 7))
    let (unknown, known) = (streamed.take(5), streamed.take(6))
    #expect(unknown == nil && known != nil)
  }

  @Test func `refuses blocks out of order`() throws {
    var assembler = TransactionAssembler(
      spoolLimit: 1000, RelationTracker(), RowReaders(TypeCatalog()))
    func refuses(_ message: [UInt8], _ expected: PgOutputError) {
      #expect(throws: expected) { try assembler.take(XLogData(message, at: 8)) }
    }
    refuses(
      PgOutput.streamStart(6, isFirst: false), .unexpectedStream(.streamStart, xid: 6, lsn: lsn(8)))
    refuses(PgOutput.streamStop, .unexpectedMessage(.streamStop, .outside, lsn: lsn(8)))
    refuses(PgOutput.streamCommit(6), .unexpectedStream(.streamCommit, xid: 6, lsn: lsn(8)))
    try assembler.take(XLogData(PgOutput.streamStart(6), at: 8))
    let place = PgOutputMessage.Place.streamedBlock(xid: 6)
    refuses(PgOutput.streamStart(7), .unexpectedMessage(.streamStart, place, lsn: lsn(8)))
    refuses(PgOutput.streamCommit(6), .unexpectedMessage(.streamCommit, place, lsn: lsn(8)))
    refuses(
      [UInt8(ascii: "I"), 0],
      .malformed(.insert, .truncated(needed: 4, available: 1), lsn: lsn(8)))
    #expect(assembler.streamed.count == 1)
    var streamed = StreamedTransactions(limit: 1000)
    try streamed.begin(6, .streamStart, at: lsn(8))
    #expect(throws: PgOutputError.unexpectedStream(.begin, xid: 6, lsn: lsn(8))) {
      try streamed.begin(6, .begin, at: lsn(8))
    }
  }

  @Test func `says what is wrong with the file`() throws {
    let missing = #expect(throws: SpillError.self) { try SpillFile(in: "/nowhere/at/all") }
    #expect("\(try #require(missing))".contains("/nowhere/at/all: open: No such file"))
    // A device that is always full.
    #if os(Linux)
      let segment = Segment(SegmentMemory(10), capacity: 10, pool: nil)
      let file = try SpillFile(in: "/tmp")
      let cut = #expect(throws: SpillError.self) {
        try file.read(10, at: 1 << 20, into: segment, at: 0)
      }
      #expect("\(try #require(cut))".contains("the file is truncated"))
    #endif
  }
}
