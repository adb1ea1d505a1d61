public import CDCTime
public import PGOutput
public import PGWire

/// A transaction that has committed, or another step that a slot makes.
///
/// Its changes can be walked while a large one is still arriving; nothing is collected for that.
/// It is to be acknowledged, in any order and from any task, once everything of it is durable; the
/// slot follows up to the first that is not. What is neither acknowledged nor kept would hold the
/// slot back for ever, and is reported: see ``Subscription/Statistics/abandoned``.
public final class Transaction: Sendable {
  /// What kind of step it is.
  public typealias Kind = TransactionKind

  /// What kind of step it is.
  public let kind: Kind
  /// The transaction's id; zero for a message.
  public let xid: UInt32
  /// The position of the commit, or of the prepare; of a message its end.
  public let commitLSN: LSN
  /// When it was committed, prepared or rolled back, by the server's clock; `nil` for a message.
  public let commitTime: PostgresTimestamp?
  /// Where it was made, if it came to the server by replication.
  public let origin: Origin?
  /// Whether the server has sent it in blocks, while it was in progress.
  public let isStreamed: Bool
  /// Whether a part of it was delivered before, and broke off: this is all of it, from the start.
  public let isRedelivered: Bool
  /// What says that it is done.
  public let acknowledgement: Acknowledgement

  package let info: TransactionInfo
  private let end: Lock<LSN?>
  private let source: TransactionSource

  init(
    _ info: TransactionInfo, isRedelivered: Bool, end: LSN?, _ acknowledgement: Acknowledgement,
    _ source: TransactionSource
  ) {
    self.info = info
    kind = info.kind
    xid = info.xid
    commitLSN = info.commitLSN
    commitTime = info.time
    origin = info.origin
    isStreamed = info.isStreamed
    self.isRedelivered = isRedelivered
    self.acknowledgement = acknowledgement
    self.source = source
    self.end = Lock(end)
  }

  /// Its end, which is the position to go on from; `nil` until all of its changes have been taken.
  public var endLSN: LSN? { end.withLock { $0 } }

  /// Its changes, in order.
  ///
  /// To be walked once, before the next transaction is asked for.
  public var changes: Changes { Changes(transaction: self, source: source) }

  /// Everything of it is durable: it need never be delivered again.
  ///
  /// Said while its changes are still coming, it counts once they have.
  ///
  /// - Parameter userData: Bytes to be kept with the checkpoint, in place of earlier ones.
  public func acknowledge(attaching userData: [UInt8]? = nil) {
    acknowledgement.complete(attaching: userData)
  }

  /// The checkpoint that stands for having everything up to this transaction.
  ///
  /// To be written in the same transaction of the consumer's store as the changes, so that both are
  /// there or neither.
  ///
  /// - Throws: ``ReplicationError/notAtEnd`` while not all of its changes have been taken.
  public func checkpoint() throws(ReplicationError) -> Checkpoint {
    guard let endLSN else { throw .notAtEnd }
    return try source.checkpoint(at: endLSN, info)
  }

  func ended(at lsn: LSN) {
    end.withLock { $0 = lsn }
  }
}

/// The changes of one transaction.
public struct Changes: AsyncSequence, Sendable {
  let transaction: Transaction
  let source: TransactionSource

  public struct AsyncIterator: AsyncIteratorProtocol {
    let changes: Changes

    /// The next change.
    ///
    /// - Returns: `nil` after the last one.
    /// - Throws: ``ReplicationError``. ``ReplicationError/interrupted(commitLSN:)`` if the
    ///   connection has broken in the middle: what was taken of this transaction must be undone,
    ///   and it is delivered again from its beginning.
    public func next() async throws(ReplicationError) -> Change? {
      try await changes.source.nextChange(of: changes.transaction)
    }

    public func next(
      isolation actor: isolated (any Actor)?
    ) async throws(ReplicationError) -> Change? {
      try await changes.source.nextChange(of: changes.transaction)
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(changes: self) }
}
