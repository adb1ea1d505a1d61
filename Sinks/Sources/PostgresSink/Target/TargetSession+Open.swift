internal import CSinkLibPQ
internal import ChangeSinks
internal import Logging
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// What a session does before it writes.
extension TargetSession {
  // MARK: Settings

  /// Settings that the meaning of SQL and of values depends on, and those that could end or block
  /// the session.
  private static let pinned: [(name: String, value: String)] = [
    // With an empty path a name without a schema is one of `pg_catalog`, operators included.
    ("search_path", ""), ("standard_conforming_strings", "on"), ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"), ("TimeZone", "UTC"), ("extra_float_digits", "3"),
    ("bytea_output", "hex"), ("lc_monetary", "C"), ("array_nulls", "on"),
    ("xmloption", "content"), ("transform_null_equals", "off"),
    ("default_transaction_isolation", "read committed"), ("statement_timeout", "0"),
    ("lock_timeout", "0"), ("idle_in_transaction_session_timeout", "0"),
    // A policy would hide rows that the source has changed.
    ("row_security", "off"),
  ]

  /// Settings by which the server notices that we are gone, for the sake of the lock.
  private static let keepalive = [
    ("tcp_keepalives_idle", "60"), ("tcp_keepalives_interval", "15"),
    ("tcp_keepalives_count", "4"), ("tcp_user_timeout", "120000"),
  ]

  func pinSettings() throws(SinkError) {
    connection.activity = "setting up the session"
    var settings = Self.pinned
    settings.append(("synchronous_commit", options.synchronousCommit.rawValue))
    if connection.serverVersion >= 14 { settings.append(("idle_session_timeout", "0")) }
    if connection.serverVersion >= 17 { settings.append(("transaction_timeout", "0")) }
    let calls = settings.map { name, value in
      "pg_catalog.set_config(\(name.quotedValue), \(value.quotedValue), false)"
    }
    let found = try connection.query("SELECT \(calls.joined(separator: ", "))").first ?? []
    for (setting, value) in zip(settings, found) where value != setting.value {
      throw error(
        .needsOperator, "the session does not keep the setting \(setting.name)=\(setting.value)")
    }
    guard found.count == settings.count else {
      throw error(.fatal, "the server does not say what settings the session has")
    }
    let encoding = try connection.query("SELECT pg_catalog.current_setting('client_encoding')")
    guard encoding.only == "UTF8" else {
      throw error(.needsOperator, "the session does not keep the setting client_encoding=UTF8")
    }
    for (name, value) in Self.keepalive {
      // Not every platform of a server has all of them.
      _ = try connection.attempt("SELECT pg_catalog.set_config($1, $2, false)", [name, value])
    }
    try setReplicaRole()
  }

  private func setReplicaRole() throws(SinkError) {
    guard options.replicaRole != .never else { return }
    let failure = try connection.attempt(
      "SELECT pg_catalog.set_config('session_replication_role', 'replica', false)")
    guard let failure else { return }
    if options.replicaRole == .always { throw failure }
    options.logger.notice(
      "triggers run in the target, and foreign keys are checked: the role may not prevent it",
      metadata: ["target": "\(connection.engine)", "reason": "\(failure.reason)"])
  }

  // MARK: Lock

  /// Takes the lock that a slot has in the target.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS>
  func lock() throws(SinkError) {
    connection.activity = "taking the slot's lock"
    let name = "pgcdc \(options.stateSchema) \(slot)"
    let end = ContinuousClock.now + settings.timeout
    var hasEnded = false
    while true {
      let rows = try connection.query(
        """
        SELECT pg_catalog.pg_try_advisory_lock(
          pg_catalog.hashtextextended($1::pg_catalog.text, 0))
        """, [name])
      if rows.only == "t" { return }
      if options.endsFormerSession, !hasEnded {
        hasEnded = true
        try endHolder(of: name)
      } else if ContinuousClock.now >= end {
        let holder = try holder(of: name)
        throw error(
          .needsOperator,
          "the lock of slot \"\(slot)\" is held by \(holder?.words ?? "a session that is unknown");"
            + " stop that program, or end the session (pg_terminate_backend, endsFormerSession)")
      }
      csinkpq_pause(200)
    }
  }

  private func endHolder(of name: String) throws(SinkError) {
    guard let holder = try holder(of: name) else { return }
    let failure = try connection.attempt(
      "SELECT pg_catalog.pg_terminate_backend($1::pg_catalog.int4)", [holder.process])
    options.logger.warning(
      "the session that held the slot's lock was ended",
      metadata: [
        "target": "\(connection.engine)", "slot": "\(slot)", "session": "\(holder.words)",
        "refused": "\(failure?.reason ?? "no")",
      ])
  }

  private struct Holder {
    let process: String
    let application: String

    var words: String { "PID \(process) (application \"\(application)\")" }
  }

  private func holder(of name: String) throws(SinkError) -> Holder? {
    let rows = try connection.query(
      """
      WITH key (number) AS (
        SELECT pg_catalog.hashtextextended($1::pg_catalog.text, 0))
      SELECT l.pid, a.application_name
      FROM key CROSS JOIN pg_catalog.pg_locks AS l
      LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
        AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d
          WHERE d.datname = pg_catalog.current_database())
        AND l.classid::pg_catalog.int8 = ((key.number >> 32) & 4294967295)
        AND l.objid::pg_catalog.int8 = (key.number & 4294967295)
      """, [name])
    guard let row = rows.first, row.count == 2, let process = row[0] else { return nil }
    return Holder(process: process, application: row[1] ?? "")
  }

  // MARK: Origin

  /// `object_in_use`: another session has the origin.
  private static let objectInUse = "55006"

  /// Gives the session's transactions an origin.
  func setUpOrigin() throws(SinkError) {
    guard options.origin != .never else { return }
    connection.activity = "setting up the replication origin"
    let name = "pgcdc_\(slot)"
    var failure = try connection.attempt(
      """
      SELECT pg_catalog.pg_replication_origin_create($1::pg_catalog.text)
      WHERE pg_catalog.pg_replication_origin_oid($1::pg_catalog.text) IS NULL
      """, [name])
    let end = ContinuousClock.now + settings.timeout
    while failure == nil {
      failure = try connection.attempt(
        "SELECT pg_catalog.pg_replication_origin_session_setup($1::pg_catalog.text)", [name])
      // A session that is just ending gives up its lock a moment before the origin.
      guard let refusal = failure, connection.lastCode == Self.objectInUse else { break }
      guard ContinuousClock.now < end else { throw refusal }
      failure = nil
      csinkpq_pause(100)
    }
    guard let failure else {
      hasOrigin = true
      return
    }
    if options.origin == .always { throw failure }
    options.logger.notice(
      "the target's transactions have no replication origin, since it could not be set up",
      metadata: ["target": "\(connection.engine)", "reason": "\(failure.reason)"])
  }
}
