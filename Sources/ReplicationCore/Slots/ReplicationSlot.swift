public import PGWire

/// A replication slot as `pg_replication_slots` shows it.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/view-pg-replication-slots.html>
public struct ReplicationSlot: Hashable, Sendable {
  /// The slot's name.
  public let name: String
  /// The output plugin; `nil` for a physical slot.
  public let plugin: String?
  /// `logical` or `physical`.
  public let kind: String
  /// The database of a logical slot.
  public let database: String?
  /// Whether the slot ends with the session that made it.
  public let isTemporary: Bool
  /// Whether prepared transactions are sent when they are prepared; `nil` before server 14.
  public let isTwoPhase: Bool?
  /// Whether a session streams from it now.
  public let isActive: Bool
  /// The process of that session.
  public let activePID: Int32?
  /// The oldest WAL that the slot makes the server keep.
  public let restartLSN: LSN?
  /// Where a stream goes on: everything below was acknowledged.
  public let confirmedFlushLSN: LSN?
  /// `reserved`, `extended`, `unreserved` or `lost`.
  public let walStatus: String?

  init(_ result: ControlResult, row: Int) throws(ControlError) {
    guard let name = result.value("slot_name", row: row),
      let kind = result.value("slot_type", row: row)
    else { throw .unexpectedResult("a row of pg_replication_slots without a name") }
    self.name = name
    self.kind = kind
    plugin = result.value("plugin", row: row)
    database = result.value("database", row: row)
    isTemporary = result.value("temporary", row: row) == "t"
    isTwoPhase = result.value("two_phase", row: row).map { $0 == "t" || $0 == "true" }
    isActive = result.value("active", row: row) == "t"
    activePID = result.value("active_pid", row: row).flatMap { Int32($0) }
    restartLSN = result.value("restart_lsn", row: row).flatMap { LSN($0) }
    confirmedFlushLSN = result.value("confirmed_flush_lsn", row: row).flatMap { LSN($0) }
    walStatus = result.value("wal_status", row: row)
  }

  /// In what the slot differs from one that can be streamed from with these parameters.
  func differences(from params: ReplicationParams, database: String) -> [String] {
    let (plugin, temporary) = (params.plugin, params.temporarySlot)
    var differences: [String] = []
    if kind != "logical" { return ["it is a \(kind) slot, not a logical one"] }
    if self.plugin != plugin {
      differences.append("its plugin is \(self.plugin ?? "none"), not \(plugin)")
    }
    if self.database != database {
      differences.append("it belongs to database \(self.database ?? "none"), not \(database)")
    }
    if isTemporary != temporary {
      differences.append(
        isTemporary ? "it is a temporary slot of another session" : "it is a permanent slot")
    }
    if params.twoPhase, !params.convertsToTwoPhase, isTwoPhase == false {
      differences.append(Self.notTwoPhase)
    }
    return differences
  }

  /// Said of a slot that would have to be changed.
  static let notTwoPhase =
    "it is not made for two_phase, which a stream that asks for it would change for good; drop it "
    + "and create it anew for two_phase, or ask for the change"
}
