internal import CDCTime
internal import ReplicationCore

/// How far a snapshot is, of either kind.
struct SnapshotFigures: Equatable {
  var rows: Int64
  var bytes: Int64
  var tables: Int
  var tablesDone: Int
  var estimatedRows: Int64?

  /// How much is done, if that is known: the estimate may be too low.
  var share: Double? {
    if tablesDone == tables { return 1 }
    guard let estimatedRows, estimatedRows > 0 else { return nil }
    return min(Double(rows) / Double(estimatedRows), 0.99)
  }

  /// How long the rest takes at a rate, if that can be said.
  func timeLeft(rowsPerSecond rate: Double) -> Duration? {
    guard tablesDone < tables, let estimatedRows, estimatedRows > rows, rate > 0 else { return nil }
    let seconds = Double(estimatedRows.subtractingSaturating(rows)) / rate
    return seconds < 1e9 ? .seconds(seconds.rounded(.up)) : nil
  }
}

extension SnapshotFigures {
  init(_ progress: SnapshotProgress) {
    self.init(
      rows: progress.rows, bytes: progress.bytes, tables: progress.tables,
      tablesDone: progress.tablesDone, estimatedRows: progress.estimatedRows)
  }

  init(_ progress: IncrementalSnapshotProgress) {
    self.init(
      rows: progress.rows, bytes: progress.bytes, tables: progress.tables,
      tablesDone: progress.tablesDone, estimatedRows: progress.estimatedRows)
  }
}
