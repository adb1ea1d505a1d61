import CDCTime
import PGWire
import Testing

@testable import ReplicationCore

/// What a checkpoint proves.
@Suite struct ResumeTests {
  private let checkpoint = Checkpoint(
    position: LSN(rawValue: 0x500), systemID: "77", timeline: 3, slot: "s",
    slotState: Checkpoint.SlotState(
      databaseOID: 5, plugin: "pgoutput", restartLSN: LSN(rawValue: 0x300), sentBytes: 100,
      countedSince: ResumeTests.start))

  private static let start = PostgresTimestamp(microseconds: 800_000_000_000_000)

  private func proof(
    _ columns: [String: String] = [:], _ change: (inout ResumeFacts) -> Void = { _ in }
  ) throws -> ResumeProof {
    let all = [
      "slot_name": "s", "slot_type": "logical", "plugin": "pgoutput", "datoid": "5",
      "restart_lsn": "0/400", "confirmed_flush_lsn": "0/500", "wal_status": "reserved",
    ].merging(columns) { $1 }
    let names = Array(all.keys)
    var facts = ResumeFacts(
      systemID: "77", timeline: 3, currentLSN: LSN(rawValue: 0x900),
      slot: try ReplicationSlot(ControlResult(names, rows: [names.map { all[$0] }]), row: 0),
      sentCount: SentCount(bytes: 100, since: Self.start))
    change(&facts)
    return facts.proof(of: checkpoint)
  }

  @Test func `the slot's place is compared`() throws {
    let position = checkpoint.position
    #expect(try proof() == .exact)
    let behind = LSN(rawValue: 0x4F0)
    #expect(
      try proof(["confirmed_flush_lsn": "\(behind)"]) == .replays(from: behind, bytes: 0x10))
    let ahead = LSN(rawValue: 0x501)
    #expect(
      try proof(["confirmed_flush_lsn": "\(ahead)"]) == .gap(from: position, to: ahead))
    #expect(try proof().isComplete)
    #expect(try !proof(["confirmed_flush_lsn": "\(ahead)"]).isComplete)
  }

  @Test func `another cluster and another history are told`() throws {
    #expect(
      try proof { $0.systemID = "78" } == .otherCluster(expected: "77", found: "78"))
    #expect(
      try proof { $0.currentLSN = LSN(rawValue: 0x4FF) }
        == .diverged(at: LSN(rawValue: 0x4FF), timeline: 3))
    #expect(
      try proof { $0.timeline = 2 } == .diverged(at: LSN(rawValue: 0x500), timeline: 2))
    func promoted(_ lsn: UInt64) throws -> ResumeProof {
      try proof {
        $0.timeline = 4
        $0.switchLSN = LSN(rawValue: lsn)
      }
    }
    #expect(try promoted(0x4FF) == .diverged(at: LSN(rawValue: 0x4FF), timeline: 4))
    #expect(try promoted(0x500) == .exact)
  }

  @Test func `another slot of the name is told, and one that is lost or gone`() throws {
    #expect(try proof { $0.slot = nil } == .slotMissing)
    #expect(
      try proof(["invalidation_reason": "wal_removed"]) == .slotInvalidated(.walRemoved))
    #expect(try proof(["wal_status": "lost"]) == .slotInvalidated(nil))
    for columns in [["plugin": "wal2json"], ["datoid": "6"], ["restart_lsn": "0/2FF"]] {
      guard case .slotRecreated = try proof(columns) else {
        Issue.record("\(columns)")
        continue
      }
    }
    guard case .slotRecreated = try proof([:], { $0.sentCount?.bytes = 99 }) else {
      Issue.record("the counter went back")
      return
    }
    #expect(try proof { $0.sentCount = nil } == .exact)
  }

  @Test func `counters that began anew after a crash say nothing of the slot`() throws {
    let crash = PostgresTimestamp(microseconds: Self.start.microseconds + 1)
    let proof = try proof { $0.sentCount = SentCount(bytes: 0, since: crash) }
    #expect(proof == .exact)
  }

  @Test func `a timeline's history is read`() {
    let history = "1\t0/3000148\tno recovery target specified\n\n2\t1A/FF\tbefore 2000-01-01\n"
    #expect(ResumeFacts.switchPoint(of: 1, history: history) == LSN(rawValue: 0x300_0148))
    #expect(ResumeFacts.switchPoint(of: 2, history: history) == LSN("1A/FF"))
    #expect(ResumeFacts.switchPoint(of: 3, history: history) == nil)
    #expect(ResumeFacts.switchPoint(of: 1, history: "1\n") == nil)
  }
}
