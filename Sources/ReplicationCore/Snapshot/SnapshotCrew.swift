internal import CDCTime

/// The workers of one reading, and the one who takes what they bring.
struct SnapshotCrew: Sendable {
  let work: SnapshotWork
  let workers: [SnapshotWorker]

  /// Hands everything over, one event after the other.
  ///
  /// Each worker fetches one batch ahead while `body` is at work, and no more.
  func run(
    onProgress: ((SnapshotProgress) -> Void)?, _ body: (SnapshotEvent) async throws -> Void
  ) async throws {
    let estimates = work.tables.compactMap(\.estimatedRows)
    var progress = SnapshotProgress(
      estimatedRows: estimates.count == work.tables.count ? estimates.sumSaturating() : nil,
      tables: work.tables.count)
    var open = work.rangeCounts
    var rows = Array(repeating: Int64(0), count: work.tables.count)
    for (index, table) in work.tables.enumerated() where open[index] == 0 {
      progress.tablesDone += 1
      try await body(.end(of: table, rowCount: 0))
      onProgress?(progress)
    }
    try await withThrowingTaskGroup(of: (Int, SnapshotWorker.Output).self) { group in
      for index in workers.indices { group.addTask { (index, try await workers[index].next()) } }
      while let (index, output) = try await group.next() {
        if case .idle = output { continue }
        group.addTask { (index, try await workers[index].next()) }
        switch output {
        case .rows(let batch, let table):
          rows[table] += Int64(batch.rowCount)
          progress.rows += Int64(batch.rowCount)
          progress.bytes += Int64(batch.byteCount)
          try await body(.rows(batch))
          onProgress?(progress)
        case .endOfRange(let table):
          open[table] -= 1
          guard open[table] == 0 else { continue }
          progress.tablesDone += 1
          try await body(.end(of: work.tables[table], rowCount: rows[table]))
          onProgress?(progress)
        case .idle: break
        }
      }
    }
  }

  /// Ends all connections, and what is under way on the server.
  func close() async {
    await withTaskGroup(of: Void.self) { group in
      for worker in workers { group.addTask { await worker.close() } }
    }
  }
}
