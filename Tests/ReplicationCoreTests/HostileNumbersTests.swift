import CDCTime
import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

/// A server may say any number: none of them ends the process.
@Suite struct HostileNumbersTests {
  private static let extremes: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]

  private func statistics(committed: Int64, received: UInt64, reported: UInt64) -> StreamStatistics
  {
    StreamStatistics(
      bytesReceived: 0, messagesReceived: 0, eventsDelivered: 0, bytesBuffered: 0,
      timeStopped: .zero, feedbackSent: 0, received: LSN(rawValue: received), delivered: .zero,
      acknowledged: .zero, reportedFlush: LSN(rawValue: reported), serverWALEnd: .zero,
      lastServerMessage: nil, lastCommitTime: PostgresTimestamp(microseconds: committed))
  }

  @Test(arguments: extremes) func `the age of any commit time can be told`(committed: Int64) {
    let stream = statistics(committed: committed, received: .max, reported: 0)
    for now in Self.extremes {
      let lag = stream.lag(at: PostgresTimestamp(microseconds: now))
      #expect(lag >= .zero)
    }
    #expect(stream.lagBytes == .max)
    #expect(statistics(committed: 0, received: 0, reported: .max).lagBytes == 0)
  }

  @Test func `a clock that jumps gives a rate, or none`() {
    for from in Self.extremes {
      for to in Self.extremes {
        for lsn: UInt64 in [0, 1, .max] {
          let earlier = WALSample(
            lsn: LSN(rawValue: 1), time: PostgresTimestamp(microseconds: from), idleTimeout: nil)
          let later = WALSample(
            lsn: LSN(rawValue: lsn), time: PostgresTimestamp(microseconds: to), idleTimeout: nil)
          #expect(later.rate(since: earlier).map { $0.isFinite && $0 >= 0 } ?? true)
        }
      }
    }
  }

  private func slot(_ columns: [String: String]) throws -> ReplicationSlot {
    let all = ["slot_name": "s", "slot_type": "logical"].merging(columns) { $1 }
    return try ReplicationSlot(ResultRow(all))
  }

  @Test(arguments: extremes) func `a slot is judged whatever its numbers are`(number: Int64) throws
  {
    for now in Self.extremes {
      let slot = try slot([
        "inactive_since_us": "\(number)", "safe_wal_size": "\(number)", "wal_status": "reserved",
        "restart_lsn": "0/0", "confirmed_flush_lsn": "FFFFFFFF/FFFFFFFF",
      ])
      for rate in [1e-300, 1, 1e300] {
        let loss = SlotHealth.expectedLoss(
          of: slot, walBytesPerSecond: rate, idleTimeout: .seconds(Int64.max / 1_000_000_000),
          now: PostgresTimestamp(microseconds: now))
        #expect(loss.map { $0.after >= .zero && !Amounts.time($0.after).isEmpty } ?? true)
      }
      let health = SlotHealth(
        slot: slot, holder: nil, currentLSN: LSN(rawValue: .max), walBytesPerSecond: nil,
        expectedLoss: nil)
      #expect(health.lagBytes == 0 && health.retainedBytes == .max)
      var facts = DoctorFacts()
      facts.server = 17
      facts.now = PostgresTimestamp(microseconds: now)
      facts.walSendersUsed = number
      facts.slots = [health]
      facts.settings = ["max_wal_senders", "max_replication_slots", "wal_sender_timeout"]
        .reduce(into: [:]) { $0[$1] = "\(number)" }
      facts.openTransactions = [
        OpenTransaction(session: nil, preparedName: "g", age: .seconds(number))
      ]
      let findings = Judge(
        facts: facts, slot: "other", publications: [], plugin: "pgoutput",
        statusInterval: .seconds(10)
      ).findings
      #expect(findings.contains { $0.id == "max-wal-senders" })
      // What is advised is what the server takes.
      for fix in findings.compactMap(\.fix) where fix.contains("max_wal_senders") {
        #expect(fix.contains(number > 1 << 20 ? "= 262143;" : "= 10;"), "\(fix)")
      }
    }
  }

  @Test(arguments: [Int.min, -1, 0, 1 << 32, 1 << 44, .max])
  func `a plan is small, whatever size a server says a table has`(blocks: Int) throws {
    let parts = (UInt32(1)...50).map {
      SnapshotTable.Storage(
        oid: $0, schema: "s", name: "t\($0)", isHeap: true, isReadable: true, estimatedRows: .max,
        hasForeignCode: false)
    }
    let table = SnapshotTable(
      relation: Relation(
        oid: 1, namespace: "s", name: "t", replicaIdentity: .default, columns: []),
      rowFilter: nil, estimatedRows: .max, hasBinaryForm: true, types: TypeCatalog(),
      missingGrant: nil, storage: parts)
    var options = SnapshotOptions()
    options.workers = .max
    for leastBlocks in [Int.min, 1, .max] {
      options.leastBlocks = leastBlocks
      let plan = SnapshotPlan(
        options: options, serverVersion: 17,
        blocks: Dictionary(uniqueKeysWithValues: parts.map { ($0.oid, blocks) }))
      // A server may name the same table again and again.
      let ranges = try plan.ranges([table, table, table])
      #expect(ranges.count >= 3 * parts.count)
      #expect(ranges.count <= (1 << 14) + 3 * parts.count)
    }
  }

  @Test func `estimates that are too large together are the largest there is`() async throws {
    let tables = (UInt32(1)...3).map {
      SnapshotTable(
        relation: Relation(
          oid: $0, namespace: "s", name: "t", replicaIdentity: .default, columns: []),
        rowFilter: nil, estimatedRows: .max, hasBinaryForm: true, types: TypeCatalog(),
        missingGrant: nil, storage: [])
    }
    let work = SnapshotWork(tables, [], at: .zero, SnapshotOptions())
    var progress: SnapshotProgress?
    try await SnapshotCrew(work: work, workers: []).run(
      oneByOne: false, onProgress: { progress = $0 }
    ) { _ in }
    #expect(progress?.estimatedRows == .max)
  }

  @Test func `no position is beyond the last one`() {
    let last = LSN(rawValue: .max)
    #expect(last.advanced(by: 1) == last)
    #expect(LSN.zero.predecessor == .zero)
    #expect(last.predecessor.advanced(by: 1) == last)
    #expect(LSN.zero.bytes(since: last) == 0)
  }
}
