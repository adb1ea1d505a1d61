internal import PGWire

/// When a batch of transactions is large enough.
///
/// A batch ends behind the transaction in which the first of these is reached.
public struct BatchLimits: Hashable, Sendable {
  /// Rows that were inserted, updated or deleted.
  public var rows: Int
  /// Bytes of their messages.
  public var bytes: Int
  /// Time since the batch's first transaction began, if no more comes meanwhile.
  public var time: Duration
  /// Whether a transaction may be cut where a limit of rows or bytes is reached.
  ///
  /// Its parts come in batches that follow one another, and only the last of them acknowledges it.
  public var splitsTransactions: Bool

  /// Limits; by default no transaction is ever cut.
  public init(
    rows: Int = 10_000, bytes: Int = 4 << 20, time: Duration = .seconds(1),
    splitsTransactions: Bool = false
  ) {
    self.rows = rows
    self.bytes = bytes
    self.time = time
    self.splitsTransactions = splitsTransactions
  }
}

extension Subscription {
  /// The transactions in batches, for who writes many rows at a time.
  ///
  ///     for try await batch in subscription.batches(BatchLimits(rows: 50_000)) {
  ///       for try await item in batch.items { … }
  ///       batch.acknowledge()
  ///     }
  ///
  /// Nothing is collected for it: a batch is walked while it is arriving.
  public func batches(_ limits: BatchLimits = BatchLimits()) -> TransactionBatches {
    TransactionBatches(subscription: self, limits: limits)
  }
}

/// The transactions of a subscription, several at a time.
public struct TransactionBatches: AsyncSequence, Sendable {
  let subscription: Subscription
  let limits: BatchLimits

  public struct AsyncIterator: AsyncIteratorProtocol {
    private let batcher: Batcher

    init(_ batches: TransactionBatches) {
      batcher = Batcher(batches.subscription.source, batches.limits)
    }

    /// The next batch, as soon as its first transaction is there; what is left of the one before
    /// is passed over.
    ///
    /// - Returns: `nil` when the subscription was stopped.
    /// - Throws: ``ReplicationError``, as the transactions do.
    public func next() async throws(ReplicationError) -> TransactionBatch? {
      try await batcher.nextBatch()
    }

    public func next(
      isolation actor: isolated (any Actor)?
    ) async throws(ReplicationError) -> TransactionBatch? {
      try await batcher.nextBatch()
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}

/// Several transactions, one after the other.
public final class TransactionBatch: Sendable {
  /// What has ended in it, and whether that is durable.
  private struct Ended: Sendable {
    var open: [Acknowledgement] = []
    var isAcknowledged = false
  }

  private let batcher: Batcher
  let number: Int
  private let ended = Lock(Ended())

  init(_ batcher: Batcher, number: Int) {
    self.batcher = batcher
    self.number = number
  }

  /// One step through a batch.
  @nonexhaustive public enum Item: Sendable {
    /// A transaction begins, or goes on if it was cut.
    case begin(Transaction)
    case change(Change)
    /// All of the transaction's changes have come.
    case end(Transaction)
  }

  /// The transactions and their changes, in order.
  ///
  /// To be walked once, before the next batch is asked for. If a transaction breaks off it throws
  /// ``ReplicationError/interrupted(commitLSN:)``: what was taken of the whole batch must be undone
  /// or kept track of by transaction; those that had ended are not delivered again.
  public var items: Items { Items(batch: self, batcher: batcher) }

  /// Everything of the batch is durable.
  ///
  /// A transaction of which only a part is in it counts with the batch that has its end. Said while
  /// transactions are still coming, it counts for each once it has ended.
  public func acknowledge() {
    let open = ended.withLock { ended in
      ended.isAcknowledged = true
      defer { ended.open = [] }
      return ended.open
    }
    for acknowledgement in open { acknowledgement.complete() }
  }

  /// A transaction has ended in it.
  func add(_ acknowledgement: Acknowledgement) {
    let isDone = ended.withLock { ended in
      if !ended.isAcknowledged { ended.open.append(acknowledgement) }
      return ended.isAcknowledged
    }
    if isDone { acknowledgement.complete() }
  }

  /// The steps through a batch.
  public struct Items: AsyncSequence, Sendable {
    let batch: TransactionBatch
    let batcher: Batcher

    public struct AsyncIterator: AsyncIteratorProtocol {
      let items: Items

      public func next() async throws(ReplicationError) -> Item? {
        try await items.batcher.nextItem(of: items.batch)
      }

      public func next(
        isolation actor: isolated (any Actor)?
      ) async throws(ReplicationError) -> Item? {
        try await items.batcher.nextItem(of: items.batch)
      }
    }

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(items: self) }
  }
}
