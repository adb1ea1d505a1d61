import CDCTime
import PGWire
import Testing

@testable import ReplicationCore

/// When a slot will be lost.
@Suite struct SlotHealthTests {
  private let now = PostgresTimestamp(microseconds: 1_000_000_000)

  private func slot(_ columns: [String: String]) throws -> ReplicationSlot {
    let all = ["slot_name": "s", "slot_type": "logical"].merging(columns) { $1 }
    return try ReplicationSlot(ResultRow(all))
  }

  private func loss(
    _ columns: [String: String], rate: Double? = 1000, idle: Duration? = nil
  ) throws -> SlotHealth.ExpectedLoss? {
    SlotHealth.expectedLoss(
      of: try slot(columns), walBytesPerSecond: rate, idleTimeout: idle, now: now)
  }

  @Test func `what is left lasts as long as the log grows as now`() throws {
    let left = ["safe_wal_size": "60000", "wal_status": "reserved"]
    #expect(try loss(left) == .init(after: .seconds(60), cause: .walSize))
    #expect(try loss(left, rate: nil) == nil)
    #expect(try loss(left, rate: 0) == nil)
    #expect(try loss(["wal_status": "reserved"]) == nil)
    #expect(try loss(["safe_wal_size": "-5"])?.after == .zero)
    let most = try loss(["safe_wal_size": "\(Int64.max)"], rate: 1e-300)
    #expect(most?.after == .seconds(3_155_760_000))
  }

  @Test func `an unreserved slot is lost at the next checkpoint, a lost one is lost`() throws {
    #expect(
      try loss(["wal_status": "unreserved"], rate: nil) == .init(after: .zero, cause: .walSize))
    #expect(try loss(["wal_status": "lost", "safe_wal_size": "1"]) == nil)
    #expect(try loss(["invalidation_reason": "idle_timeout", "safe_wal_size": "1"]) == nil)
    #expect(try slot(["conflicting": "t"]).isLost)
    #expect(try slot(["conflicting": "t"]).invalidation == .other("conflict"))
  }

  @Test func `an idle slot is given up when its time is over`() throws {
    let since = "\(now.unixMicroseconds - 40_000_000)"
    let idle = ["inactive_since_us": since]
    #expect(
      try loss(idle, idle: .seconds(60)) == .init(after: .seconds(20), cause: .idleTime))
    #expect(try loss(idle, idle: .seconds(30))?.after == .zero)
    #expect(try loss(idle.merging(["active": "t"]) { $1 }, idle: .seconds(60)) == nil)
    #expect(try loss(idle.merging(["synced": "t"]) { $1 }, idle: .seconds(60)) == nil)
    // The earlier of two counts.
    let both = idle.merging(["safe_wal_size": "5000"]) { $1 }
    #expect(try loss(both, idle: .seconds(60))?.cause == .walSize)
    #expect(try loss(both, rate: 1, idle: .seconds(60))?.cause == .idleTime)
  }

  @Test func `the rate is that between two looks`() {
    func sample(_ lsn: UInt64, _ microseconds: Int64) -> WALSample {
      WALSample(
        lsn: LSN(rawValue: lsn), time: PostgresTimestamp(microseconds: microseconds),
        idleTimeout: nil)
    }
    #expect(sample(3000, 500_000).rate(since: sample(1000, 0)) == 4000)
    #expect(sample(3000, 0).rate(since: sample(1000, 0)) == nil)
    #expect(sample(1000, 9).rate(since: sample(3000, 0)) == nil)
  }

  @Test func `columns are read by name, and those that are not there are nil`() throws {
    let old = try slot([:])
    #expect(old.isTwoPhase == nil && old.isFailover == nil && old.invalidation == nil)
    #expect(old.walStatus == nil && !old.isLost)
    let new = try slot([
      "two_phase": "t", "two_phase_at": "0/5", "failover": "f", "synced": "t", "datoid": "5",
      "wal_status": "odd", "invalidation_reason": "new_one", "slotsync_skip_reason": "why",
      "xmin": "3", "catalog_xmin": "4",
    ])
    #expect(new.isTwoPhase == true && new.isFailover == false && new.isSynced == true)
    #expect(new.twoPhaseAt == LSN(rawValue: 5) && new.databaseOID == 5)
    #expect(new.walStatus == .other("odd") && new.invalidation == .other("new_one"))
    #expect(new.xmin == 3 && new.catalogXmin == 4 && new.syncSkipReason == "why")
    #expect(throws: ControlError.self) { try slot(["slot_type": "odd"]) }
  }
}
