public import CDCTime
public import PGOutput
public import PGWire
internal import Synchronization

/// A transaction that has committed, or another step that a slot makes.
///
/// Its changes can be iterated while a large transaction is still arriving; nothing is buffered for
/// that. Acknowledge it once all of it is durable, in any order and from any task; the slot
/// advances up to the first transaction that is not acknowledged. A transaction that is dropped
/// without being acknowledged blocks the slot, and is reported: see
/// ``Subscription/Statistics/abandoned``.
public final class ReplicationTransaction: Sendable {
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
  public let origin: ReplicationOrigin?
  /// Whether the server has sent it in blocks, while it was in progress.
  public let isStreamed: Bool
  /// Whether a part of it was delivered before and broke off: this is all of it, from the start.
  public let isRedelivered: Bool
  /// Its acknowledgement token.
  public let acknowledgement: Acknowledgement

  package let info: TransactionInfo
  /// Zero until it is known.
  private let end: Atomic<UInt64>
  let source: any ChangeSource

  init(
    _ opening: DeliveryMachine.Opening, _ acknowledgement: Acknowledgement,
    _ source: any ChangeSource
  ) {
    info = opening.info
    kind = info.kind
    xid = info.xid
    commitLSN = info.commitLSN
    commitTime = info.time
    origin = info.origin
    isStreamed = info.isStreamed
    isRedelivered = opening.isRedelivered
    self.acknowledgement = acknowledgement
    self.source = source
    end = Atomic(opening.end?.rawValue ?? 0)
  }

  /// Its end, which is the position to resume from; `nil` until all changes have been taken.
  public var endLSN: LSN? {
    let end = LSN(rawValue: end.load(ordering: .acquiring))
    return end > .zero ? end : nil
  }

  /// Its changes, in order.
  ///
  /// Iterate them once, before you request the next transaction.
  ///
  /// They throw ``ReplicationError/interrupted(commitLSN:)`` if the connection breaks in the
  /// middle: undo what was done with this transaction; it is delivered again from its beginning.
  public var changes: TransactionChanges {
    TransactionChanges(
      ready: { () throws(ReplicationError) -> TransactionChange? in
        try self.source.readyChange(of: self)
      },
      next: { () async throws(ReplicationError) -> TransactionChange? in
        try await self.source.nextChange(of: self)
      })
  }

  /// Passes the changes that are available, one after the other.
  ///
  /// This is the fastest way to take them: with ``changes`` each one is requested separately. It
  /// waits if none is available.
  ///
  ///     while try await transaction.forEachReady({ change in … }) {}
  ///
  /// - Parameter body: Called for each change. Nothing else can be taken from the subscription
  ///   while it runs. If it throws, the changes after that one are left for the next call.
  /// - Returns: False if there are no more changes.
  /// - Throws: ``ReplicationError`` as ``changes`` do, or what `body` throws.
  public func forEachReady(_ body: (TransactionChange) throws -> Void) async throws -> Bool {
    try await source.forEachReady(of: self, body)
  }

  /// Acknowledges that all of it is durable and need never be delivered again.
  ///
  /// If called while its changes are still arriving, it takes effect once all have arrived.
  ///
  /// - Parameter userData: Bytes to save with the checkpoint; `nil` to keep the earlier ones.
  public func acknowledge(attaching userData: [UInt8]? = nil) {
    acknowledgement.complete(attaching: userData)
  }

  /// The checkpoint for everything up to this transaction.
  ///
  /// Write it in the same transaction of the consumer's store as the changes, so that either both
  /// are stored or neither.
  ///
  /// - Throws: ``ReplicationError/notAtEnd`` while not all of its changes have been taken.
  public func checkpoint() throws(ReplicationError) -> Checkpoint {
    guard let endLSN else { throw .notAtEnd }
    return try source.context.checkpoint(at: endLSN, info, acknowledgement.id)
  }

  /// Carries out what was decided for a step of it.
  func perform(_ delivery: DeliveryMachine.Delivery) {
    _ = source.context.perform(delivery, changes: source)
  }

  func ended(at lsn: LSN) {
    end.store(lsn.rawValue, ordering: .releasing)
  }
}

/// The changes of one transaction.
public typealias TransactionChanges = DeliverySequence<TransactionChange>
