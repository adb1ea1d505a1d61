internal import PGOutput
internal import PGWire

extension ExportedSnapshot {
  /// Reads tables over several connections, each in a transaction that sees the snapshot.
  ///
  /// It returns when every table was handed over whole. Tables are begun in their order, and parted
  /// into ranges of blocks (server 14) that several connections read at the same time, so that
  /// batches come in any order; a table's end is an event. While `body` is at work the connections
  /// read on until each has one batch more, then wait.
  ///
  /// The tables are locked against DDL (ACCESS SHARE) before any row is read, until all were. DDL
  /// that waits for such a lock does not hold up the reading: what it keeps the other connections
  /// from reading is read by the one that has the locks. Each table and index takes a lock; a
  /// server that has too little room (`max_locks_per_transaction`) is refused before any is taken.
  ///
  /// When the task is cancelled, `body` throws or a connection fails, all of them are ended, and
  /// what they are doing on the server is cancelled. The error is thrown once.
  ///
  /// - Parameters:
  ///   - tables: Those of ``tables()``, or some of them.
  ///   - options: How many connections, and how large a batch.
  ///   - onProgress: Called after each event.
  ///   - body: Takes the events, one at a time.
  /// - Throws: ``ReplicationError``, or what `body` throws.
  ///   ``ReplicationError/snapshotRefused(_:)`` says what stands against a table: rights, row
  ///   security, or a change since the snapshot was made. Nothing was read then if it is about
  ///   rights.
  ///
  /// Statements: SET TRANSACTION SNAPSHOT, SAVEPOINT, COPY (SELECT …) TO STDOUT.
  public func read(
    _ tables: [SnapshotTable], options: SnapshotOptions = SnapshotOptions(),
    onProgress: ((SnapshotProgress) -> Void)? = nil,
    _ body: (SnapshotEvent) async throws -> Void
  ) async throws {
    try await read(tables, options: options, oneByOne: false, onProgress: onProgress, body)
  }

  /// - Parameter oneByOne: Whether a table is begun only when the one before has ended.
  func read(
    _ tables: [SnapshotTable], options: SnapshotOptions, oneByOne: Bool,
    onProgress: ((SnapshotProgress) -> Void)? = nil,
    _ body: (SnapshotEvent) async throws -> Void
  ) async throws {
    guard options.workers > 0, options.batchBytes > 0 else {
      throw ReplicationError.invalidParameter("workers and batchBytes must be greater than zero")
    }
    let unreadable = tables.filter { $0.missingGrant != nil }
    guard unreadable.isEmpty else {
      throw ReplicationError.snapshotRefused(
        .notReadable(
          unreadable.map(\.qualifiedName), grants: unreadable.compactMap(\.missingGrant)))
    }
    let leader = try await openSession()
    let crew: SnapshotCrew
    do {
      // A subscription has a span for each chunk that it delivers.
      crew = try await prepare(tables, options, leader, oneByOne ? nil : tracer)
    } catch {
      leader.connection.close()
      throw error
    }
    do {
      try await crew.run(oneByOne: oneByOne, onProgress: onProgress, body)
    } catch {
      await crew.close()
      throw error
    }
    await crew.close()
  }

  /// Locks the tables, for as long as the leader's transaction lasts, and parts them.
  private func prepare(
    _ tables: [SnapshotTable], _ options: SnapshotOptions, _ leader: SnapshotSession,
    _ tracer: StreamTracer?
  ) async throws(ReplicationError) -> SnapshotCrew {
    try await leader.lockAll(tables)
    try await leader.checkFiles(tables)
    let plan = SnapshotPlan(
      options: options, serverVersion: leader.serverVersion,
      blocks: try await leader.blocks(tables))
    let ranges = try plan.ranges(tables)
    let work = SnapshotWork(tables, ranges, at: consistentPoint, options, tracer: tracer)
    try await leader.beginLocks()
    let workers = (0..<max(1, min(options.workers, ranges.count))).map { index in
      SnapshotWorker(work, session: index == 0 ? leader : nil, open: openSession)
    }
    return SnapshotCrew(work: work, workers: workers)
  }
}

extension SnapshotSession {
  /// Makes sure that the tables have not been rewritten since the snapshot was made, which it would
  /// not see.
  fileprivate func checkFiles(_ tables: [SnapshotTable]) async throws(ReplicationError) {
    let rewritten = try await rows(Self.rewrittenQuery(try Self.oids(tables)))
    guard rewritten.isEmpty else {
      throw .snapshotRefused(
        .rewritten(
          rewritten.map {
            "\(Identifier.quote($0["nspname"] ?? "")).\(Identifier.quote($0["relname"] ?? ""))"
          }))
    }
  }

  /// How many blocks each table has by now.
  func blocks(
    _ tables: [SnapshotTable]
  ) async throws(ReplicationError) -> [UInt32: Int] {
    let sizes = try await rows(Self.blockQuery(try Self.oids(tables)))
    var blocks: [UInt32: Int] = [:]
    for row in sizes {
      guard let oid = row["oid"].flatMap({ UInt32($0) }) else { continue }
      blocks[oid] = row["blocks"].flatMap { Int($0) }
    }
    return blocks
  }

  static func rewrittenQuery(_ tables: Literal) -> SQL {
    """
    SELECT n.nspname, c.relname FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE c.oid OPERATOR(pg_catalog.=) ANY (\(tables)::pg_catalog.oid[])
      AND c.relfilenode OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
      AND (c.relfilenode OPERATOR(pg_catalog.=) pg_catalog.pg_relation_filenode(c.oid))
        IS NOT TRUE
    ORDER BY 1, 2
    """
  }

  static func blockQuery(_ tables: Literal) -> SQL {
    """
    SELECT t.oid, pg_catalog.pg_relation_size(t.oid) OPERATOR(pg_catalog./)
      pg_catalog.current_setting('block_size')::pg_catalog.int4 AS blocks
    FROM pg_catalog.unnest(\(tables)::pg_catalog.oid[]) AS t (oid)
    """
  }

  private static func oids(_ tables: [SnapshotTable]) throws(ReplicationError) -> Literal {
    let oids = tables.flatMap(\.storage).map { String($0.oid) }
    return try Literal("{\(oids.joined(separator: ","))}")
  }
}
