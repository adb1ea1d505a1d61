internal import ReplicationCore

/// Looks at how far incremental snapshots are, shows it, and ends the stream if that is wanted.
enum SnapshotWatch {
  /// Runs until its task is cancelled.
  ///
  /// - Parameters:
  ///   - isContinued: Whether a part of a table was read before, so that it is not known how many
  ///     rows are left.
  ///   - stopsWhenComplete: Whether to stop the subscription once every table is whole.
  ///   - isShown: Whether it is shown; not if the stream's own line says it.
  static func run(
    _ subscription: Subscription, isContinued: Bool, stopsWhenComplete: Bool, isShown: Bool
  ) async {
    var meter = SnapshotMeter()
    var wasComplete = false
    while true {
      let progress = subscription.snapshotProgress
      let isReading = progress.tablesDone < progress.tables
      var figures = SnapshotFigures(progress)
      if isContinued { figures.estimatedRows = nil }
      if isShown { if isReading { meter.show(figures) } else { meter.end(figures) } }
      // Twice: tables that were asked for are known a moment after those that are published.
      if stopsWhenComplete, progress.isComplete, wasComplete { subscription.stop() }
      wasComplete = progress.isComplete
      let interval = isReading || stopsWhenComplete ? Duration.milliseconds(100) : .seconds(1)
      do { try await Task.sleep(for: interval) } catch { break }
    }
    meter.clear()
  }
}
