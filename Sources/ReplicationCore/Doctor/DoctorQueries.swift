internal import CDCTime
internal import PGWire

extension ControlConnection {
  /// Looks at everything; what this role may not see is noted and left out.
  func doctorFacts(
    publications: [String], since earlier: WALSample?
  ) throws(ControlError) -> DoctorFacts {
    var facts = DoctorFacts()
    facts.server = serverVersion
    try readIdentity(&facts)
    facts.settings = try doctorSettings()
    facts.slots = try slotHealth(since: earlier)
    facts.catalogAges = try catalogAges()
    try readDatabase(&facts)
    facts.walSendersUsed =
      try query("SELECT pg_catalog.count(*) AS n FROM pg_catalog.pg_stat_replication")
      .records.first?.int("n") ?? 0
    facts.openTransactions = try openTransactions()
    for name in publications {
      guard let found = try publication(name) else { continue }
      facts.publications[name] = found
      facts.tables += try publishedTables(of: name)
      facts.rowSecurity += try tablesWithRowSecurity(in: name)
    }
    do throws(ControlError) {
      facts.connection.hbaRule = try hbaRule()
    } catch {
      guard let server = error.serverError else { throw error }
      facts.refused.append((what: "pg_hba.conf (pg_hba_file_rules)", why: server.message))
    }
    return facts
  }

  private func readIdentity(_ facts: inout DoctorFacts) throws(ControlError) {
    let result = try query(
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
      """)
    guard let row = result.records.first else {
      throw .unexpectedResult("this role is not in pg_roles")
    }
    facts.versionText = row.text("version") ?? ""
    facts.isStandby = row.flag("standby") ?? false
    facts.database = row.text("database") ?? ""
    facts.user = row.text("rolname") ?? ""
    facts.isSuperuser = row.flag("rolsuper") ?? false
    facts.mayReplicate = row.flag("rolreplication") ?? false
    facts.seesSessions = row.flag("sees_sessions") ?? false
    facts.now = PostgresTimestamp(unixMicroseconds: row.int("now_us") ?? 0)
    if row.flag("ssl") == true {
      facts.connection.tlsVersion = row.text("tls") ?? "TLS"
      facts.connection.tlsCipher = row.text("cipher")
    }
    facts.connection.clientAddress = row.text("address")
    facts.connection.isLoopback = row.flag("loopback") ?? false
  }

  /// Settings by name; those that this server does not have are not in it.
  private func doctorSettings() throws(ControlError) -> [String: String] {
    let result = try query(
      """
      SELECT name, setting FROM pg_catalog.pg_settings
      WHERE name OPERATOR(pg_catalog.=) ANY (ARRAY['wal_level',
        'effective_wal_level', 'max_wal_senders', 'max_replication_slots', 'wal_sender_timeout',
        'max_slot_wal_keep_size', 'idle_replication_slot_timeout', 'output_plugin_libraries',
        'hot_standby_feedback', 'sync_replication_slots', 'primary_slot_name',
        'synchronized_standby_slots'])
      """)
    var settings: [String: String] = [:]
    for row in result.records {
      if let name = row.text("name") { settings[name] = row.text("setting") ?? "" }
    }
    return settings
  }

  private func catalogAges() throws(ControlError) -> [String: Int64] {
    let result = try query(
      """
      SELECT slot_name, pg_catalog.age(catalog_xmin) AS age
      FROM pg_catalog.pg_replication_slots WHERE catalog_xmin IS NOT NULL
      """)
    var ages: [String: Int64] = [:]
    for row in result.records { ages[row.text("slot_name") ?? ""] = row.int("age") }
    return ages
  }

  /// Transactions that write and have been open for over a minute.
  private func openTransactions() throws(ControlError) -> [OpenTransaction] {
    let sessions = try query(
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
      """)
    let prepared = try query(
      """
      SELECT gid, pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()
        OPERATOR(pg_catalog.-) prepared)::pg_catalog.int8 AS age
      FROM pg_catalog.pg_prepared_xacts
      WHERE prepared OPERATOR(pg_catalog.<)
        (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) interval '1 minute')
      ORDER BY prepared LIMIT 20
      """)
    return (sessions.records + prepared.records).map { row in
      OpenTransaction(
        session: ServerSession(row.text), preparedName: row.text("gid"),
        age: .seconds(row.int("age") ?? 0))
    }
  }

  /// The line of pg_hba.conf that lets this session in, as far as that can be told from here.
  private func hbaRule() throws(ControlError) -> HBARule? {
    let result = try query(
      """
      SELECT r.line_number, r.auth_method,
        pg_catalog.concat_ws(' ', r.type, pg_catalog.array_to_string(r.database, ','),
          pg_catalog.array_to_string(r.user_name, ','), r.address, r.netmask, r.auth_method) AS text
      FROM pg_catalog.pg_hba_file_rules AS r
      LEFT JOIN pg_catalog.pg_stat_ssl AS s
        ON s.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
      CROSS JOIN LATERAL (SELECT pg_catalog.inet_client_addr() AS client) AS c
      WHERE r.error IS NULL
        AND r.type OPERATOR(pg_catalog.=) ANY (CASE WHEN client IS NULL THEN ARRAY['local']
          ELSE ARRAY['host', CASE WHEN s.ssl THEN 'hostssl' ELSE 'hostnossl' END,
            'hostnogssenc'] END)
        AND (r.database OPERATOR(pg_catalog.&&)
            ARRAY['all', pg_catalog.current_database()::pg_catalog.text]
          OR 'sameuser' OPERATOR(pg_catalog.=) ANY (r.database)
            AND pg_catalog.current_database() OPERATOR(pg_catalog.=) SESSION_USER)
        AND EXISTS (SELECT FROM pg_catalog.unnest(r.user_name) AS u
          WHERE u OPERATOR(pg_catalog.=) ANY (ARRAY['all', SESSION_USER::pg_catalog.text])
            OR u OPERATOR(pg_catalog.~~) '+%' AND EXISTS (
              SELECT FROM pg_catalog.pg_roles AS g
              WHERE g.rolname OPERATOR(pg_catalog.=) pg_catalog.substr(u, 2)
                AND pg_catalog.pg_has_role(SESSION_USER, g.oid, 'MEMBER')))
        AND (client IS NULL OR r.address OPERATOR(pg_catalog.=) ANY (ARRAY['all', 'samenet'])
          OR r.address OPERATOR(pg_catalog.=) 'samehost'
            AND client OPERATOR(pg_catalog.=) pg_catalog.inet_server_addr()
          OR CASE WHEN r.address OPERATOR(pg_catalog.~) '^[0-9a-fA-F.:]+$'
              AND r.netmask IS NOT NULL
              AND pg_catalog.family(r.address::pg_catalog.inet)
                OPERATOR(pg_catalog.=) pg_catalog.family(client)
            THEN (client OPERATOR(pg_catalog.&) r.netmask::pg_catalog.inet)
              OPERATOR(pg_catalog.=)
              (r.address::pg_catalog.inet OPERATOR(pg_catalog.&) r.netmask::pg_catalog.inet)
            ELSE false END)
      ORDER BY r.line_number LIMIT 1
      """)
    guard let row = result.records.first else { return nil }
    return HBARule(
      line: row.text("line_number") ?? "?", text: row.text("text") ?? "",
      method: row.text("auth_method") ?? "")
  }
}
