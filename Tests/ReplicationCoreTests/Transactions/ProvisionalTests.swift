import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

extension XLogData {
  /// A message of the plugin as the stream's thread hands it over.
  init(_ payload: [UInt8], at position: UInt64) {
    let segment = Segment(SegmentMemory(max(payload.count, 1)), capacity: payload.count, pool: nil)
    segment.write(payload.span, at: 0)
    self.init(
      start: lsn(position), end: lsn(position), sentAt: PostgresTimestamp(microseconds: 0),
      payload: Payload(segment, 0..<payload.count))
  }
}

/// Blocks that are passed on as they come, at the assembler.
@Suite struct ProvisionalTests {
  /// One stream, and what it has come to.
  private struct Stream {
    var assembler = ProvisionalAssembler(RelationTracker(), RowReaders(TypeCatalog()))
    private var position: UInt64 = 0x100

    mutating func take(_ messages: [UInt8]...) throws {
      for message in messages {
        position += 8
        try assembler.take(XLogData(message, at: position))
      }
    }

    /// A block with a row of each of these subtransactions.
    mutating func block(_ xid: UInt32, isFirst: Bool, rowsOf subxids: [UInt32]) throws {
      try take(PgOutput.streamStart(xid, isFirst: isFirst))
      if isFirst {
        let relation = PgOutput.relation(16_384, "t", [.key("name", 25)])
        try take(PgOutput.inBlock(xid, relation))
      }
      for subxid in subxids {
        try take(PgOutput.inBlock(subxid, PgOutput.insert(16_384, new: ["x"])))
      }
      try take(PgOutput.streamStop)
    }

    mutating func steps() -> [ProvisionalStep.Assembled] {
      var steps: [ProvisionalStep.Assembled] = []
      while let step = assembler.nextStep() { steps.append(step) }
      return steps
    }

    /// The rows among the steps that there are.
    mutating func rows() -> [ProvisionalChange] {
      steps().compactMap { step in
        guard case .change(let change) = step, change.change.row != nil else { return nil }
        return change
      }
    }
  }

  @Test func `a stream begins by taking back what the one before has brought`() throws {
    var stream = Stream()
    let steps = stream.steps()
    guard case .discard = steps.first, steps.count == 1 else {
      Issue.record("\(steps)")
      return
    }
  }

  @Test func `a change counts only with its own transaction, stream and subtransaction`() throws {
    var (first, second) = (Stream(), Stream())
    for isFirst in [true, false] { try first.block(7, isFirst: isFirst, rowsOf: [7, 8, 9]) }
    try first.block(20, isFirst: true, rowsOf: [20])
    try second.block(7, isFirst: true, rowsOf: [7])
    let (ours, others) = (first.rows(), second.rows())
    #expect(ours.map(\.xid) == [7, 7, 7, 7, 7, 7, 20])
    #expect(ours.map(\.subxid) == [7, 8, 9, 7, 8, 9, 20])
    try first.take(
      PgOutput.streamAbort(7, subxid: 9), PgOutput.streamAbort(99, subxid: 99),
      PgOutput.streamCommit(7, commitLSN: 0x900, endLSN: 0x908))
    let steps = first.steps()
    #expect(steps.count == 2)
    guard case .aborted(let abort) = steps[0], case .staged(let info, let end, let stage) = steps[1]
    else {
      Issue.record("\(steps)")
      return
    }
    #expect(abort.subxid == 9 && info.isStreamed && info.kind == .committed)
    #expect(info.commitLSN == lsn(0x900) && end == lsn(0x908))
    #expect(
      ours.map { stage.counts($0) } == [true, true, false, true, true, false, false])
    #expect(others.allSatisfy { !stage.counts($0) })
    #expect(first.assembler.open.count == 1)
  }

  /// What is left of a transaction decides whether a server sends it once more.
  @Test(arguments: [
    (rows: [UInt32](), undone: [UInt32](), isEmptied: true), ([7, 8], [8], false),
    ([8, 9], [8], false), ([8, 9], [9, 8], true), ([8, 8], [8, 10], true),
    // Not each of so many is remembered, so that it is not certain.
    (Array(8..<100), Array(8..<99), true), (Array(8..<100), Array(9..<100), false),
  ])
  func `a transaction of which all was rolled back is known`(
    rows: [UInt32], undone: [UInt32], isEmptied: Bool
  ) throws {
    var stream = Stream()
    try stream.block(7, isFirst: true, rowsOf: rows)
    for subxid in undone { try stream.take(PgOutput.streamAbort(7, subxid: subxid)) }
    try stream.take(PgOutput.streamCommit(7, commitLSN: 0x900, endLSN: 0x908))
    guard case .staged(let info, _, _)? = stream.steps().last else {
      Issue.record("not staged")
      return
    }
    #expect(info.isEmptied == isEmptied)
    #expect((TransactionMark(info, selection: 0) == nil) == isEmptied)
  }

  @Test func `a prepared transaction is staged under its name`() throws {
    var stream = Stream()
    try stream.block(7, isFirst: true, rowsOf: [7])
    _ = stream.rows()
    try stream.take(
      PgOutput.prepared("p", 7, gid: "g", lsn: 0x900, endLSN: 0x910),
      PgOutput.prepared("K", 7, gid: "g", lsn: 0x920, endLSN: 0x930))
    let steps = stream.steps()
    guard case .staged(let info, let end, _) = steps.first,
      case .whole(.point(let later, _, _))? = steps.last
    else {
      Issue.record("\(steps)")
      return
    }
    #expect(info.kind == .prepared(gid: "g") && end == lsn(0x910))
    #expect(later.kind == .commitPrepared(gid: "g"))
  }

  @Test func `a keepalive says nothing inside a block, and between blocks it does`() throws {
    var stream = Stream()
    func keepAlive(_ end: UInt64) -> KeepAlive {
      KeepAlive(
        walEnd: lsn(end), sentAt: PostgresTimestamp(microseconds: 0), replyRequested: false)
    }
    _ = stream.steps()
    try stream.take(PgOutput.streamStart(7))
    stream.assembler.take(keepAlive(0x500))
    #expect(stream.steps().isEmpty)
    try stream.take(PgOutput.streamStop)
    stream.assembler.take(keepAlive(0x500))
    guard case .whole(.idle(lsn(0x500), false))? = stream.steps().first else {
      Issue.record("no idle mark")
      return
    }
  }

  @Test func `blocks out of order are errors`() throws {
    var stream = Stream()
    #expect(throws: PgOutputError.self) { try stream.take(PgOutput.streamStart(7, isFirst: false)) }
    #expect(throws: PgOutputError.self) { try stream.take(PgOutput.streamCommit(7)) }
    #expect(throws: PgOutputError.self) { try stream.take(PgOutput.streamStop) }
  }

  @Test func `the request to discard must be answered, and one way of taking be kept to`()
    async throws
  {
    let params = ReplicationParams(
      connection: try ConnectionOptions("host=/nonexistent user=u"), slot: "s", publications: ["p"])
    let subscription = try Subscription(params)
    let steps = subscription.provisional.makeAsyncIterator()
    let first = try await steps.next()
    guard case .discard(let request)? = first else {
      Issue.record("\(String(describing: first))")
      return
    }
    await #expect(throws: ReplicationError.stagedNotDiscarded) { try await steps.next() }
    request.acknowledge()
    subscription.stop()
    let last = try await steps.next()
    #expect(last == nil)
    let other = await #expect(throws: ReplicationError.self) {
      try await subscription.transactions.makeAsyncIterator().next()
    }
    #expect("\(try #require(other))".contains("only one of them"))
  }
}
