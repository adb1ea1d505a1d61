import CDCTime
import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

/// Blocks that are passed on as they come, as real servers have sent them.
@Suite struct RecordedProvisionalTests {
  @Test(arguments: try RecordedBlocks.all)
  func `what is staged and counts is what comes whole`(stream: RecordedBlocks) throws {
    var whole = WholeReceiver()
    var staging = StagingReceiver()
    for (start, payload) in try stream.messages {
      try whole.take(payload, at: start)
      try staging.take(payload, at: start)
    }
    #expect(whole.transactions.count > 10)
    #expect(staging.transactions == whole.transactions)
    #expect(staging.stage.isEmpty)
    #expect((staging.provisional > 0) == stream.isStreamed)
    #expect((staging.void > 0) == stream.isStreamed)
    #expect(staging.discards == 1)
  }
}

/// A transaction as it counts in the end.
private struct Received: Equatable {
  let kind: ReplicationTransaction.Kind
  let xid: UInt32
  let commitLSN: LSN
  var endLSN: LSN
  let origin: String?
  var changes: [String] = []

  init(_ info: TransactionInfo, end: LSN) {
    kind = info.kind
    xid = info.xid
    commitLSN = info.commitLSN
    endLSN = end
    origin = info.origin?.name
  }
}

/// Keeps blocks until they count.
private struct WholeReceiver {
  private var assembler = TransactionAssembler(
    spoolLimit: 1 << 30, RelationTracker(), RowReaders(TypeCatalog()))
  private(set) var transactions: [Received] = []
  private var current: Received?

  mutating func take(_ payload: [UInt8], at lsn: LSN) throws {
    try assembler.take(XLogData(payload, at: lsn))
    while let step = assembler.nextStep() {
      switch step {
      case .whole(let info, let end, let spool):
        current = Received(info, end: end)
        var reader = SpoolReader(spool)
        assembler.beginReplay(at: spool.place)
        while case .message(let message) = reader.next() { try assembler.replay(message) }
        assembler.endReplay()
        while let step = assembler.nextStep() {
          if case .change(let change) = step { current?.changes += change.texts }
        }
        finish(end)
      case .begin(let info): current = Received(info, end: .zero)
      case .change(let change): current?.changes += change.texts
      case .end(let end): finish(end)
      case .point(let info, let end, let change):
        current = Received(info, end: end)
        current?.changes += change?.texts ?? []
        finish(end)
      case .idle: break
      }
    }
  }

  private mutating func finish(_ end: LSN) {
    current?.endLSN = end
    transactions += [current.take()].compactMap(\.self)
  }
}

/// Stages blocks by transaction and subtransaction, as a consumer would.
private struct StagingReceiver {
  private var assembler = ProvisionalAssembler(RelationTracker(), RowReaders(TypeCatalog()))
  private(set) var transactions: [Received] = []
  private(set) var stage: [UInt32: [ProvisionalChange]] = [:]
  private(set) var provisional = 0
  /// Changes that were staged, and rolled back.
  private(set) var void = 0
  private(set) var discards = 0
  private var current: Received?

  mutating func take(_ payload: [UInt8], at lsn: LSN) throws {
    try assembler.take(XLogData(payload, at: lsn))
    while let step = assembler.nextStep() {
      switch step {
      case .discard: discards += 1
      case .change(let change):
        provisional += 1
        stage[change.xid, default: []].append(change)
      case .aborted(let abort):
        let before = stage[abort.xid] ?? []
        let after = abort.isWhole ? [] : before.filter { $0.subxid != abort.subxid }
        void += before.count - after.count
        stage[abort.xid] = after.isEmpty ? nil : after
      case .staged(let info, let end, let staged):
        #expect(info.isStreamed)
        var received = Received(info, end: end)
        let changes = stage.removeValue(forKey: info.xid) ?? []
        #expect(changes.allSatisfy { staged.counts($0) })
        #expect(stage.values.joined().allSatisfy { !staged.counts($0) })
        received.changes = changes.flatMap(\.change.texts)
        transactions.append(received)
      case .whole(let step): take(step)
      }
    }
  }

  private mutating func take(_ step: TransactionStep) {
    switch step {
    case .begin(let info): current = Received(info, end: .zero)
    case .change(let change): current?.changes += change.texts
    case .end(let end):
      current?.endLSN = end
      transactions += [current.take()].compactMap(\.self)
    case .point(let info, let end, let change):
      var received = Received(info, end: end)
      received.changes = change?.texts ?? []
      transactions.append(received)
    case .whole, .idle: break
    }
  }
}

extension TransactionChange {
  /// All that there is to a change; of a table's shape nothing, since that is reported where it first
  /// shows, which is another place for a consumer that waits for the end.
  fileprivate var texts: [String] {
    switch self {
    case .insert(let row), .update(let row), .delete(let row):
      ["\(row.lsn) \(row.subxid ?? 0) \(row.relation.qualifiedName) \(row.payload.bytes())"]
    case .truncate(let truncate, let lsn):
      ["\(lsn) truncate \(truncate.relations.map(\.qualifiedName))"]
    case .message(let message): ["\(message.lsn) \(message.prefix) \(message.content)"]
    case .relation: []
    }
  }
}

extension XLogData {
  init(_ payload: [UInt8], at lsn: LSN) {
    let segment = Segment(SegmentMemory(max(payload.count, 1)), capacity: payload.count, pool: nil)
    segment.write(payload.span, at: 0)
    self.init(
      start: lsn, end: lsn, sentAt: PostgresTimestamp(microseconds: 0),
      payload: Payload(segment, 0..<payload.count))
  }
}
