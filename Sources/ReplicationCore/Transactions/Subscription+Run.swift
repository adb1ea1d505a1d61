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
      // Even in a task that is cancelled; the first error is the one to throw.
      _ = await Task { () throws(ReplicationError) in try await self.close() }.result
      throw error
    }
    try await close()
  }
}
