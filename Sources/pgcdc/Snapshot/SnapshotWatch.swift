internal import ReplicationCore

/// Looks at how far incremental snapshots are, shows it, and ends the stream if that is wanted.
enum SnapshotWatch {
  /// Runs until its task is cancelled.
  ///
  /// - Parameter stopsWhenComplete: Whether to stop the subscription once every table is whole.
  static func run(_ subscription: Subscription, stopsWhenComplete: Bool) async {
    var meter = SnapshotMeter()
    var wasComplete = false
    while true {
      let progress = subscription.snapshotProgress
      let isReading = progress.tablesDone < progress.tables
      if isReading {
        meter.show(SnapshotFigures(progress))
      } else {
        meter.end(SnapshotFigures(progress))
      }
      // Twice: tables that were asked for are known a moment after those that are published.
      if stopsWhenComplete, progress.isComplete, wasComplete { subscription.stop() }
      wasComplete = progress.isComplete
      let interval = isReading || stopsWhenComplete ? Duration.milliseconds(100) : .seconds(1)
      do { try await Task.sleep(for: interval) } catch { break }
    }
    meter.clear()
  }
}
