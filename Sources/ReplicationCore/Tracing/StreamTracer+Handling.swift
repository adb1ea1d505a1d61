internal import PGOutput
internal import PGWire

#if DistributedTracing
  internal import Tracing

  /// The spans of what a consumer handles.
  extension StreamTracer {
    /// Runs a closure in a span for a transaction.
    func withSpan<R>(
      of transaction: ReplicationTransaction, _ body: (any Tracing.Span) async throws -> R
    ) async rethrows -> R {
      let span = start("process \(slot)", .consumer) { attributes in
        attributes.setMessage("\(transaction.commitLSN)", of: self)
        attributes.set("pgrepl.commit_lsn", value: .string("\(transaction.commitLSN)"))
        if transaction.xid != 0 {
          attributes.set("pgrepl.xid", value: .int64(Int64(transaction.xid)))
        }
        attributes.set("pgrepl.is_redelivered", value: .bool(transaction.isRedelivered))
      }
      return try await run(span, body)
    }

    /// Runs a closure in a span for a chunk.
    func withSpan<R>(
      of chunk: SnapshotChunk, _ body: (any Tracing.Span) async throws -> R
    ) async rethrows -> R {
      let name = chunk.table.relation.qualifiedName
      let span = start("snapshot \(name)", .consumer) { attributes in
        attributes.setMessage("\(chunk.position)", of: self)
        attributes.set("db.collection.name", value: .string(name))
      }
      return try await run(span) { span in
        defer { chunk.tally.report(to: span) }
        return try await body(span)
      }
    }

    /// Runs a handler of transactions.
    func handling(
      _ transaction: ReplicationTransaction, _ body: () async throws -> Void
    ) async throws {
      try await withSpan(of: transaction) { _ in try await body() }
    }

    /// Runs a handler of items.
    func handling(_ item: SubscriptionItem, _ body: () async throws -> Void) async throws {
      switch item {
      case .transaction(let transaction): try await handling(transaction, body)
      case .rangeBegins(let chunk): try await withSpan(of: chunk) { _ in try await body() }
      case .tableIsWhole: try await body()
      }
    }
  }
#else
  extension StreamTracer {
    @inline(__always)
    func handling(_ transaction: ReplicationTransaction, _ body: () async throws -> Void)
      async throws
    {
      try await body()
    }

    @inline(__always)
    func handling(_ item: SubscriptionItem, _ body: () async throws -> Void) async throws {
      try await body()
    }
  }
#endif
