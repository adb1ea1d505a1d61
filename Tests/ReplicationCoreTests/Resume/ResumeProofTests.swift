import CDCTime
import PGWire
import Testing

@testable import ReplicationCore

/// What a checkpoint proves.
@Suite struct ResumeTests {
  private let checkpoint: Checkpoint = {
    var checkpoint = Checkpoint(
      position: LSN(rawValue: 0x500), systemID: "77", timeline: 3, slot: "s")
    checkpoint.slotState.databaseOID = 5
    checkpoint.slotState.plugin = "pgoutput"
    checkpoint.slotState.restartLSN = LSN(rawValue: 0x300)
    checkpoint.slotState.sentBytes = 100
    checkpoint.slotState.countedSince = ResumeTests.start
    return checkpoint
  }()

  private static let start = PostgresTimestamp(microseconds: 800_000_000_000_000)

  private func proof(
    _ columns: [String: String] = [:], of known: Checkpoint? = nil,
    _ change: (inout ResumeFacts) -> Void = { _ in }
  ) throws -> ResumeProof {
    let all = [
      "slot_name": "s", "slot_type": "logical", "plugin": "pgoutput", "datoid": "5",
      "restart_lsn": "0/400", "confirmed_flush_lsn": "0/500", "wal_status": "reserved",
    ].merging(columns) { $1 }
    var facts = ResumeFacts(
      systemID: "77", serverVersion: 17, isInRecovery: false, timeline: 3,
      currentLSN: LSN(rawValue: 0x900),
      slot: try ReplicationSlot(ResultRow(all)),
      sentCount: SentCount(bytes: 100, since: Self.start))
    change(&facts)
    return facts.proof(of: known ?? checkpoint)
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

  @Test func `an upgraded server is told from another one`() throws {
    var known = checkpoint
    known.serverVersion = 16
    func found(
      _ columns: [String: String] = [:], _ change: (inout ResumeFacts) -> Void = { _ in }
    ) throws -> ResumeProof {
      try proof(columns, of: known) {
        $0.systemID = "78"
        $0.timeline = 1
        change(&$0)
      }
    }
    let point = LSN(rawValue: 0x700)
    let place = ["confirmed_flush_lsn": "\(point)"]
    #expect(try found(place) == .upgraded(expected: "77", found: "78", slotAt: point))
    #expect(try !found(place).isComplete && !found(place).isTransient)
    let other = ResumeProof.otherCluster(expected: "77", found: "78")
    #expect(try found(["confirmed_flush_lsn": "0/4FF"]) == other)
    #expect(try found(["plugin": "other"]) == other)
    #expect(try found(["datoid": "6"]) == other)
    #expect(try found(["wal_status": "lost"]) == other)
    #expect(try found { $0.slot = nil } == other)
    #expect(try found { $0.isInRecovery = true } == other)
    #expect(try found { $0.serverVersion = 16 } == other)
    known.serverVersion = 17
    #expect(try found(place) == other)
    known.serverVersion = nil
    #expect(try found(place) == other)
  }

  @Test func `an unfinished snapshot is never streamed from`() throws {
    for stage in [.announced, .reading, .finished] as [SnapshotStage] {
      var known = checkpoint
      known.snapshot = stage
      #expect(try proof(of: known) == (stage == .finished ? .exact : .snapshotUnfinished))
    }
    #expect(!ResumeProof.snapshotUnfinished.isComplete)
  }

  @Test func `another cluster and another history are told`() throws {
    #expect(
      try proof { $0.systemID = "78" } == .otherCluster(expected: "77", found: "78"))
    #expect(
      try proof { $0.currentLSN = LSN(rawValue: 0x4FF) }
        == .diverged(at: LSN(rawValue: 0x4FF), timeline: 3))
    #expect(
      try proof { $0.timeline = 2 } == .formerTimeline(expected: 3, found: 2))
    #expect(try promoted("0/4FF") == .diverged(at: LSN(rawValue: 0x4FF), timeline: 5))
    #expect(try promoted("0/500") == .exact)
    // A server that has not come by the checkpoint's timeline.
    let other = TimelineHistory("1\t0/100\t\n2\t0/200\t\n4\t0/600\t\n")
    let proof = try proof {
      $0.timeline = 5
      $0.history = other
    }
    #expect(proof == .diverged(at: LSN(rawValue: 0x200), timeline: 5))
  }

  /// A server of timeline 5, which has left the checkpoint's there.
  private func promoted(
    _ lsn: String, _ columns: [String: String] = [:], of known: Checkpoint? = nil,
    _ change: (inout ResumeFacts) -> Void = { _ in }
  ) throws -> ResumeProof {
    try proof(columns, of: known) {
      $0.timeline = 5
      $0.history = TimelineHistory("2\t0/200\t\n3\t\(lsn)\tat some time\n4\t0/700\t\n")
      change(&$0)
    }
  }

  @Test func `what lies behind the last transaction need not be there`() throws {
    let end = LSN(rawValue: 0x4E0)
    var known = checkpoint
    known.transactionEnd = LSN(rawValue: 0x4D0)
    #expect(
      try promoted("0/4E0", ["confirmed_flush_lsn": "0/4D8"], of: known) == .rewinds(to: end))
    #expect(try promoted("0/4E0", ["confirmed_flush_lsn": "0/4E0"], of: known) == .rewinds(to: end))
    #expect(
      try promoted("0/4E0", ["confirmed_flush_lsn": "0/4F0"], of: known)
        == .gap(from: end, to: LSN(rawValue: 0x4F0)))
    known.transactionEnd = LSN(rawValue: 0x4E1)
    #expect(
      try promoted("0/4E0", ["confirmed_flush_lsn": "0/4E0"], of: known)
        == .diverged(at: end, timeline: 5))
  }

  @Test func `a promoted standby's copy of the slot may be older`() throws {
    let old = ["restart_lsn": "0/2FF", "confirmed_flush_lsn": "0/310", "synced": "t"]
    #expect(
      try promoted("0/600", old) { $0.sentCount?.bytes = 1 }
        == .replays(from: LSN(rawValue: 0x310), bytes: 0x1F0))
    guard case .slotRecreated = try promoted("0/600", ["plugin": "wal2json"]) else {
      Issue.record("another plugin")
      return
    }
    #expect(
      try promoted("0/600", ["confirmed_flush_lsn": "0/800"])
        == .gap(from: checkpoint.position, to: LSN(rawValue: 0x800)))
  }

  @Test func `a stream that has outlived its standby's promotion continues`() throws {
    var known = checkpoint
    known.isFromStandby = true
    #expect(try promoted("0/4E0", ["confirmed_flush_lsn": "0/4F0"], of: known).isComplete)
    let diverged = ResumeProof.diverged(at: LSN(rawValue: 0x4E0), timeline: 5)
    #expect(try promoted("0/4E0", ["confirmed_flush_lsn": "0/4E0"], of: known) == diverged)
    let copy = ["confirmed_flush_lsn": "0/4F0", "synced": "t"]
    #expect(try promoted("0/4E0", copy, of: known) == diverged)
  }

  @Test func `a standby may get there yet`() throws {
    func standby(
      _ columns: [String: String] = [:], _ change: (inout ResumeFacts) -> Void = { _ in }
    ) throws -> ResumeProof {
      try proof(columns) {
        $0.isInRecovery = true
        change(&$0)
      }
    }
    #expect(try standby() == .exact)
    let behind = LSN(rawValue: 0x4FF)
    #expect(try standby { $0.currentLSN = behind } == .standby(.notReplayed(upTo: behind)))
    #expect(
      try standby { $0.timeline = 2 } == .standby(.notReplayed(upTo: LSN(rawValue: 0x900))))
    #expect(try standby { $0.slot = nil } == .standby(.slotMissing))
    #expect(try standby(["synced": "t"]) == .standby(.slotSynchronized))
    #expect(try standby { $0.serverVersion = 15 } == .standby(.decodingUnsupported))
    // Its history is decided, whatever it will yet replay.
    let diverged = try promoted("0/4FF") { $0.isInRecovery = true }
    #expect(diverged == .diverged(at: behind, timeline: 5))
    #expect(
      ReplicationError.cannotResume(.standby(.slotMissing), slot: "s").category == .transient)
    #expect(ReplicationError.cannotResume(.slotMissing, slot: "s").category == .fatal)
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
    let history = TimelineHistory(
      "1\t0/3000148\tno recovery target specified\n\n2\t1A/FF\tbefore 2000-01-01\n")
    #expect(history.end(of: 1) == LSN(rawValue: 0x300_0148))
    #expect(history.end(of: 2) == LSN("1A/FF"))
    #expect(history.end(of: 3) == nil)
    #expect(history.lastEnd(before: 2) == LSN(rawValue: 0x300_0148))
    #expect(history.lastEnd(before: 1) == nil)
    #expect(TimelineHistory("1\n").end(of: 1) == nil)
  }
}
