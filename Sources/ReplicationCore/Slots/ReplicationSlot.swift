public import CDCTime
public import PGWire

/// A replication slot as `pg_replication_slots` shows it.
///
/// A column that the server's version does not have is `nil`.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/view-pg-replication-slots.html>
public struct ReplicationSlot: Hashable, Sendable {
  /// The slot's name.
  public let name: String
  /// The output plugin; `nil` for a physical slot.
  public let plugin: String?
  /// Whether it is for logical or for physical replication.
  public let kind: Kind
  /// The OID of a logical slot's database.
  public let databaseOID: UInt32?
  /// The database of a logical slot.
  public let database: String?
  /// Whether the slot ends with the session that made it.
  public let isTemporary: Bool
  /// Whether a session streams from it now.
  public let isActive: Bool
  /// The process of that session.
  public let activePID: Int32?
  /// The oldest transaction whose rows the slot makes the server keep.
  public let xmin: UInt32?
  /// The same for rows of the catalogs.
  public let catalogXmin: UInt32?
  /// The oldest WAL that the slot makes the server keep.
  public let restartLSN: LSN?
  /// Where a stream continues: everything below was acknowledged.
  public let confirmedFlushLSN: LSN?
  /// The state of the WAL that the slot needs.
  public let walStatus: WALStatus?
  /// Bytes of WAL that may still be written before the slot is in danger of being lost.
  ///
  /// May be negative. `nil` if it is lost, or `max_slot_wal_keep_size` sets no limit.
  public let safeWALSize: Int64?
  /// Whether prepared transactions are decoded when they are prepared.
  ///
  /// Since server 14.
  public let isTwoPhase: Bool?
  /// The position from which prepared transactions are decoded when they are prepared.
  ///
  /// Since server 18.
  public let twoPhaseAt: LSN?
  /// The time since which no session streams from it.
  ///
  /// Since server 17.
  public let inactiveSince: PostgresTimestamp?
  /// Whether it was lost to a conflict with recovery, on a standby.
  ///
  /// Since server 16.
  public let isConflicting: Bool?
  /// Why the slot can never be used again; `nil` while it can.
  ///
  /// Reported by server 17 and later. On older servers see ``WALStatus/lost`` and
  /// ``isConflicting``.
  public let invalidation: SlotInvalidation?
  /// Whether standbys keep a copy of it.
  ///
  /// Since server 17.
  public let isFailover: Bool?
  /// Whether it is a standby's copy of the primary's slot.
  ///
  /// Since server 17.
  public let isSynced: Bool?
  /// Why the last synchronization left it as it was.
  ///
  /// Since server 19.
  public let syncSkipReason: String?

  /// What a slot is for.
  @nonexhaustive public enum Kind: String, Hashable, Sendable {
    /// For an output plugin.
    case logical
    /// For standbys and backups.
    case physical
  }
}

extension ReplicationSlot {
  /// Whether the slot can never be streamed from again.
  public var isLost: Bool { invalidation != nil || walStatus == .lost }

  /// Columns come by name, so that the columns of every version are found and newer ones are
  /// ignored.
  static let all: SQL = """
    SELECT slots.*, \(
      microsecondsOf: """
        (pg_catalog.to_jsonb(slots) OPERATOR(pg_catalog.->>) 'inactive_since')
          ::pg_catalog.timestamptz
        """) AS inactive_since_us
    FROM pg_catalog.pg_replication_slots AS slots
    """

  /// The slots in these rows.
  static func list(_ rows: [ResultRow]) throws(ControlError) -> [ReplicationSlot] {
    var slots: [ReplicationSlot] = []
    for row in rows { slots.append(try ReplicationSlot(row)) }
    return slots
  }

  init(_ row: ResultRow) throws(ControlError) {
    guard let name = row["slot_name"], let kind = row["slot_type"].flatMap(Kind.init(rawValue:))
    else {
      throw .unexpectedResult("a row of pg_replication_slots without a name or a known type")
    }
    self.name = name
    self.kind = kind
    plugin = row["plugin"]
    databaseOID = row.oid("datoid")
    database = row["database"]
    isTemporary = row.flag("temporary") ?? false
    isActive = row.flag("active") ?? false
    activePID = row["active_pid"].flatMap { Int32($0) }
    xmin = row.oid("xmin")
    catalogXmin = row.oid("catalog_xmin")
    restartLSN = row.lsn("restart_lsn")
    confirmedFlushLSN = row.lsn("confirmed_flush_lsn")
    walStatus = row["wal_status"].map(WALStatus.init)
    safeWALSize = row.int("safe_wal_size")
    isTwoPhase = row.flag("two_phase")
    twoPhaseAt = row.lsn("two_phase_at")
    inactiveSince = row.time("inactive_since_us")
    isConflicting = row.flag("conflicting")
    isFailover = row.flag("failover")
    isSynced = row.flag("synced")
    syncSkipReason = row["slotsync_skip_reason"]
    let reason = row["invalidation_reason"].map(SlotInvalidation.init)
    invalidation = reason ?? (isConflicting == true ? .other("conflict") : nil)
  }

  /// How the slot differs from one that can be streamed from with these parameters.
  func differences(
    plugin: String, database: String, temporary: Bool, options: SlotOptions
  ) -> [String] {
    if kind != .logical { return ["it is a \(kind.rawValue) slot, not a logical one"] }
    var differences: [String] = []
    if self.plugin != plugin {
      differences.append("its plugin is \(self.plugin ?? "none"), not \(plugin)")
    }
    if self.database != database {
      differences.append("it belongs to database \(self.database ?? "none"), not \(database)")
    }
    if isTemporary != temporary, !isBeingSynchronized {
      differences.append(
        isTemporary ? "it is a temporary slot of another session" : "it is a permanent slot")
    }
    if options.isTwoPhase == true, isTwoPhase != true {
      differences.append(Self.notTwoPhase)
    } else if options.isTwoPhase == false, isTwoPhase == true {
      differences.append(Self.isTwoPhaseAlready)
    }
    if let failover = options.isFailover, failover != (isFailover ?? false) {
      differences.append(
        "it is \(failover ? "not made" : "made") for failover; alter it (since server 17), or drop "
          + "it and create it again")
    }
    return differences
  }

  /// Why the slot can't be streamed from, whatever its options are, and how to fix it.
  ///
  /// - Parameter isStandby: Whether the server that has it is a standby.
  func obstacles(isStandby: Bool) -> [String] {
    if isLost {
      let reason = invalidation.map { " (\($0))" } ?? ""
      return [
        "it is lost\(reason), with the changes it had not delivered; drop it, create it again, and "
          + "take a new snapshot"
      ]
    }
    if isBeingSynchronized {
      return [
        "it is being synchronized from the primary, and not ready yet; stream from the primary"
      ]
    }
    guard isSynced == true, isStandby else { return [] }
    return [
      "it is a copy of the primary's slot, for when this standby is promoted; stream from the "
        + "primary, or promote this server"
    ]
  }

  /// Whether it is a copy of the primary's slot that is not ready: a temporary one until then.
  private var isBeingSynchronized: Bool { isSynced == true && isTemporary }

  /// The error text for a slot that would have to be changed.
  static let notTwoPhase =
    "it is not made for two_phase, which a stream that asks for it would change permanently; drop "
    + "it and create it again for two_phase, alter it (since server 18), or ask for the change"
  private static let isTwoPhaseAlready =
    "it is made for two_phase; alter it (since server 18), or drop it and create it again"
}
