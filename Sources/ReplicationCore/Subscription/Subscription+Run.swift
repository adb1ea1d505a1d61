internal import PGWire

extension Subscription {
  /// Passes every transaction to a handler, and acknowledges it when the handler returns.
  ///
  /// If a transaction breaks off, its changes throw ``ReplicationError/interrupted(commitLSN:)``.
  /// The handler must undo its work and let that error through; it then gets the transaction again,
  /// from its beginning. When `run` ends, for any reason, all acknowledgements have been saved and
  /// reported, and the stream is closed cleanly.
  ///
  /// - Parameter handle: Makes a transaction durable. An error that it throws ends the
  ///   subscription.
  /// - Throws: What the handler throws, or ``ReplicationError``. After ``stop()`` it returns.
  public func run(_ handle: (ReplicationTransaction) async throws -> Void) async throws {
    try await closingAtTheEnd {
      for try await transaction in transactions {
        do {
          try await context.tracer.handling(transaction) { try await handle(transaction) }
        } catch ReplicationError.interrupted {
          continue
        }
        transaction.acknowledge()
      }
    }
  }

  /// Passes every item to a handler, and acknowledges transactions and chunks when the handler
  /// returns.
  ///
  ///     try await subscription.runItems { item in
  ///       switch item {
  ///       case .rangeBegins(let chunk): …   // Delete the range, then store chunk.batches.
  ///       case .transaction(let transaction): …
  ///       default: break
  ///       }
  ///     }
  ///
  /// As ``run(_:)``, with the rows of snapshots (``SubscriptionOptions/snapshot``). A handler must
  /// also let ``ReplicationError/chunkInterrupted(table:_:)`` through. The chunk is then delivered
  /// again, and begins with the same deletion.
  ///
  /// - Parameter handle: Makes an item durable. Any other error that it throws ends the
  ///   subscription.
  /// - Throws: What the handler throws, or ``ReplicationError``. After ``stop()`` it returns.
  public func runItems(_ handle: (SubscriptionItem) async throws -> Void) async throws {
    try await closingAtTheEnd {
      for try await item in items {
        do {
          try await context.tracer.handling(item) { try await handle(item) }
        } catch ReplicationError.interrupted, ReplicationError.chunkInterrupted {
          continue
        }
        switch item {
        case .transaction(let transaction): transaction.acknowledge()
        case .rangeBegins(let chunk): chunk.acknowledge()
        case .tableIsWhole: break
        }
      }
    }
  }

  /// Closes the subscription after a body, whether that has thrown or not.
  private func closingAtTheEnd(_ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch {
      // Even in a task that is cancelled; the first error is the one that is thrown.
      _ = await Task { () throws(ReplicationError) in try await self.close() }.result
      throw error
    }
    try await close()
  }
}
