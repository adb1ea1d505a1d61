public import CDCTime
public import PGOutput
public import PGWire
internal import Synchronization

/// A transaction that has committed, or another step that a slot makes.
///
/// Its changes can be iterated while a large one is still arriving; nothing is collected for that.
/// It is to be acknowledged, in any order and from any task, once everything of it is durable; the
/// slot follows up to the first that is not. A transaction that is neither acknowledged nor kept
/// blocks the slot, and is reported: see ``Subscription/Statistics/abandoned``.
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
  /// Its acknowledgement token.
  public let acknowledgement: Acknowledgement

  package let info: TransactionInfo
  /// Zero until it is known.
  private let end: Atomic<UInt64>
  private let source: any ChangeSource

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

  /// Its end, which is the position to continue from; `nil` until all changes have been taken.
  public var endLSN: LSN? {
    let end = LSN(rawValue: end.load(ordering: .acquiring))
    return end > .zero ? end : nil
  }

  /// Its changes, in order.
  ///
  /// To be iterated once, before the next transaction is asked for.
  ///
  /// They throw ``ReplicationError/interrupted(commitLSN:)`` if the connection breaks in the
  /// middle: what was taken of this transaction must be undone, and it is delivered again from its
  /// beginning.
  public var changes: Changes {
    Changes(
      ready: { () throws(ReplicationError) -> Change? in try self.source.readyChange(of: self) },
      next: { () async throws(ReplicationError) -> Change? in
        try await self.source.nextChange(of: self)
      })
  }

  /// Passes the changes that are there already, one after the other.
  ///
  /// This is the fastest way to take them: with ``changes`` each one is asked for separately. It
  /// waits if none is there.
  ///
  ///     while try await transaction.forEachReady({ change in … }) {}
  ///
  /// - Parameter body: Called for each of them. Nothing else can be taken from the subscription
  ///   while it runs. If it throws, the changes behind that one are left for the next call.
  /// - Returns: False if there is no change any more.
  /// - Throws: ``ReplicationError`` as ``changes`` do, or what `body` throws.
  public func forEachReady(_ body: (Change) throws -> Void) async throws -> Bool {
    try await source.forEachReady(of: self, body)
  }

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
    return try source.context.checkpoint(at: endLSN, info, acknowledgement.id)
  }

  /// Does what was decided for a step of it.
  func perform(_ delivery: DeliveryMachine.Delivery) {
    _ = source.context.perform(delivery, changes: source)
  }

  func ended(at lsn: LSN) {
    end.store(lsn.rawValue, ordering: .releasing)
  }
}

/// The changes of one transaction.
public typealias Changes = DeliverySequence<Change>
