internal import PGWire

// The rules that accept or end a session, and the rows that its role does not see.

extension ControlQuery<HBARule?> {
  /// The line of pg_hba.conf that accepts this session, as far as that can be determined here.
  static var hbaRule: Self {
    Self(
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
      """
    ) { rows in
      rows.first.map {
        HBARule(
          line: $0["line_number"] ?? "?", text: $0["text"] ?? "", method: $0["auth_method"] ?? "")
      }
    }
  }
}

extension ControlQuery<String> {
  /// The database's encoding, by its name.
  static var encoding: Self {
    Self("SELECT pg_catalog.getdatabaseencoding() AS encoding") { $0.first?["encoding"] ?? "" }
  }
}

extension ControlQuery<[StoredSetting]> {
  /// Where `transaction_timeout` is set for this role and database, or for the server.
  ///
  /// This session may have switched it off for itself, so its own value proves nothing.
  static var transactionTimeouts: Self {
    Self(
      """
      SELECT pg_catalog.split_part(c.setting, '=', 2) AS value, r.rolname AS role,
        d.datname AS database
      FROM pg_catalog.pg_db_role_setting AS s
      CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c(setting)
      LEFT JOIN pg_catalog.pg_roles AS r ON r.oid OPERATOR(pg_catalog.=) s.setrole
      LEFT JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.setdatabase
      WHERE pg_catalog.starts_with(c.setting, 'transaction_timeout=')
        AND (s.setrole OPERATOR(pg_catalog.=) '0'::pg_catalog.oid
          OR r.rolname OPERATOR(pg_catalog.=) SESSION_USER)
        AND (s.setdatabase OPERATOR(pg_catalog.=) '0'::pg_catalog.oid
          OR d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
      UNION ALL
      SELECT t.setting, NULL, NULL FROM pg_catalog.pg_settings AS t
      WHERE t.name OPERATOR(pg_catalog.=) 'transaction_timeout'
        AND t.source OPERATOR(pg_catalog.=) 'configuration file'
      """
    ) { rows in
      rows.compactMap { row in
        guard let value = row["value"],
          ServerSetting.duration(value, unit: .milliseconds(1)) != nil
        else { return nil }
        return StoredSetting(
          value: Int(value) == nil ? value : "\(value)ms", role: row["role"],
          database: row["database"])
      }
    }
  }
}

extension ControlQuery<[PublicationTable]> {
  /// The tables of a publication whose policies apply to this role.
  static func rowSecurity(in publication: String) -> Self {
    Self(
      """
      SELECT t.schemaname, t.tablename
      FROM pg_catalog.pg_publication_tables AS t
      JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) t.schemaname
      JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) t.tablename
      WHERE t.pubname OPERATOR(pg_catalog.=) \(value: publication) AND c.relrowsecurity
        AND pg_catalog.row_security_active(c.oid)
      ORDER BY 1, 2
      """
    ) { rows in
      rows.map { PublicationTable($0["tablename"] ?? "", schema: $0["schemaname"] ?? "") }
    }
  }
}
