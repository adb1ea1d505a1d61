internal import PGWire

extension Subscription {
  /// Gives every transaction to a handler, and acknowledges it when the handler returns.
  ///
  /// A transaction that breaks off is given to the handler again, from its beginning, once the
  /// handler has let the ``ReplicationError/interrupted(commitLSN:)`` of its changes through; it
  /// must have undone what it did. When it ends, for whatever reason, what is acknowledged has been
  /// saved and reported, and the stream is closed in good order.
  ///
  /// - Parameter handle: Makes a transaction durable. What it throws ends the subscription.
  /// - Throws: What the handler throws, or ``ReplicationError``. After ``stop()`` it returns.
  public func run(_ handle: (Transaction) async throws -> Void) async throws {
    do {
      for try await transaction in transactions {
        do {
          try await handle(transaction)
        } catch ReplicationError.interrupted {
          continue
        }
        transaction.acknowledge()
      }
    } catch {
      // Even in a task that is cancelled; the first error is the one to tell.
      _ = await Task { () throws(ReplicationError) in try await self.close() }.result
      throw error
    }
    try await close()
  }
}
