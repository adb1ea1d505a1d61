internal import CDCTime
internal import PGWire
internal import ReplicationCore

/// A slot for people and for programs, under the names of `pg_replication_slots`.
struct SlotReport {
  private let health: SlotHealth
  private var slot: ReplicationSlot { health.slot }

  init(_ health: SlotHealth) {
    self.health = health
  }

  /// One object: the view's columns in their order, then what they mean.
  var json: JSONValue { .object(columns + meaning) }

  /// A line for each column that is not NULL, then what they mean.
  var lines: [ScreenText] {
    var lines = columns.compactMap { name, value -> ScreenText? in
      switch value {
      case .null: nil
      case .string(let text): "\(name): \(text)"
      default: "\(name): \(value.text)"
      }
    }
    if let retained = health.retainedBytes { lines.append("retained: \(Amounts.bytes(retained))") }
    if let lag = health.lagBytes { lines.append("lag: \(Amounts.bytes(lag))") }
    if let rate = health.walBytesPerSecond, rate >= 0, rate < 1e18 {
      lines.append("wal rate: \(Amounts.bytes(UInt64(rate))) a second")
    }
    if let holder = health.holder { lines.append("holder: \(holder)") }
    lines.append("outlook: \(outlook)")
    return lines
  }

  private var outlook: String {
    if slot.isLost {
      let reason = slot.invalidation.map { " (\($0))" } ?? ""
      return "lost\(reason); drop it, create it again, and take a new snapshot"
    }
    guard let loss = health.expectedLoss else {
      return slot.safeWALSize == nil
        ? "the server keeps its WAL without a limit" : "nothing threatens it at this rate"
    }
    return loss.after == .zero
      ? "lost at the next checkpoint (\(loss.cause.rawValue))"
      : "lost in \(Amounts.time(loss.after)) if this continues (\(loss.cause.rawValue))"
  }

  /// A table of slots, a header line first.
  static func table(_ slots: [SlotHealth]) -> [ScreenText] {
    let names = [
      "slot_name", "plugin", "database", "active_pid", "confirmed_flush_lsn", "wal_status",
      "retained", "lag",
    ]
    let rows = slots.map { health in
      let slot = health.slot
      return [
        slot.name, slot.plugin, slot.database, slot.activePID.map(String.init),
        slot.confirmedFlushLSN?.description,
        slot.invalidation.map { "\(slot.walStatus?.description ?? "lost"): \($0)" }
          ?? slot.walStatus?.description,
        health.retainedBytes.map(Amounts.bytes), health.lagBytes.map(Amounts.bytes),
      ].map { $0 ?? "-" }
    }
    return TextTable.lines([names] + rows)
  }

  private var columns: [(String, JSONValue)] {
    [
      ("slot_name", .string(slot.name)), ("plugin", .optional(slot.plugin)),
      ("slot_type", .string(slot.kind.rawValue)), ("datoid", .optional(slot.databaseOID)),
      ("database", .optional(slot.database)), ("temporary", .bool(slot.isTemporary)),
      ("active", .bool(slot.isActive)), ("active_pid", .optional(slot.activePID)),
      ("xmin", .optional(slot.xmin)), ("catalog_xmin", .optional(slot.catalogXmin)),
      ("restart_lsn", .optional(slot.restartLSN?.description)),
      ("confirmed_flush_lsn", .optional(slot.confirmedFlushLSN?.description)),
      ("wal_status", .optional(slot.walStatus?.description)),
      ("safe_wal_size", .optional(slot.safeWALSize)), ("two_phase", .optional(slot.isTwoPhase)),
      ("two_phase_at", .optional(slot.twoPhaseAt?.description)),
      ("inactive_since", .optional(slot.inactiveSince?.iso8601UTC)),
      ("conflicting", .optional(slot.isConflicting)),
      ("invalidation_reason", .optional(slot.invalidation?.description)),
      ("failover", .optional(slot.isFailover)), ("synced", .optional(slot.isSynced)),
      ("slotsync_skip_reason", .optional(slot.syncSkipReason)),
    ]
  }

  private var meaning: [(String, JSONValue)] {
    [
      ("current_lsn", .string(health.currentLSN.description)),
      ("retained_bytes", .optional(health.retainedBytes)),
      ("lag_bytes", .optional(health.lagBytes)),
      ("wal_bytes_per_second", health.walBytesPerSecond.map(JSONValue.number) ?? .null),
      ("seconds_until_lost", .optional(health.expectedLoss?.after.components.seconds)),
      ("lost_by", .optional(health.expectedLoss?.cause.rawValue)),
      ("holder", health.holder.map { SessionReport.json($0) } ?? .null),
    ]
  }
}

/// A session of the server, for programs.
enum SessionReport {
  static func json(_ session: ServerSession) -> JSONValue {
    .object([
      ("pid", .integer(Int64(session.pid))),
      ("application_name", .string(session.applicationName)),
      ("user", .optional(session.user)), ("database", .optional(session.database)),
      ("client_addr", .optional(session.clientAddress)),
      ("state", .optional(session.replicationState ?? session.state)),
      ("connected_since", .optional(session.connectedSince?.iso8601UTC)),
    ])
  }
}
