public import CDCTime
public import PGOutput
public import PGWire

/// A transaction whose changes were all delivered before it ended, as ``ProvisionalChange``s.
///
/// Acknowledge it like a ``ReplicationTransaction``, once its staged changes are durable in their final place.
public final class StagedTransaction: Sendable {
  private let transaction: ReplicationTransaction
  private let stage: ProvisionalStage
  /// Its end, which is the position to resume from.
  public let endLSN: LSN

  init(_ transaction: ReplicationTransaction, _ stage: ProvisionalStage, endLSN: LSN) {
    self.transaction = transaction
    self.stage = stage
    self.endLSN = endLSN
  }

  /// The transaction's id, under which its changes are staged.
  public var xid: UInt32 { transaction.xid }
  /// The position of the commit, or of the prepare.
  public var commitLSN: LSN { transaction.commitLSN }
  /// When it was committed or prepared, by the server's clock.
  public var commitTime: PostgresTimestamp? { transaction.commitTime }
  /// Where it was made, if it came to the server by replication.
  public var origin: ReplicationOrigin? { transaction.origin }
  /// Its acknowledgement token.
  public var acknowledgement: Acknowledgement { transaction.acknowledgement }

  /// A change that was provisional and counts now.
  ///
  /// - Returns: `nil` if it belongs to another transaction or to a stream that has broken since, or
  ///   was rolled back.
  public func change(_ provisional: ProvisionalChange) -> TransactionChange? {
    stage.counts(provisional) ? provisional.change : nil
  }

  /// Acknowledges that all of it is durable, like ``ReplicationTransaction/acknowledge(attaching:)``.
  ///
  /// - Parameter userData: Bytes to save with the checkpoint; `nil` to keep the earlier ones.
  public func acknowledge(attaching userData: [UInt8]? = nil) {
    transaction.acknowledge(attaching: userData)
  }

  /// The checkpoint for everything up to this transaction.
  ///
  /// - Throws: ``ReplicationError/closed`` if no stream has been opened.
  public func checkpoint() throws(ReplicationError) -> Checkpoint {
    try transaction.checkpoint()
  }
}
