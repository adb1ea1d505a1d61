internal import CDCTime
internal import PGWire

extension ControlConnection {
  /// Collects all facts; what this role may not see is noted and left out.
  func doctorFacts(
    publications: [String], since earlier: WALSample?
  ) throws(ControlError) -> DoctorFacts {
    var facts = try ask(.identity)
    facts.server = serverVersion
    facts.settings = try ask(.doctorSettings)
    facts.slots = try slotHealth(since: earlier)
    if serverVersion >= 14 { facts.decoding = try ask(.decoding) }
    facts.catalogAges = try ask(.catalogAges)
    facts.encoding = try ask(.encoding)
    facts.transactionTimeouts = try ask(.transactionTimeouts)
    facts.walSendersUsed = try ask(.walSenderCount)
    facts.openTransactions = try ask(.openSessions) + ask(.openPrepared)
    for name in publications {
      guard let found = try publication(name) else { continue }
      facts.publications[name] = found
      facts.tables += try ask(.publishedTables(of: name))
      facts.rowSecurity += try ask(.rowSecurity(in: name))
    }
    facts.connection.hbaRule = try orRefused("pg_hba.conf (pg_hba_file_rules)", &facts) {
      (control) throws(ControlError) in try control.ask(.hbaRule)
    }
    facts.checkpoint = try orRefused("the last checkpoint (pg_control_checkpoint)", &facts) {
      (control) throws(ControlError) in try control.ask(.checkpoint)
    }
    return facts
  }

  /// The result of `body`; `nil` if the server refuses, which is noted.
  private func orRefused<Found>(
    _ what: String, _ facts: inout DoctorFacts,
    _ body: (borrowing ControlConnection) throws(ControlError) -> Found?
  ) throws(ControlError) -> Found? {
    do throws(ControlError) {
      return try body(self)
    } catch {
      guard let server = error.serverError else { throw error }
      facts.refused.append((what: what, why: server.message))
      return nil
    }
  }
}

extension ControlQuery<DoctorFacts> {
  /// The server, the database, the role, and how the session is connected.
  fileprivate static var identity: Self {
    Self(
      """
      SELECT pg_catalog.version() AS version, pg_catalog.pg_is_in_recovery() AS standby,
        pg_catalog.current_database() AS database, r.rolname, r.rolsuper, r.rolreplication,
        pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS sees_sessions,
        s.ssl, s.version AS tls, s.cipher,
        pg_catalog.host(pg_catalog.inet_client_addr()) AS address,
        pg_catalog.inet_client_addr() IS NULL
          OR pg_catalog.inet_client_addr() OPERATOR(pg_catalog.<<=) '127.0.0.0/8'::pg_catalog.inet
          OR pg_catalog.inet_client_addr() OPERATOR(pg_catalog.=) '::1'::pg_catalog.inet
          AS loopback,
        \(microsecondsOf: "pg_catalog.clock_timestamp()") AS now_us
      FROM pg_catalog.pg_roles AS r
      LEFT JOIN pg_catalog.pg_stat_ssl AS s
        ON s.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
      WHERE r.rolname OPERATOR(pg_catalog.=) CURRENT_USER
      """
    ) { rows throws(ControlError) in
      guard let row = rows.first else { throw .unexpectedResult("this role is not in pg_roles") }
      var facts = DoctorFacts()
      facts.versionText = row["version"] ?? ""
      facts.isStandby = row.flag("standby") ?? false
      facts.database = row["database"] ?? ""
      facts.user = row["rolname"] ?? ""
      facts.isSuperuser = row.flag("rolsuper") ?? false
      facts.mayReplicate = row.flag("rolreplication") ?? false
      facts.seesSessions = row.flag("sees_sessions") ?? false
      facts.now = row.time("now_us") ?? PostgresTimestamp(unixMicroseconds: 0)
      if row.flag("ssl") == true {
        facts.connection.tlsVersion = row["tls"] ?? "TLS"
        facts.connection.tlsCipher = row["cipher"]
      }
      facts.connection.clientAddress = row["address"]
      facts.connection.isLoopback = row.flag("loopback") ?? false
      return facts
    }
  }
}

