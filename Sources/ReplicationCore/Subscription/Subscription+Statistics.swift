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
    /// Whether there is a checkpoint store.
    var hasStore = false
    /// Whether the next transaction waits until more acknowledgements are saved.
    var waitsForStore = false
    /// Whether nothing is acknowledged.
    var leavesSlot = false

    /// How far the subscription is behind what has been received, step by step.
    ///
    /// Only the server knows what lies above that: ``Subscription/lag()`` asks it.
    public var lag: StreamLag { StreamLag(self) }
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
      streamedTransactions: kept.transactions, bytesKept: kept.memory, bytesSpilled: kept.spilled,
      hasStore: context.store != nil, waitsForStore: context.acknowledgements.isAwaited,
      leavesSlot: context.options.leavesSlot)
  }
}

extension Subscription {
  /// The slot as the server sees it: how far it is behind, what it retains, when it will be lost.
  ///
  /// It asks the server over the control connection, which is opened for it and kept;
  /// ``statistics`` does not ask the server, and knows only what has been received.
  ///
  /// - Parameter time: How long to watch the log grow; not at all if zero.
  /// - Returns: `nil` if the slot does not exist.
  public func slotHealth(
    watchingFor time: Duration = .zero
  ) async throws(ReplicationError) -> SlotHealth? {
    let health = try await context.client.slotHealth(watchingFor: time)
    if let health { context.control.stream?.note(health) }
    return health
  }

  /// How far the subscription is behind, step by step, from the server's log down to the slot.
  ///
  /// It asks the server, as ``slotHealth(watchingFor:)`` does. The age of what waits at the server
  /// is exact only if the server is asked regularly, every ten seconds for example.
  ///
  /// If the slot does not exist, it is the lag behind what has been received.
  public func lag() async throws(ReplicationError) -> StreamLag {
    let health = try await slotHealth()
    return StreamLag(statistics, health: health)
  }
}
