internal import CDCTime
internal import ReplicationCore

/// How far a snapshot is, of either kind.
struct SnapshotFigures: Equatable {
  var rows: Int64
  var bytes: Int64
  var tables: Int
  var tablesDone: Int
  var estimatedRows: Int64?

  init(_ progress: SnapshotProgress) {
    rows = progress.rows
    bytes = progress.bytes
    (tables, tablesDone) = (progress.tables, progress.tablesDone)
    estimatedRows = progress.estimatedRows
  }

  init(_ progress: IncrementalSnapshotProgress) {
    rows = progress.rows
    bytes = progress.bytes
    (tables, tablesDone) = (progress.tables, progress.tablesDone)
    estimatedRows = progress.estimatedRows
  }

  init(rows: Int64, bytes: Int64, tables: Int, tablesDone: Int, estimatedRows: Int64?) {
    self.rows = rows
    self.bytes = bytes
    self.tables = tables
    self.tablesDone = tablesDone
    self.estimatedRows = estimatedRows
  }

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
