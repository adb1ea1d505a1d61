internal import PgcdcArguments
internal import ReplicationCore

/// Which rows are read that the tables hold already.
struct SnapshotPlan: Sendable {
  /// `nil` for none.
  var kind: SnapshotKind?
  /// Connections that read at the same time.
  var workers: Int?
  /// Only with incremental snapshots.
  var tables: [String]?
  /// Only with incremental snapshots.
  var chunkBytes: Int?

  /// What a subscription gets.
  ///
  /// - Throws: ``PlanError`` for values that can't be, or don't go together.
  func snapshot() throws(PlanError) -> SubscriptionSnapshot {
    if let workers, !SnapshotLimits.workers.contains(workers) {
      throw PlanError("a snapshot has from 1 to 64 workers")
    }
    if let chunkBytes, !SnapshotLimits.chunkBytes.contains(chunkBytes) {
      throw PlanError("the pieces of a snapshot have from 64KiB to 1GiB")
    }
    if kind != .incremental, tables != nil || chunkBytes != nil {
      throw PlanError("tables and pieces can be chosen for incremental snapshots alone")
    }
    switch kind {
    case nil:
      if workers != nil { throw PlanError("there are workers for a snapshot, and no snapshot") }
      return .none
    case .initial:
      var options = SnapshotOptions()
      if let workers { options.workers = workers }
      return .initial(options)
    case .incremental:
      var options = IncrementalSnapshotOptions()
      if let workers { options.workers = workers }
      if let chunkBytes { options.chunkBytes = chunkBytes }
      options.tables = tables
      return .incremental(options)
    }
  }
}
