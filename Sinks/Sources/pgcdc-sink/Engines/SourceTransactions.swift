internal import PGWire

/// Transactions of the source's database that have written, and have not ended.
struct SourceTransactions {
  /// The source.
  let connection: ConnectionOptions

  /// With an empty path a name without a schema is one of `pg_catalog`, operators included.
  private static let settings = [
    "search_path": "", "standard_conforming_strings": "on", "statement_timeout": "0",
  ]

  /// By transaction: the PID or `prepared`, the application or the prepared name, and the role.
  ///
  /// Every role may see these columns of other roles' sessions, but not their kind: workers of
  /// autovacuum have no role.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/view-pg-prepared-xacts.html>,
  /// <https://www.postgresql.org/docs/current/monitoring-stats.html>
  private static let query = """
    SELECT p.transaction::pg_catalog.text, 'prepared'::pg_catalog.text, p.gid,
      p.owner::pg_catalog.text
    FROM pg_catalog.pg_prepared_xacts AS p
    WHERE p.database = pg_catalog.current_database()
    UNION ALL
    SELECT a.backend_xid::pg_catalog.text, a.pid::pg_catalog.text, a.application_name,
      a.usename::pg_catalog.text
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.datname = pg_catalog.current_database() AND a.backend_xid IS NOT NULL
      AND a.pid <> pg_catalog.pg_backend_pid() AND a.usesysid IS NOT NULL
      AND a.backend_type IS DISTINCT FROM 'walsender'
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_stat_replication AS w WHERE w.pid = a.pid)
    """

  /// Waits until those have ended that are open now.
  ///
  /// - Throws: ``PlanError`` that names those that have not, or if the server is in recovery;
  ///   `PGWireError` if it can't be asked.
  func end(within limit: Duration) async throws {
    let source = try await WireConnection.connect(connection, settings: Self.settings)
    defer { source.close() }
    let answer = try await source.query("SELECT pg_catalog.pg_is_in_recovery()")
    let isInRecovery: String? = answer.first?.rows.first?.first ?? nil
    guard isInRecovery == "f" else {
      throw PlanError("the source is in recovery; name the primary in --url")
    }
    let end = ContinuousClock.now + limit
    var open = try await Self.open(source)
    while !open.isEmpty {
      guard ContinuousClock.now < end else {
        throw PlanError(
          "transactions are open in the source: \(open.values.sorted().joined(separator: ", ")); "
            + "end them, and start this again")
      }
      try await Task.sleep(for: .milliseconds(200))
      let left = try await Self.open(source)
      open = open.filter { left[$0.key] != nil }
    }
  }

  private static func open(_ source: WireConnection) async throws -> [String: String] {
    var open: [String: String] = [:]
    for row in try await source.query(query).first?.rows ?? [] where row.count == 4 {
      guard let id = row[0], let place = row[1] else { continue }
      let (name, role) = (row[2] ?? "", row[3] ?? "unknown")
      open[id] =
        place == "prepared"
        ? "prepared transaction \"\(name)\" (role \"\(role)\")"
        : "PID \(place) (application \"\(name)\", role \"\(role)\")"
    }
    return open
  }
}
