internal import CDCTime
internal import PGWire

/// What is done to slots over SQL.
///
/// Functions: <https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION>
extension ControlConnection {
  /// All slots of the cluster, by name.
  func slots() throws(ControlError) -> [ReplicationSlot] {
    let result = try query(ReplicationSlot.all)
    var slots: [ReplicationSlot] = []
    for row in result.rows.indices { slots.append(try ReplicationSlot(result, row: row)) }
    return slots.sorted { $0.name < $1.name }
  }

  /// The slot of this name, if there is one.
  func slot(_ name: SlotName) throws(ControlError) -> ReplicationSlot? {
    try slots().first { $0.name == name.text }
  }

  func databaseName() throws(ControlError) -> String {
    try query("SELECT pg_catalog.current_database() AS name").value("name") ?? ""
  }

  /// Whether the server is a standby.
  func isStandby() throws(ControlError) -> Bool {
    try query("SELECT pg_catalog.pg_is_in_recovery() AS standby").value("standby") == "t"
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
    return offset == 24 || offset == 40
      ? LSN(rawValue: lsn.rawValue.subtractingSaturating(offset)) : lsn
  }

  /// Whether this database has a publication of exactly this name.
  func hasPublication(_ name: String) throws(ControlError) -> Bool {
    let result = try query(
      "SELECT 1 FROM pg_catalog.pg_publication WHERE pubname OPERATOR(pg_catalog.=) $1", [name])
    return !result.rows.isEmpty
  }

  /// Creates a permanent logical slot.
  ///
  /// It waits for every transaction that is open, for which the role may have set limits.
  ///
  /// - Returns: The point from which on transactions are delivered.
  func createSlot(
    _ name: SlotName, plugin: String, _ options: SlotOptions
  ) throws(ControlError) -> LSN {
    let result: ControlResult
    if options.failover == true {
      result = try query(
        """
        SELECT lsn FROM pg_catalog.pg_create_logical_replication_slot($1, $2, false,
          $3::boolean, true)
        """, [name.text, plugin, options.twoPhase == true ? "t" : "f"])
    } else if options.twoPhase == true {
      result = try query(
        "SELECT lsn FROM pg_catalog.pg_create_logical_replication_slot($1, $2, false, true)",
        [name.text, plugin])
    } else {
      result = try query(
        "SELECT lsn FROM pg_catalog.pg_create_logical_replication_slot($1, $2)",
        [name.text, plugin])
    }
    return try position(result, "lsn", of: "pg_create_logical_replication_slot")
  }

  /// Makes a second slot at the place of the first.
  func copySlot(
    _ name: SlotName, to copy: SlotName, plugin: String?
  ) throws(ControlError) -> LSN {
    let result: ControlResult
    if let plugin {
      result = try query(
        "SELECT lsn FROM pg_catalog.pg_copy_logical_replication_slot($1, $2, false, $3)",
        [name.text, copy.text, plugin])
    } else {
      result = try query(
        "SELECT lsn FROM pg_catalog.pg_copy_logical_replication_slot($1, $2, false)",
        [name.text, copy.text])
    }
    return try position(result, "lsn", of: "pg_copy_logical_replication_slot")
  }

  private func position(
    _ result: ControlResult, _ column: String, of function: StaticString
  ) throws(ControlError) -> LSN {
    guard let lsn = result.value(column).flatMap({ LSN($0) }) else {
      throw .unexpectedResult("\(function) returned no position")
    }
    return lsn
  }

  /// Moves the slot forward; never past the end of the log.
  ///
  /// - Returns: Where the slot is afterwards.
  func advanceSlot(_ name: SlotName, to lsn: LSN) throws(ControlError) -> LSN {
    let result = try query(
      "SELECT end_lsn FROM pg_catalog.pg_replication_slot_advance($1, $2::pg_catalog.pg_lsn)",
      [name.text, lsn.description])
    return try position(result, "end_lsn", of: "pg_replication_slot_advance")
  }

  func dropSlot(_ name: SlotName) throws(ControlError) {
    _ = try query("SELECT pg_catalog.pg_drop_replication_slot($1)", [name.text])
  }
}
