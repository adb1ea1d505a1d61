internal import CDCTime

/// The workers of one reading, and the one who takes what they bring.
struct SnapshotCrew: Sendable {
  let work: SnapshotWork
  /// The first has locked everything.
  let workers: [SnapshotWorker]

  /// Hands everything over, one event after the other.
  ///
  /// Each worker fetches one batch ahead while `body` is at work, and no more.
  ///
  /// - Parameter oneByOne: Whether a table is begun only when the one before has ended.
  func run(
    oneByOne: Bool, onProgress: ((SnapshotProgress) -> Void)?,
    _ body: (SnapshotEvent) async throws -> Void
  ) async throws {
    var tally = SnapshotTally(work)
    let all = work.tables.indices
    for tables in oneByOne ? all.map({ $0..<$0 + 1 }) : [all] {
      work.limit(toTable: tables.upperBound - 1)
      for index in tables where work.rangeCounts[index] == 0 {
        tally.progress.tablesDone += 1
        try await body(.end(of: work.tables[index], rowCount: 0))
        onProgress?(tally.progress)
      }
      try await run(workers, &tally, onProgress, body)
      guard work.hasRanges else { continue }
      // What nobody could lock at once, as an index made since the leader has locked all.
      await close(workers.dropFirst())
      await workers[0].finishAlone()
      try await run(Array(workers.prefix(1)), &tally, onProgress, body)
      await workers[0].joinOthers()
    }
  }

  private func run(
    _ workers: [SnapshotWorker], _ tally: inout SnapshotTally,
    _ onProgress: ((SnapshotProgress) -> Void)?, _ body: (SnapshotEvent) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, SnapshotWorker.Output).self) { group in
      for index in workers.indices { group.addTask { (index, try await workers[index].next()) } }
      while let (index, output) = try await group.next() {
        if case .idle = output { continue }
        group.addTask { (index, try await workers[index].next()) }
        guard let event = tally.take(output) else { continue }
        try await body(event)
        onProgress?(tally.progress)
      }
    }
  }

  /// Ends all connections, and what is under way on the server.
  ///
  /// - Parameter keepsLeader: Whether that of the first is left to the caller.
  func close(keepsLeader: Bool = false) async {
    if keepsLeader { await workers[0].abandon() }
    await close(keepsLeader ? workers.dropFirst() : workers[...])
  }

  private func close(_ workers: ArraySlice<SnapshotWorker>) async {
    await withTaskGroup(of: Void.self) { group in
      for worker in workers { group.addTask { await worker.close() } }
    }
  }
}

/// What has come of each table so far.
private struct SnapshotTally {
  private let tables: [SnapshotTable]
  /// Ranges of each table that have not ended.
  private var open: [Int]
  private var rows: [Int64]
  var progress: SnapshotProgress

  init(_ work: SnapshotWork) {
    tables = work.tables
    open = work.rangeCounts
    rows = Array(repeating: 0, count: work.tables.count)
    let estimates = work.tables.compactMap(\.estimatedRows)
    progress = SnapshotProgress(
      estimatedRows: estimates.count == work.tables.count ? estimates.sumSaturating() : nil,
      tables: work.tables.count)
  }

  /// The event that a worker's output is; the end of a range is one if it is the table's last.
  mutating func take(_ output: SnapshotWorker.Output) -> SnapshotEvent? {
    switch output {
    case .rows(let batch, let table):
      rows[table] += Int64(batch.rowCount)
      progress.rows += Int64(batch.rowCount)
      progress.bytes += Int64(batch.byteCount)
      return .rows(batch)
    case .endOfRange(let table):
      open[table] -= 1
      guard open[table] == 0 else { return nil }
      progress.tablesDone += 1
      return .end(of: tables[table], rowCount: rows[table])
    case .idle: return nil
    }
  }
}
