internal import CDCTime
internal import PGWire

// Locks of the sessions that read a snapshot.
//
// Nobody of them waits for a lock while another of them holds one. The server could not see such a
// wait: DDL that waits for a lock of the first session stands in the queue before the second one,
// and the first waits in this process for the second. So the leader locks everything before others
// begin, and they read only what they can lock at once; what they can't is read by the leader.
//
// What is locked is what a plan locks: the table and all of its indexes.

extension SnapshotSession {
  /// Begins the part of the transaction whose locks can be given back.
  func beginLocks() async throws(ReplicationError) {
    try await execute("SAVEPOINT locks")
  }

  /// Gives back the locks that were taken since ``beginLocks()``.
  func releaseLocks() async throws(ReplicationError) {
    try await execute("ROLLBACK TO SAVEPOINT locks")
  }

  /// Locks what a COPY from there locks, or waits for it.
  func lock(_ source: SnapshotTable.Source) async throws(ReplicationError) {
    try await execute(Self.locking(source))
  }

  /// What locks it: a query, since LOCK TABLE asks for rights to the whole table.
  ///
  /// A statement that is only prepared is not planned. It locks the table alone, as the COPY of
  /// such a table does.
  private static func locking(_ source: SnapshotTable.Source) -> SQL {
    source.avoidsPlanner
      ? "PREPARE pgrepl_lock AS SELECT FROM \(source.name); DEALLOCATE pgrepl_lock"
      : "SELECT FROM \(source.name) LIMIT 0"
  }

  /// Locks it if that can be done at once.
  ///
  /// - Returns: False if it can't: somebody else has a lock that conflicts, or waits for one. Then
  ///   all locks since ``beginLocks()`` have been given back.
  func lockAtOnce(_ source: SnapshotTable.Source) async throws(ReplicationError) -> Bool {
    do throws(ReplicationError) {
      // LOCK TABLE … NOWAIT asks for rights to the whole table, and knows nothing of indexes.
      try await execute(
        """
        SET LOCAL lock_timeout = 1; \(Self.locking(source)); SET LOCAL lock_timeout = 0
        """)
      return true
    } catch {
      guard error.sqlState == .lockNotAvailable else { throw error }
      try await releaseLocks()
      return false
    }
  }

  /// How often the leader begins again before it waits with locks in its hands.
  private static let patience = 8

  /// Locks everything that the tables are read from, until the transaction ends.
  ///
  /// While it waits for one it holds no other, as far as that can be: with thousands of tables one
  /// of them may always be in use.
  func lockAll(_ tables: [SnapshotTable]) async throws(ReplicationError) {
    var sources: [SnapshotTable.Source] = []
    for table in tables { sources += try table.locked() }
    try await checkRoom(for: sources)
    try await beginLocks()
    do throws(ReplicationError) {
      var awaited: SnapshotTable.Source?
      for _ in 0..<Self.patience {
        if let awaited { try await lock(awaited) }
        awaited = try await firstUnavailable(sources)
        if awaited == nil { return }
      }
      for source in sources { try await lock(source) }
    } catch {
      guard error.sqlState == .outOfMemory else { throw error }
      try await releaseLocks()
      throw .snapshotRefused(.tooManyLocks(try await needs(sources)))
    }
  }

  private func firstUnavailable(
    _ sources: [SnapshotTable.Source]
  ) async throws(ReplicationError) -> SnapshotTable.Source? {
    for source in sources {
      guard try await lockAtOnce(source) else { return source }
    }
    return nil
  }
}

// MARK: - The server's room for locks

extension SnapshotSession {
  /// The lock table is the whole server's: what takes more than all of it is refused before others
  /// are hurt.
  private func checkRoom(for sources: [SnapshotTable.Source]) async throws(ReplicationError) {
    let needs = try await needs(sources)
    guard needs.needed > needs.room else { return }
    throw .snapshotRefused(.tooManyLocks(needs))
  }

  private func needs(
    _ sources: [SnapshotTable.Source]
  ) async throws(ReplicationError) -> SnapshotLockNeeds {
    let oids = try Literal("{\(sources.map { String($0.oid) }.joined(separator: ","))}")
    let found = try await rows(Self.lockRoomQuery(oids))
    guard let row = found.first, let indexes = row["indexes"].flatMap({ Int($0) }),
      let setting = row["setting"].flatMap({ Int($0) }),
      let sessions = row["sessions"].flatMap({ Int($0) })
    else { throw .control(.unexpectedResult("a server without max_locks_per_transaction")) }
    return SnapshotLockNeeds(
      needed: sources.count.addingSaturating(indexes),
      room: setting.multipliedSaturating(by: sessions), setting: setting)
  }

  /// Indexes of partitions that are read through their root are not counted: few have them.
  static func lockRoomQuery(_ tables: Literal) -> SQL {
    """
    SELECT (SELECT pg_catalog.count(*) FROM pg_catalog.pg_index AS i
        WHERE i.indrelid OPERATOR(pg_catalog.=) ANY (\(tables)::pg_catalog.oid[])) AS indexes,
      pg_catalog.current_setting('max_locks_per_transaction') AS setting,
      (SELECT pg_catalog.sum(s.setting::pg_catalog.int8) FROM pg_catalog.pg_settings AS s
        WHERE s.name OPERATOR(pg_catalog.=) ANY ('{max_connections, max_prepared_transactions,
          max_wal_senders, max_worker_processes, autovacuum_max_workers}'::pg_catalog.text[]))
        AS sessions
    """
  }
}
