internal import PGWire

/// What is done to slots over SQL.
///
/// Functions: <https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION>
extension ControlConnection {
  /// All slots of the cluster, by name.
  func slots() throws(ControlError) -> [ReplicationSlot] {
    let result = try query(
      """
      SELECT slot_name, plugin, slot_type, database, temporary, active, active_pid, restart_lsn,
        confirmed_flush_lsn, wal_status, pg_catalog.to_jsonb(slots) ->> 'two_phase' AS two_phase
      FROM pg_catalog.pg_replication_slots AS slots ORDER BY slot_name
      """)
    var slots: [ReplicationSlot] = []
    for row in result.rows.indices { slots.append(try ReplicationSlot(result, row: row)) }
    return slots
  }

  /// The slot of this name, if there is one.
  func slot(_ name: SlotName) throws(ControlError) -> ReplicationSlot? {
    let result = try query(
      """
      SELECT slot_name, plugin, slot_type, database, temporary, active, active_pid, restart_lsn,
        confirmed_flush_lsn, wal_status, pg_catalog.to_jsonb(slots) ->> 'two_phase' AS two_phase
      FROM pg_catalog.pg_replication_slots AS slots WHERE slot_name = $1
      """, [name.text])
    return result.rows.isEmpty ? nil : try ReplicationSlot(result, row: 0)
  }

  func databaseName() throws(ControlError) -> String {
    try query("SELECT pg_catalog.current_database() AS name").value("name") ?? ""
  }

  /// The end of the log: on a standby, of what it has replayed.
  func currentLSN() throws(ControlError) -> LSN {
    let result = try query(
      """
      SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
        ELSE pg_catalog.pg_current_wal_lsn() END AS lsn
      """)
    guard let lsn = result.value("lsn").flatMap({ LSN($0) }) else {
      throw .unexpectedResult("no current WAL position")
    }
    return lsn
  }

  /// The end of everything that was written so far, flushed or not: on a standby, replayed.
  ///
  /// At the start of a page the server names the place behind the page's header, which no record
  /// ends at; the page's start is meant then. A transaction with an id, but without changes, makes
  /// the server flush its log that far within a moment (three times `wal_writer_delay`).
  func insertLSN() throws(ControlError) -> LSN {
    let result = try query(
      """
      SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
        ELSE pg_catalog.pg_current_wal_insert_lsn() END AS lsn,
        pg_catalog.current_setting('wal_block_size') AS page,
        CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_xact_id() END
      """)
    guard let lsn = result.value("lsn").flatMap({ LSN($0) }),
      let page = result.value("page").flatMap({ UInt64($0) }), page > 0
    else { throw .unexpectedResult("no current WAL position") }
    let offset = lsn.rawValue % page
    // A page begins with a header of 24 bytes, the first one of a segment with 40.
    return offset == 24 || offset == 40 ? LSN(rawValue: lsn.rawValue - offset) : lsn
  }

  /// Whether this database has a publication of exactly this name.
  func hasPublication(_ name: String) throws(ControlError) -> Bool {
    let result = try query(
      "SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = $1", [name])
    return !result.rows.isEmpty
  }

  /// Creates a permanent logical slot.
  ///
  /// - Parameter twoPhase: Whether it is for two_phase, which pgoutput has since server 15.
  func createSlot(_ name: SlotName, plugin: String, twoPhase: Bool) throws(ControlError) {
    if twoPhase {
      _ = try query(
        "SELECT pg_catalog.pg_create_logical_replication_slot($1, $2, false, true)",
        [name.text, plugin])
    } else {
      _ = try query(
        "SELECT pg_catalog.pg_create_logical_replication_slot($1, $2)", [name.text, plugin])
    }
  }

  /// Moves the slot forward; never past the end of the log.
  ///
  /// - Returns: Where the slot is afterwards.
  func advanceSlot(_ name: SlotName, to lsn: LSN) throws(ControlError) -> LSN {
    let result = try query(
      "SELECT end_lsn FROM pg_catalog.pg_replication_slot_advance($1, $2::pg_catalog.pg_lsn)",
      [name.text, lsn.description])
    guard let end = result.value("end_lsn").flatMap({ LSN($0) }) else {
      throw .unexpectedResult("pg_replication_slot_advance returned no position")
    }
    return end
  }

  func dropSlot(_ name: SlotName) throws(ControlError) {
    _ = try query("SELECT pg_catalog.pg_drop_replication_slot($1)", [name.text])
  }
}
