/// Which tables a subscription reads before or beside its stream.
@nonexhaustive public enum SubscriptionSnapshot: Sendable {
  /// None by itself; ``Subscription/snapshot(of:)`` can be called at any time.
  case none
  /// Every published table before the stream begins, as of the moment at which the slot is created.
  ///
  /// Each table is one chunk. What was read of an unfinished snapshot counts for nothing: when it
  /// breaks off, or the process ends, its slot is dropped, and the chunks come again. It needs a
  /// checkpoint store, and a slot that does not exist yet; once the snapshot is finished, or if the
  /// store has a checkpoint already, no table is read. All chunks must be acknowledged before the
  /// first transaction is delivered: the subscription waits for that.
  case initial(SnapshotOptions = SnapshotOptions(), slot: SlotOptions = SlotOptions())
  /// Every published table that the checkpoint does not have whole, tables that join the
  /// publications later included, while the stream runs.
  case incremental(IncrementalSnapshotOptions)

  var isAsked: Bool {
    if case .none = self { false } else { true }
  }

  /// How tables are read beside the stream.
  var incremental: IncrementalSnapshotOptions? {
    if case .incremental(let options) = self { options } else { nil }
  }

  /// How tables are read before the stream begins.
  var initial: (reading: SnapshotOptions, slot: SlotOptions)? {
    if case .initial(let reading, let slot) = self { (reading, slot) } else { nil }
  }
}
