internal import PGWire

// Queries about slots, and operations on them over SQL.
//
// Functions: <https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION>

extension ControlQuery<[ReplicationSlot]> {
  /// All slots of the cluster, by name.
  static var slots: Self {
    Self(ReplicationSlot.all) { rows throws(ControlError) in
      try ReplicationSlot.list(rows).sorted { $0.name < $1.name }
    }
  }
}

extension ControlQuery<ReplicationSlot?> {
  /// The slot of this name, if there is one.
  static func slot(_ name: SlotName) -> Self {
    Self("\(ReplicationSlot.all) WHERE slot_name OPERATOR(pg_catalog.=) \(value: name.text)") {
      rows throws(ControlError) in try ReplicationSlot.list(rows).first { $0.name == name.text }
    }
  }
}

/// Whether a slot could be created.
struct SlotRoom: Sendable {
  /// Whether there is a slot of that name.
  let exists: Bool
  /// How many more slots the server has room for.
  let free: Int64
}

extension ControlQuery<SlotRoom> {
  static func slotRoom(for name: SlotName) -> Self {
    Self(
      """
      SELECT pg_catalog.bool_or(slot_name OPERATOR(pg_catalog.=) \(value: name.text)) AS exists,
        pg_catalog.current_setting('max_replication_slots')::pg_catalog.int8
          OPERATOR(pg_catalog.-) pg_catalog.count(*) AS free
      FROM pg_catalog.pg_replication_slots
      """
    ) { rows throws(ControlError) in
      guard let row = rows.first, let free = row.int("free") else {
        throw .unexpectedResult("no count of the replication slots")
      }
      return SlotRoom(exists: row.flag("exists") ?? false, free: free)
    }
  }
}

extension ControlQuery<[String: ServerSession]> {
  /// The sessions that hold the slots in use, by slot name.
  static var slotHolders: Self {
    Self(
      """
      SELECT s.slot_name, s.active_pid AS pid, a.application_name, a.usename, a.datname,
        pg_catalog.host(a.client_addr) AS client_addr, a.client_port, a.backend_type, a.state,
        \(microsecondsOf: "a.backend_start") AS backend_start_us,
        \(microsecondsOf: "a.xact_start") AS xact_start_us,
        r.state AS replication_state
      FROM pg_catalog.pg_replication_slots AS s
      LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) s.active_pid
      LEFT JOIN pg_catalog.pg_stat_replication AS r ON r.pid OPERATOR(pg_catalog.=) s.active_pid
      WHERE s.active_pid IS NOT NULL
      """
    ) { rows in
      var holders: [String: ServerSession] = [:]
      for row in rows {
        if let name = row["slot_name"] { holders[name] = ServerSession(row) }
      }
      return holders
    }
  }
}

extension WireConnection {
  /// The session that holds a slot, asked over this connection; `nil` if there is none or that is
  /// unknown.
  func holder(of slot: SlotName) async -> ServerSession? {
    (try? await ask(.slotHolders))?[slot.text]
  }
}

// MARK: - Operations on slots

extension ControlQuery<LSN> {
  /// Creates a permanent logical slot.
  ///
  /// The server waits for every open transaction; the role's settings may limit that wait. Returns
  /// the position from which transactions are delivered.
  static func createSlot(_ name: SlotName, plugin: String, _ options: SlotOptions) -> Self {
    let function: SQL = "pg_catalog.pg_create_logical_replication_slot"
    let first: SQL = "\(value: name.text), \(value: plugin)"
    let twoPhase = options.twoPhase == true
    let arguments: SQL =
      options.failover == true
      ? "\(first), false, \(value: twoPhase ? "t" : "f")::boolean, true"
      : twoPhase ? "\(first), false, true" : first
    return position("SELECT lsn FROM \(function)(\(arguments))", of: function)
  }

  /// Creates a second slot at the position of the first.
  static func copySlot(_ name: SlotName, to copy: SlotName, plugin: String?) -> Self {
    let function: SQL = "pg_catalog.pg_copy_logical_replication_slot"
    let first: SQL = "\(value: name.text), \(value: copy.text), false"
    let arguments: SQL = plugin.map { "\(first), \(value: $0)" } ?? first
    return position("SELECT lsn FROM \(function)(\(arguments))", of: function)
  }

  /// Moves the slot forward, never past the end of the log; returns where it is afterwards.
  static func advanceSlot(_ name: SlotName, to lsn: LSN) -> Self {
    let function: SQL = "pg_catalog.pg_replication_slot_advance"
    return position(
      """
      SELECT end_lsn AS lsn
      FROM \(function)(\(value: name.text), \(value: lsn.description)::pg_catalog.pg_lsn)
      """, of: function)
  }

  private static func position(_ sql: SQL, of function: SQL) -> Self {
    Self(sql) { rows throws(ControlError) in
      guard let lsn = rows.first?.lsn("lsn") else {
        throw .unexpectedResult("\(function.text) returned no position")
      }
      return lsn
    }
  }
}

extension ControlQuery<Void> {
  static func dropSlot(_ name: SlotName) -> Self {
    Self("SELECT pg_catalog.pg_drop_replication_slot(\(value: name.text))") { _ in }
  }

  /// Ends the session that holds a slot, if it is still this one and holds the slot.
  static func endHolder(_ holder: ServerSession, of slot: SlotName) -> Self {
    Self(
      """
      SELECT pg_catalog.pg_terminate_backend(s.active_pid)
      FROM pg_catalog.pg_replication_slots AS s
      JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) s.active_pid
      WHERE s.slot_name OPERATOR(pg_catalog.=) \(value: slot.text)
        AND s.active_pid OPERATOR(pg_catalog.=) \(value: String(holder.pid))::pg_catalog.int4
        AND a.application_name OPERATOR(pg_catalog.=) \(value: holder.applicationName)
      """
    ) { _ in }
  }
}
