internal import CDCTime
public import PGWire

/// A slot, and what its columns mean now: how much it retains, how far behind it is, and when it
/// will be lost if nothing changes.
public struct SlotHealth: Hashable, Sendable {
  /// The slot.
  public let slot: ReplicationSlot
  /// Who holds it; `nil` if nobody does.
  public let holder: ServerSession?
  /// Where the server's log ended.
  public let currentLSN: LSN
  /// How much WAL was written per second while it was looked at; `nil` if that was not measured.
  public let walBytesPerSecond: Double?
  /// When and by what the slot will be lost; `nil` if nothing on the server would, or it is lost.
  public let expectedLoss: ExpectedLoss?

  /// Bytes of WAL that the server keeps for this slot, and for others that are not further.
  public var retainedBytes: UInt64? { slot.restartLSN.map(currentLSN.bytes(since:)) }
  /// Bytes of WAL that have not been acknowledged.
  public var lagBytes: UInt64? { slot.confirmedFlushLSN.map(currentLSN.bytes(since:)) }

  /// When a slot will be lost if nothing changes.
  public struct ExpectedLoss: Hashable, Sendable {
    /// How long from now; zero means at the next checkpoint.
    public let after: Duration
    /// By what.
    public let cause: Cause

    /// What takes slots away, by the setting's name.
    @nonexhaustive public enum Cause: String, Hashable, Sendable {
      /// WAL beyond this size is not kept for slots.
      case walSize = "max_slot_wal_keep_size"
      /// Slots that nobody uses for so long are given up (server 18).
      case idleTime = "idle_replication_slot_timeout"
    }
  }

  /// - Parameters:
  ///   - idleTimeout: `idle_replication_slot_timeout`; `nil` if it is off or not there.
  ///   - now: The server's time.
  static func expectedLoss(
    of slot: ReplicationSlot, walBytesPerSecond rate: Double?, idleTimeout: Duration?,
    now: PostgresTimestamp
  ) -> ExpectedLoss? {
    if slot.isLost { return nil }
    var losses: [ExpectedLoss] = []
    if slot.walStatus == .unreserved {
      losses.append(ExpectedLoss(after: .zero, cause: .walSize))
    } else if let safe = slot.safeWALSize, let rate, rate > 0 {
      // A hundred years are as good as never, and fit.
      let seconds = min(max(Double(safe), 0) / rate, 3_155_760_000)
      losses.append(ExpectedLoss(after: .milliseconds(Int64(seconds * 1000)), cause: .walSize))
    }
    if let idleTimeout, !slot.isActive, slot.isSynced != true, let since = slot.inactiveSince,
      since.isFinite, now.isFinite
    {
      let left = idleTimeout - .microseconds(now.microseconds(since: since))
      losses.append(ExpectedLoss(after: max(left, .zero), cause: .idleTime))
    }
    return losses.min { $0.after < $1.after }
  }
}

/// One look at the server's log and clock.
struct WALSample: Sendable {
  let lsn: LSN
  let time: PostgresTimestamp
  let idleTimeout: Duration?

  /// Bytes written per second from an earlier look to this one.
  func rate(since earlier: WALSample) -> Double? {
    let microseconds = time.microseconds(since: earlier.time)
    guard microseconds > 0, lsn >= earlier.lsn else { return nil }
    return Double(lsn.bytes(since: earlier.lsn)) * 1_000_000 / Double(microseconds)
  }
}

extension ControlQuery<WALSample> {
  /// Where the server's log ends, and its time.
  static var walSample: Self {
    Self(
      """
      SELECT \(SQL.insertLSN) AS lsn,
        \(microsecondsOf: "pg_catalog.clock_timestamp()") AS now_us,
        pg_catalog.current_setting('idle_replication_slot_timeout', true) AS idle_timeout
      """
    ) { rows throws(ControlError) in
      guard let row = rows.first, let lsn = row.lsn("lsn"), let now = row.time("now_us") else {
        throw .unexpectedResult("no current WAL position")
      }
      return WALSample(
        lsn: lsn, time: now,
        idleTimeout: row["idle_timeout"].flatMap {
          ServerSetting.duration($0, unit: .seconds(1))
        })
    }
  }
}

extension ControlConnection {
  /// All slots with what they mean.
  ///
  /// - Parameter earlier: An earlier look, to tell how fast the log grows.
  func slotHealth(since earlier: WALSample?) throws(ControlError) -> [SlotHealth] {
    let holders = try ask(.slotHolders)
    let slots = try ask(.slots)
    let sample = try ask(.walSample)
    let rate = earlier.flatMap { sample.rate(since: $0) }
    return slots.map { slot in
      SlotHealth(
        slot: slot, holder: slot.isActive ? holders[slot.name] : nil, currentLSN: sample.lsn,
        walBytesPerSecond: rate,
        expectedLoss: SlotHealth.expectedLoss(
          of: slot, walBytesPerSecond: rate, idleTimeout: sample.idleTimeout, now: sample.time))
    }
  }
}
