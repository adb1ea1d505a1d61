#if DistributedTracing
  import ReplicationCore
  import Tracing

  /// Where changes are mirrored to.
  protocol MirrorStore: Sendable {
    func apply(_ change: TransactionChange) async throws
  }

  func mirror(_ subscription: Subscription, into store: some MirrorStore) async throws {
    for try await transaction in subscription.transactions {
      try await transaction.withSpan { span in
        for try await change in transaction.changes { try await store.apply(change) }
        span.attributes["shop.mirror"] = "orders"
      }
      transaction.acknowledge()
    }
  }
#endif
