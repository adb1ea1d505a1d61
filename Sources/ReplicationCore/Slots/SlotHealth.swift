internal import CDCTime
public import PGWire

/// The health of a slot: how much it retains, how far behind it is, and when it will be lost if
/// nothing changes.
public struct SlotHealth: Hashable, Sendable {
  /// The slot.
  public let slot: ReplicationSlot
  /// The session that holds it; `nil` if none does.
  public let holder: ServerSession?
  /// Where the server's log ended.
  public let currentLSN: LSN
  /// Bytes of WAL written per second during the measurement; `nil` if that was not measured.
  public let walBytesPerSecond: Double?
  /// When and why the slot will be lost; `nil` if no setting of the server causes that, or if it is
  /// lost already.
  public let expectedLoss: ExpectedLoss?
  /// The position that the session that holds the slot has sent up to; `nil` if none holds it, or
  /// this role may not see it (`pg_read_all_stats`).
  public internal(set) var sentLSN: LSN?
  /// The server's time when it was asked.
  var serverTime: PostgresTimestamp?

  /// Bytes of WAL that the server keeps for this slot, and for others that are not further.
  public var retainedBytes: UInt64? { slot.restartLSN.map(currentLSN.bytes(since:)) }
  /// Bytes of WAL that have not been acknowledged.
  public var lagBytes: UInt64? { slot.confirmedFlushLSN.map(currentLSN.bytes(since:)) }

  /// When a slot will be lost if nothing changes.
  public struct ExpectedLoss: Hashable, Sendable {
    /// How long from now; zero means at the next checkpoint.
    public let after: Duration
    /// The setting that will cause the loss.
    public let cause: Cause

    /// The settings that can invalidate a slot.
    @nonexhaustive public enum Cause: String, Hashable, Sendable {
      /// WAL beyond this size is not kept for slots.
      case walSize = "max_slot_wal_keep_size"
      /// Slots that are not used for this long are invalidated (server 18).
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
      // At most a hundred years: as good as never, and a `Duration` can hold it.
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

/// A sample of the server's WAL position and clock.
struct WALSample: Sendable {
  let lsn: LSN
  let time: PostgresTimestamp
  let idleTimeout: Duration?

  /// Bytes written per second from an earlier sample to this one.
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

extension ControlQuery<[String: LSN]> {
  /// How far the sessions that hold slots have sent, by slot name, as far as this role may see it.
  static var sentPositions: Self {
    Self(
      """
      SELECT s.slot_name, r.sent_lsn
      FROM pg_catalog.pg_replication_slots AS s
      JOIN pg_catalog.pg_stat_replication AS r ON r.pid OPERATOR(pg_catalog.=) s.active_pid
      """
    ) { rows in
      var positions: [String: LSN] = [:]
      for row in rows {
        if let name = row["slot_name"] { positions[name] = row.lsn("sent_lsn") }
      }
      return positions
    }
  }
}

extension ControlConnection {
  /// The health of all slots.
  ///
  /// - Parameter earlier: An earlier sample, to compute how fast the WAL grows.
  func slotHealth(since earlier: WALSample?) throws(ControlError) -> [SlotHealth] {
    let holders = try ask(.slotHolders)
    let slots = try ask(.slots)
    let sent = try ask(.sentPositions)
    let sample = try ask(.walSample)
    let rate = earlier.flatMap { sample.rate(since: $0) }
    return slots.map { slot in
      SlotHealth(
        slot: slot, holder: slot.isActive ? holders[slot.name] : nil, currentLSN: sample.lsn,
        walBytesPerSecond: rate,
        expectedLoss: SlotHealth.expectedLoss(
          of: slot, walBytesPerSecond: rate, idleTimeout: sample.idleTimeout, now: sample.time),
        sentLSN: sent[slot.name], serverTime: sample.time)
    }
  }
}
