#if DistributedTracing
  public import Tracing

  extension ReplicationTransaction {
    /// Runs a closure in a span for this transaction, as ``Subscription/run(_:)`` runs its handler.
    ///
    ///     for try await transaction in subscription.transactions {
    ///       try await transaction.withSpan { span in
    ///         for try await change in transaction.changes { … }
    ///       }
    ///       transaction.acknowledge()
    ///     }
    ///
    /// The span begins a trace of its own. It has a link to the span that is current here, or else
    /// to the one that was current when the subscription was created. An error that `body` throws
    /// marks the span as failed; the text of an error that is not a ``ReplicationError`` is not
    /// recorded, since it might hold values of rows.
    ///
    /// With the package's trait `DistributedTracing`.
    ///
    /// - Parameter body: Runs once; in it the span is the current one.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withSpan<R>(_ body: (any Tracing.Span) async throws -> R) async rethrows -> R {
      try await source.context.tracer.withSpan(of: self, body)
    }
  }
#endif
