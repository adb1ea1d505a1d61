internal import PGWire

/// The rows of a range, handed over as they come.
extension RangeJob {
  /// Counts rows, and holds the last batch back.
  ///
  /// The consumer has the last one only after the transaction has ended.
  private struct Tally {
    var rows: UInt64 = 0
    var bytes: UInt64 = 0
    var last: SnapshotBatch?

    mutating func add(_ batch: SnapshotBatch) {
      rows += UInt64(batch.rowCount)
      bytes += UInt64(batch.byteCount)
      last = batch
    }
  }

  /// Reads the rows and hands them over, all but the last batch.
  func read(
    _ range: KeyRange, at point: ReadPoint, _ session: SnapshotSession
  ) async throws(ReplicationError) -> SnapshotBatch? {
    try await session.prepareReading(query.table, publications: context.publications)
    try await session.limitLockWaits(to: context.options.lockTimeout)
    let tally: Tally
    if query.table.shape.columns.isEmpty {
      tally = try await readBlocks(at: point, session)
    } else {
      tally = try await readKeys(range, at: point, session)
    }
    context.plans.measured(range, of: query.table, rows: tally.rows, bytes: tally.bytes)
    return tally.last
  }

  private func readKeys(
    _ range: KeyRange, at point: ReadPoint, _ session: SnapshotSession
  ) async throws(ReplicationError) -> Tally {
    var tally = Tally()
    var copy = try await TableCopy.begin(
      try query.copy(of: range), of: query.table.table, at: point.horizon, session)
    do throws(ReplicationError) {
      while true {
        if let batch = tally.last, !copy.hasEnded {
          tally.last = nil
          try await batches.put(batch)
        }
        guard let batch = try await copy.next(atLeast: context.options.batchBytes) else { break }
        tally.add(batch)
      }
    } catch {
      await copy.abandon()
      throw error
    }
    return tally
  }

  /// Reads a table without a key: ranges of its blocks over all connections that are free, which
  /// see the snapshot of this one.
  private func readBlocks(
    at point: ReadPoint, _ session: SnapshotSession
  ) async throws(ReplicationError) -> Tally {
    let helpers = context.slots.takeFree()
    defer { context.slots.giveBack(helpers) }
    let crew = try await makeCrew(of: helpers + 1, at: point, session)
    var tally = Tally()
    do {
      try await crew.run(oneByOne: false, onProgress: nil) { event in
        guard case .rows(let batch) = event else { return }
        if let last = tally.last { try await batches.put(last) }
        tally.add(batch)
      }
    } catch {
      await crew.close(keepsLeader: true)
      throw error as? ReplicationError ?? .cancelled
    }
    await crew.close(keepsLeader: true)
    return tally
  }

  private func makeCrew(
    of count: Int, at point: ReadPoint, _ session: SnapshotSession
  ) async throws(ReplicationError) -> SnapshotCrew {
    let tables = [query.table.table]
    var options = SnapshotOptions()
    options.workers = count
    options.batchBytes = context.options.batchBytes
    options.prefersBinary = context.options.prefersBinary
    options.leastBlocks = context.options.leastBlocks
    let plan = SnapshotPlan(
      options: options, serverVersion: session.serverVersion,
      blocks: try await session.blocks(tables))
    let ranges = try plan.ranges(tables)
    let snapshot = ranges.count > 1 && count > 1 ? try await session.exportSnapshot() : nil
    // Only after the export, which is not possible behind a savepoint.
    try await session.beginLocks()
    let work = SnapshotWork(tables, ranges, at: point.horizon, options)
    var sessions = [session]
    if let snapshot {
      sessions += try await openHelpers(min(count, ranges.count) - 1, snapshot)
    }
    let workers = sessions.map { session in
      SnapshotWorker(work, session: session) { () throws(ReplicationError) in session }
    }
    return SnapshotCrew(work: work, workers: workers)
  }

  /// Opens sessions that see the snapshot; fewer if the server takes no more of them.
  private func openHelpers(
    _ count: Int, _ snapshot: String
  ) async throws(ReplicationError) -> [SnapshotSession] {
    var helpers: [SnapshotSession] = []
    for _ in 0..<count {
      do throws(ReplicationError) {
        helpers.append(try await context.sessions.open(snapshot: snapshot))
      } catch {
        guard error.isCancellation else { return helpers }
        for helper in helpers { helper.connection.close() }
        throw error
      }
    }
    return helpers
  }
}

extension SnapshotSession {
  /// Lets other sessions see what the transaction sees, for as long as it lasts.
  ///
  /// - Returns: The name for `SET TRANSACTION SNAPSHOT`.
  ///
  /// Function: pg_export_snapshot.
  fileprivate func exportSnapshot() async throws(ReplicationError) -> String {
    guard let name = try await rows("SELECT pg_catalog.pg_export_snapshot() AS name").first?["name"]
    else { throw .control(.unexpectedResult("pg_export_snapshot returned no name")) }
    return name
  }
}
