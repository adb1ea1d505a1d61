internal import PGWire

/// When a batch of transactions is large enough.
///
/// A batch ends after the transaction in which the first of these limits is reached.
public struct BatchLimits: Hashable, Sendable {
  /// Rows that were inserted, updated or deleted.
  public var rows: Int
  /// Bytes of their messages.
  public var bytes: Int
  /// Time since the batch's first transaction began, after which the batch does not wait for more.
  public var time: Duration
  /// Whether a transaction may be cut where a limit of rows or bytes is reached.
  ///
  /// Its parts come in batches that follow one another, and only the last of them acknowledges it.
  public var splitsTransactions: Bool

  /// Creates limits; by default no transaction is ever cut.
  ///
  /// - Parameters:
  ///   - rows: Rows that were inserted, updated or deleted.
  ///   - bytes: Bytes of their messages.
  ///   - time: Time since the first transaction of the batch began.
  ///   - splitsTransactions: Whether a transaction may be cut where a limit is reached.
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
  /// The transactions in batches, for consumers that write many rows at once.
  ///
  ///     for try await batch in subscription.batches(BatchLimits(rows: 50_000)) {
  ///       for try await item in batch.items { … }
  ///       batch.acknowledge()
  ///     }
  ///
  /// Nothing is buffered: a batch is iterated while it is arriving. Each batch is delivered as soon
  /// as its first transaction is there; the rest of the previous batch is skipped.
  ///
  /// - Parameter limits: When a batch is large enough: by default at 10,000 rows, 4 MiB or one
  ///   second.
  public func batches(_ limits: BatchLimits = BatchLimits()) -> TransactionBatches {
    let batcher = Batcher(self, limits)
    return TransactionBatches(
      ready: { () throws(ReplicationError) -> TransactionBatch? in nil },
      next: { () async throws(ReplicationError) -> TransactionBatch? in
        try await batcher.nextBatch()
      })
  }
}

/// The transactions of a subscription, several at a time.
public typealias TransactionBatches = DeliverySequence<TransactionBatch>

/// Several transactions, in order.
public final class TransactionBatch: Sendable {
  /// The transactions that have ended in it, and whether they are durable.
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
    /// A transaction begins, or continues if it was cut.
    case begin(ReplicationTransaction)
    /// A change of the transaction that began last.
    case change(TransactionChange)
    /// All of the transaction's changes were delivered.
    case end(ReplicationTransaction)
  }

  /// The transactions and their changes, in order.
  ///
  /// Iterate them once, before you request the next batch. If a transaction breaks off, they throw
  /// ``ReplicationError/interrupted(commitLSN:)``: undo the whole batch, or keep track of its
  /// transactions one by one; those that had ended are not delivered again.
  public var items: Items {
    Items(
      ready: { () throws(ReplicationError) -> Item? in try self.batcher.readyItem(of: self) },
      next: { () async throws(ReplicationError) -> Item? in
        try await self.batcher.nextItem(of: self)
      })
  }

  /// Acknowledges that everything in the batch is durable.
  ///
  /// A transaction of which only a part is in the batch is acknowledged by the batch that has its
  /// end. If called while transactions are still arriving, it takes effect for each once it has
  /// ended.
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
  public typealias Items = DeliverySequence<Item>
}
