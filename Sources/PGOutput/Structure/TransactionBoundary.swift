package import CDCTime
package import PGWire

/// What a message means for transactions.
///
/// Of a transaction it says when and where; ``TransactionInfo`` has the rest.
package enum TransactionBoundary: Hashable, Sendable {
  /// Nothing: it is a part of one, or describes a table or a type.
  case none
  /// A transaction opens, and its changes follow.
  case opens(TransactionStamp)
  /// The transaction that is open ends at this position.
  case ends(at: LSN, time: PostgresTimestamp)
  /// A transaction whose changes came in blocks ends at this position.
  case endsStreamed(TransactionStamp, at: LSN)
  /// A step without changes before it, which ends at this position.
  case point(TransactionStamp, end: LSN)
  /// A block of changes of a transaction in progress opens.
  case opensBlock(StreamStart)
  case closesBlock
  /// A transaction in progress, or a part of it, was rolled back.
  case aborts(StreamAbort)
}

/// Which transaction was committed, prepared or rolled back, where and when.
package struct TransactionStamp: Hashable, Sendable {
  /// The transaction's id; zero for a message.
  package let xid: UInt32
  /// The position of the commit, or of the prepare; of a rollback and of a message its end.
  package let commitLSN: LSN
  /// By the server's clock; `nil` for a message.
  package let time: PostgresTimestamp?

  package init(xid: UInt32, commitLSN: LSN, time: PostgresTimestamp?) {
    self.xid = xid
    self.commitLSN = commitLSN
    self.time = time
  }
}

extension TransactionBoundary {
  /// What is known of the transaction that opens here or ends if it came in blocks, or of the step.
  package var stamp: TransactionStamp? {
    switch self {
    case .opens(let stamp), .endsStreamed(let stamp, _), .point(let stamp, _): stamp
    case .none, .ends, .opensBlock, .closesBlock, .aborts: nil
    }
  }

  /// The position that decides whether a stream that stops at a position delivers what this begins.
  ///
  /// A record that names only its end begins before that.
  package var commitPosition: LSN? {
    switch self {
    case .opens(let stamp), .endsStreamed(let stamp, _): stamp.commitLSN
    case .point(let stamp, let end): min(stamp.commitLSN, end.predecessor)
    case .none, .ends, .opensBlock, .closesBlock, .aborts: nil
    }
  }

  /// Where something ends that can be acknowledged then, and when it was committed.
  package var end: (position: LSN, time: PostgresTimestamp?)? {
    switch self {
    case .ends(let end, let time): (end, time)
    case .endsStreamed(let stamp, let end), .point(let stamp, let end): (end, stamp.time)
    case .none, .opens, .opensBlock, .closesBlock, .aborts: nil
    }
  }
}

extension PgOutputMessage {
  /// What it means for transactions.
  package var boundary: TransactionBoundary {
    switch self {
    case .begin(let begin):
      .opens(TransactionStamp(xid: begin.xid, commitLSN: begin.finalLSN, time: begin.commitTime))
    case .beginPrepare(let begin):
      .opens(TransactionStamp(xid: begin.xid, commitLSN: begin.prepareLSN, time: begin.prepareTime))
    case .commit(let commit): .ends(at: commit.endLSN, time: commit.commitTime)
    case .prepare(let prepare): .ends(at: prepare.endLSN, time: prepare.prepareTime)
    case .streamStart(let start): .opensBlock(start)
    case .streamStop: .closesBlock
    case .streamCommit(let commit):
      .endsStreamed(
        TransactionStamp(xid: commit.xid, commitLSN: commit.commitLSN, time: commit.commitTime),
        at: commit.endLSN)
    case .streamPrepare(let prepare):
      .endsStreamed(
        TransactionStamp(
          xid: prepare.xid, commitLSN: prepare.prepareLSN, time: prepare.prepareTime),
        at: prepare.endLSN)
    case .streamAbort(let abort): .aborts(abort)
    case .commitPrepared(let commit):
      .point(
        TransactionStamp(xid: commit.xid, commitLSN: commit.commitLSN, time: commit.commitTime),
        end: commit.endLSN)
    case .rollbackPrepared(let rollback):
      .point(
        TransactionStamp(
          xid: rollback.xid, commitLSN: rollback.endLSN, time: rollback.rollbackTime),
        end: rollback.endLSN)
    case .message(let message) where !message.isTransactional:
      .point(TransactionStamp(xid: 0, commitLSN: message.lsn, time: nil), end: message.lsn)
    case .message, .origin, .relation, .type, .insert, .update, .delete, .truncate, .ignored: .none
    }
  }
}
