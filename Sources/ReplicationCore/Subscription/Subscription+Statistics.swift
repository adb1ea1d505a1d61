public import PGWire

extension Subscription {
  /// Statistics of a subscription, for monitoring.
  public struct Statistics: Sendable {
    /// Statistics of the stream that is open now; `nil` while none is.
    public let stream: StreamStatistics?
    /// How often a stream was reopened.
    public let reconnects: Int
    /// Transactions that were delivered and are not acknowledged.
    public let unacknowledged: Int
    /// How long ago the oldest of them was delivered.
    public let oldestUnacknowledged: Duration?
    /// Transactions that were dropped without being acknowledged; each holds the slot back.
    public let abandoned: Int
    /// Everything below this position is acknowledged.
    public let acknowledged: LSN
    /// Everything below this position is acknowledged, and saved in the store if there is one.
    public let saved: LSN
    /// Transactions in progress of which blocks have arrived: kept until they end, or passed on.
    public let streamedTransactions: Int
    /// Bytes of memory that these take.
    public let bytesKept: Int
    /// The total number of bytes written to the file.
    public let bytesSpilled: Int
  }

  /// Statistics of the subscription.
  ///
  /// Can be read at any time, from any task.
  public var statistics: Statistics {
    let numbers = context.acknowledgements.numbers
    let kept = context.control.kept
    return Statistics(
      stream: context.control.stream?.statistics, reconnects: context.control.reconnects,
      unacknowledged: numbers.open,
      oldestUnacknowledged: numbers.oldest.map { MonotonicTime.now() - $0 },
      abandoned: numbers.abandoned, acknowledged: numbers.done, saved: numbers.saved,
      streamedTransactions: kept.transactions, bytesKept: kept.memory, bytesSpilled: kept.spilled)
  }
}

extension Subscription {
  /// The slot as the server sees it: how far it is behind, what it retains, when it will be lost.
  ///
  /// It asks the server over the control connection, which is opened for it and kept;
  /// ``statistics`` does not ask the server, and knows only what has been received.
  ///
  /// - Returns: `nil` if the slot does not exist.
  public func slotHealth() async throws(ReplicationError) -> SlotHealth? {
    try await context.client.slotHealth()
  }
}