extension ControlQuery<[String: String]> {
  /// Settings by name; settings that this server does not have are not included.
  fileprivate static var doctorSettings: Self {
    Self(
      """
      SELECT name, setting FROM pg_catalog.pg_settings
      WHERE name OPERATOR(pg_catalog.=) ANY (ARRAY['wal_level',
        'effective_wal_level', 'max_wal_senders', 'max_replication_slots', 'wal_sender_timeout',
        'max_slot_wal_keep_size', 'idle_replication_slot_timeout', 'output_plugin_libraries',
        'hot_standby_feedback', 'sync_replication_slots', 'primary_slot_name',
        'synchronized_standby_slots'])
      """
    ) { rows in
      var settings: [String: String] = [:]
      for row in rows {
        if let name = row["name"] { settings[name] = row["setting"] ?? "" }
      }
      return settings
    }
  }
}

extension ControlQuery<Int64> {
  fileprivate static var walSenderCount: Self {
    Self("SELECT pg_catalog.count(*) AS n FROM pg_catalog.pg_stat_replication") {
      $0.first?.int("n") ?? 0
    }
  }
}

extension ControlQuery<[String: Int64]> {
  /// Transactions since the oldest whose catalog rows a slot needs, by the slot's name.
  fileprivate static var catalogAges: Self {
    Self(
      """
      SELECT slot_name, pg_catalog.age(catalog_xmin) AS age
      FROM pg_catalog.pg_replication_slots WHERE catalog_xmin IS NOT NULL
      """
    ) { rows in
      var ages: [String: Int64] = [:]
      for row in rows { ages[row["slot_name"] ?? ""] = row.int("age") }
      return ages
    }
  }
}

extension ControlQuery<[String: DecodingFacts]> {
  /// What decoding has cost, by the slot's name.
  ///
  /// View: pg_stat_replication_slots, since server 14; each version has its own columns.
  fileprivate static var decoding: Self {
    Self("SELECT * FROM pg_catalog.pg_stat_replication_slots") { rows in
      var facts: [String: DecodingFacts] = [:]
      for row in rows {
        guard let name = row["slot_name"] else { continue }
        facts[name] = DecodingFacts(
          spilledTransactions: row.int("spill_txns") ?? 0,
          spilledBytes: row.int("spill_bytes") ?? 0, totalBytes: row.int("total_bytes") ?? 0,
          memoryExceeded: row.int("mem_exceeded_count"))
      }
      return facts
    }
  }
}

extension ControlQuery<CheckpointFacts?> {
  /// Where the server's last checkpoint began, and which transactions are younger.
  ///
  /// Function: pg_control_checkpoint,
  /// <https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-CONTROLDATA>
  fileprivate static var checkpoint: Self {
    Self(
      """
      SELECT redo_lsn, pg_catalog.age(
        pg_catalog.split_part(next_xid, ':', 2)::pg_catalog.xid) AS next_age
      FROM pg_catalog.pg_control_checkpoint()
      """
    ) { rows in
      guard let row = rows.first, let redo = row.lsn("redo_lsn"), let age = row.int("next_age")
      else { return nil }
      return CheckpointFacts(lsn: redo, nextTransactionAge: age)
    }
  }
}

extension ControlQuery<[OpenTransaction]> {
  /// Sessions whose transaction writes and has been open for over a minute.
  fileprivate static var openSessions: Self {
    Self(
      """
      SELECT a.pid, a.application_name, a.usename, a.datname,
        pg_catalog.host(a.client_addr) AS client_addr, a.client_port, a.backend_type, a.state,
        \(microsecondsOf: "a.backend_start") AS backend_start_us,
        \(microsecondsOf: "a.xact_start") AS xact_start_us,
        pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-)
          a.xact_start)::pg_catalog.int8 AS age
      FROM pg_catalog.pg_stat_activity AS a
      WHERE a.backend_xid IS NOT NULL
        AND a.xact_start OPERATOR(pg_catalog.<)
          (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) interval '1 minute')
      ORDER BY a.xact_start LIMIT 20
      """, read: OpenTransaction.list)
  }

  /// Prepared transactions of over a minute.
  fileprivate static var openPrepared: Self {
    Self(
      """
      SELECT gid, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()
        OPERATOR(pg_catalog.-) prepared)::pg_catalog.int8 AS age
      FROM pg_catalog.pg_prepared_xacts
      WHERE prepared OPERATOR(pg_catalog.<)
        (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) interval '1 minute')
      ORDER BY prepared LIMIT 20
      """, read: OpenTransaction.list)
  }
}

extension OpenTransaction {
  fileprivate static func list(_ rows: [ResultRow]) -> [OpenTransaction] {
    rows.map { row in
      OpenTransaction(
        session: ServerSession(row), preparedName: row["gid"],
        age: .seconds(row.int("age") ?? 0))
    }
  }
}
