internal import CDCTime
internal import PGWire

/// What is set for the database and the role, and what the role may not see of its tables.
extension ControlConnection {
  func readDatabase(_ facts: inout DoctorFacts) throws(ControlError) {
    facts.encoding =
      try query("SELECT pg_catalog.getdatabaseencoding() AS encoding").value("encoding") ?? ""
    facts.transactionTimeouts = try transactionTimeouts()
  }

  /// Where `transaction_timeout` is set for this role and database, or for the server.
  ///
  /// This session may have it switched off for itself, so that its own value says nothing.
  private func transactionTimeouts() throws(ControlError) -> [StoredSetting] {
    let result = try query(
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
      """)
    return result.records.compactMap { row in
      guard let value = row.text("value"),
        ServerSetting.duration(value, unit: .milliseconds(1)) != nil
      else { return nil }
      return StoredSetting(
        value: Int(value) == nil ? value : "\(value)ms", role: row.text("role"),
        database: row.text("database"))
    }
  }

  /// The tables of a publication whose policies hold for this role.
  func tablesWithRowSecurity(
    in publication: String
  ) throws(ControlError) -> [(schema: String, name: String)] {
    let result = try query(
      """
      SELECT t.schemaname, t.tablename
      FROM pg_catalog.pg_publication_tables AS t
      JOIN pg_catalog.pg_namespace AS n ON n.nspname OPERATOR(pg_catalog.=) t.schemaname
      JOIN pg_catalog.pg_class AS c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) t.tablename
      WHERE t.pubname OPERATOR(pg_catalog.=) $1 AND c.relrowsecurity
        AND pg_catalog.row_security_active(c.oid)
      ORDER BY 1, 2
      """, [publication])
    return result.records.map {
      (schema: $0.text("schemaname") ?? "", name: $0.text("tablename") ?? "")
    }
  }
}
