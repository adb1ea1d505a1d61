#if DistributedTracing
  public import Tracing

  extension SnapshotChunk {
    /// Runs a closure in a span for this chunk, as ``Subscription/runItems(_:)`` runs its handler.
    ///
    /// As ``ReplicationTransaction/withSpan(_:)`` does for a transaction. When `body` has ended the span has
    /// the number of rows that were taken of the chunk, and of their bytes on the wire.
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
