internal import PGWire

extension SubscriptionSnapshot {
  /// Refuses what can't go together with the rest of a subscription.
  func check(
    _ params: ReplicationParams, _ options: SubscriptionOptions, hasStore: Bool
  ) throws(ReplicationError) {
    switch self {
    case .none: break
    case .incremental:
      if params.usesTwoPhase { throw .snapshotRefused(.twoPhase) }
    case .initial(let reading, _):
      guard hasStore else {
        throw .invalidParameter(
          "an initial snapshot needs a checkpoint store, which says at the next start that it was "
            + "read")
      }
      if params.usesTemporarySlot {
        throw .invalidParameter(
          "a temporary slot ends with its session, and a snapshot of it can't be resumed from")
      }
      if options.leavesSlot {
        throw .invalidParameter("an initial snapshot creates the slot: leavesSlot must be false")
      }
      guard reading.workers > 0, reading.batchBytes > 0 else {
        throw .invalidParameter("workers and batchBytes must be greater than zero")
      }
    }
  }
}
