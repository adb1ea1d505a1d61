import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Synchronization
import TestSupport
import Testing

@testable import ReplicationCore

/// Rows that are taken in at one go are the same steps as those that are taken in one by one.
@Suite struct RowsAtOneGoTests {
  /// What has come of a stream.
  private struct Outcome: Equatable {
    var steps: [String] = []
    var error: PgOutputError?
    var delivered = 0
  }

  private static let (narrow, wide) = (UInt32(7), UInt32(9))

  private static func row(_ table: UInt32, _ value: Int) -> [PgOutputEncoder.Column] {
    (0..<(table == narrow ? 2 : 700)).map { .text(Array("\(value + $0)".utf8)) }
  }

  /// Transactions of every kind of change, of two tables in turns of chance.
  private static func stream(_ random: inout RepeatableGenerator) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    for number in 1...20 {
      let commit = UInt64(number) << 16
      messages.append(PgOutputEncoder.begin(finalLSN: commit, time: 1, xid: UInt32(number)))
      if number == 5 { messages.append(PgOutputEncoder.origin(commitLSN: 3, name: "o")) }
      if number == 1 || number == 9 {
        messages.append(PgOutputEncoder.relation(narrow, "n\(number)", identity: "f", columns(2)))
        messages.append(PgOutputEncoder.relation(wide, "w", identity: "f", columns(700)))
      }
      for value in 0..<Int.random(in: 0...300, using: &random) {
        let table = Int.random(in: 0..<20, using: &random) == 0 ? wide : narrow
        let (row, old) = (row(table, value), row(table, value + 1))
        switch Int.random(in: 0..<40, using: &random) {
        case 0: messages.append(PgOutputEncoder.truncate([table]))
        case 1...5: messages.append(PgOutputEncoder.update(table, old: old, new: row))
        case 6...9: messages.append(PgOutputEncoder.update(table, new: row))
        case 10...15: messages.append(PgOutputEncoder.delete(table, old: old))
        default: messages.append(PgOutputEncoder.insert(table, new: row))
        }
      }
      messages.append(PgOutputEncoder.commit(commitLSN: commit, endLSN: commit + 8, time: 1))
    }
    return messages
  }

  private static func columns(_ count: Int) -> [PgOutputEncoder.ColumnHeader] {
    (0..<count).map { .key("c\($0)", 23) }
  }

  /// The messages in batches of a size of chance.
  private static func batches(
    _ messages: [[UInt8]], _ random: inout RepeatableGenerator
  ) -> [Batch] {
    var batches: [Batch] = []
    var rest = messages[...]
    while !rest.isEmpty {
      let part = rest.prefix(Int.random(in: 1...500, using: &random))
      rest = rest.dropFirst(part.count)
      let bytes = part.flatMap { Backend.xLogData(LSN(rawValue: UInt64(rest.count)), $0) }
      let segment = Segment(SegmentMemory(bytes.count), capacity: bytes.count, pool: nil)
      segment.write(bytes.span, at: 0)
      batches.append(Batch(segment: segment, range: 0..<bytes.count))
    }
    return batches
  }

  /// Takes a stream as a subscription does.
  private static func take(_ batches: [Batch], atOneGo: Bool) -> (Outcome, runs: Int) {
    let counters = StreamCounters()
    var frames = FrameCursor(from: Mailbox(readAhead: 1 << 20) {}, counters)
    var assembler = TransactionAssembler(
      spoolLimit: 0, RelationTracker(), RowReaders(TypeCatalog()))
    var (outcome, runs) = (Outcome(), 0)
    frames.refill(batches)
    do throws(PgOutputError) {
      while true {
        if let step = assembler.nextStep() {
          outcome.steps.append(description(of: step))
          continue
        }
        if atOneGo, assembler.takeRows(&frames) {
          runs += 1
          continue
        }
        guard let data = frames.next()?.xLogData else { break }
        frames.countDelivered()
        try assembler.take(data)
      }
    } catch {
      outcome.error = error
    }
    frames.refill([])
    while frames.next() != nil {}
    outcome.delivered = counters.eventsDelivered.load(ordering: .relaxed)
    return (outcome, runs)
  }

  @Test(arguments: [1, 2, 3])
  func `the steps are the same`(seed: UInt64) throws {
    var random = RepeatableGenerator(seed: seed)
    let messages = Self.stream(&random)
    let batches = Self.batches(messages, &random)
    let (one, noRuns) = Self.take(batches, atOneGo: false)
    let (many, runs) = Self.take(batches, atOneGo: true)
    #expect(one == many)
    #expect(one.error == nil && one.delivered == messages.count)
    #expect(noRuns == 0 && runs > 20 && runs < messages.count / 4)
  }

  @Test(arguments: [1, 2, 3])
  func `what is wrong is an error behind the rows before it`(seed: UInt64) throws {
    var random = RepeatableGenerator(seed: seed)
    var messages = Self.stream(&random)
    let place = try #require(messages.indices.dropFirst(1000).first { messages[$0][0] == 73 })
    messages[place].append(0)
    let batches = Self.batches(messages, &random)
    let one = Self.take(batches, atOneGo: false).0
    #expect(one == Self.take(batches, atOneGo: true).0)
    #expect(one.error != nil && one.steps.count > 900)
  }

  private static func description(of step: TransactionStep) -> String {
    switch step {
    case .change(let change):
      guard let row = change.row else { return "\(change)" }
      let message = row.withMessage { message in
        switch message {
        case .insert(let relation, let new): "insert \(relation.name) \(values(new))"
        case .update(let relation, nil, let new): "update \(relation.name) \(values(new))"
        case .update(let relation, let old?, let new):
          "update \(relation.name) \(values(old)) \(values(new))"
        case .delete(let relation, let old): "delete \(relation.name) \(values(old))"
        default: "another"
        }
      }
      return "\(row.lsn) \(message)"
    default: return "\(step)"
    }
  }

  private static func values(_ tuple: TupleData) -> String {
    var text = ""
    tuple.forEachColumn { _, column in
      if case .text(let bytes) = column { text += bytes.lossyString() + "," }
    }
    return text
  }
}
