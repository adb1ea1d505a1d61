/// Which tables a subscription reads beside its stream.
@nonexhaustive public enum SubscriptionSnapshot: Sendable {
  /// None by itself; ``Subscription/snapshot(of:)`` can be called at any time.
  case none
  /// Every published table that the checkpoint does not have whole, tables that join the
  /// publications later included, while the stream runs.
  case incremental(IncrementalSnapshotOptions)

  var isAsked: Bool {
    if case .none = self { false } else { true }
  }

  /// How tables are read.
  var incremental: IncrementalSnapshotOptions? {
    if case .incremental(let options) = self { options } else { nil }
  }
}
