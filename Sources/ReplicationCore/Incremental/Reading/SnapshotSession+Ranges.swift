internal import PGWire

// The transaction that reads one range, statement by statement.

extension SnapshotSession {
  /// Begins the transaction and locks the table; no snapshot has been taken when it returns.
  ///
  /// - Parameter timeout: How long the lock may be waited for; `nil` for not at all.
  /// - Throws: A server's error with `lock_not_available` if it is not free by then.
  func beginReading(
    _ query: RangeQuery, waiting timeout: Duration?
  ) async throws(ReplicationError) {
    let lock = try query.lock(isImmediate: timeout == nil)
    try await execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    try await execute(
      """
      SET LOCAL lock_timeout = \((timeout ?? .zero).wholeMilliseconds); \(lock); \
      SET LOCAL lock_timeout = 0
      """)
  }

  /// Takes the transaction's snapshot, and asks for the positions that go with it.
  ///
  /// - Throws: ``SnapshotRefusal/inRecovery``, wrapped.
  func takePoint() async throws(ReplicationError) -> (point: ReadPoint, flushed: LSN) {
    guard let row = try await rows(SQL.readPoint).first, let flag = row.flag("standby") else {
      throw .control(.unexpectedResult("no snapshot"))
    }
    guard !flag else { throw .snapshotRefused(.inRecovery) }
    guard let text = row["snapshot"], let snapshot = try? TransactionSnapshot(text),
      let insert = row.lsn("insert_lsn"), let flushed = row.lsn("flush_lsn"),
      let page = row["page"].flatMap({ UInt64($0) }), page > 0
    else { throw .control(.unexpectedResult("a snapshot that is none")) }
    return (
      ReadPoint(snapshot: snapshot, horizon: insert.withoutPageHeader(pageSize: page)), flushed
    )
  }

  /// Makes sure that the settings are right, and that the table is the one that was looked up.
  ///
  /// - Throws: ``SnapshotRefusal/alteredWhileRead(_:)``, wrapped.
  func prepareReading(
    _ table: IncrementalTable, publications: [String]
  ) async throws(ReplicationError) {
    try await prepareTransaction()
    let rows = try await rows(
      try SQL.fingerprints(
        of: .table(table.oid), publications: publications, serverVersion: serverVersion))
    guard rows.first?["fingerprint"] == table.fingerprint else {
      throw .snapshotRefused(.alteredWhileRead(table.table.qualifiedName))
    }
  }

  /// Lets nothing that follows in the transaction wait for a lock for long: those of indexes, of
  /// which the server knows only when it plans a query.
  func limitLockWaits(to timeout: Duration) async throws(ReplicationError) {
    try await execute("SET LOCAL lock_timeout = \(timeout.wholeMilliseconds)")
  }
}

extension Duration {
  /// In milliseconds, rounded up, as a setting of the server can have it.
  fileprivate var wholeMilliseconds: UInt32 {
    let milliseconds = (self / .milliseconds(1)).rounded(.up)
    return UInt32(max(0, min(milliseconds, Double(Int32.max))))
  }
}

extension SQL {
  /// The snapshot of the transaction, and the positions behind all that it sees.
  static let readPoint: SQL = """
    SELECT pg_catalog.pg_is_in_recovery() AS standby,
      pg_catalog.pg_current_snapshot()::pg_catalog.text AS snapshot,
      CASE WHEN NOT pg_catalog.pg_is_in_recovery()
        THEN pg_catalog.pg_current_wal_insert_lsn() END AS insert_lsn,
      CASE WHEN NOT pg_catalog.pg_is_in_recovery()
        THEN pg_catalog.pg_current_wal_flush_lsn() END AS flush_lsn,
      pg_catalog.current_setting('wal_block_size') AS page
    """
}
