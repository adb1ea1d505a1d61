package import CDCTime
package import PGWire

/// What a message means for transactions.
package enum TransactionBoundary: Hashable, Sendable {
  /// Nothing: it is a part of one, or describes a table or a type.
  case none
  /// A transaction opens, and its changes follow.
  case opens(TransactionInfo)
  /// The transaction that is open ends at this position.
  case ends(at: LSN, time: PostgresTimestamp)
  /// A transaction whose changes came in blocks ends at this position.
  case endsStreamed(TransactionInfo, at: LSN)
  /// A step without changes before it, which ends at this position.
  case point(TransactionInfo, end: LSN)
  /// A block of changes of a transaction in progress opens.
  case opensBlock(StreamStart)
  case closesBlock
  /// A transaction in progress, or a part of it, was rolled back.
  case aborts(StreamAbort)
}

extension TransactionBoundary {
  /// The position that decides whether a stream that stops at a position delivers what this begins.
  ///
  /// A record that names only its end begins before that.
  package var commitPosition: LSN? {
    switch self {
    case .opens(let info), .endsStreamed(let info, _): info.commitLSN
    case .point(let info, let end): min(info.commitLSN, end.predecessor)
    case .none, .ends, .opensBlock, .closesBlock, .aborts: nil
    }
  }

  /// Where something ends that can be acknowledged then.
  package var end: LSN? {
    switch self {
    case .ends(let end, _), .endsStreamed(_, let end), .point(_, let end): end
    case .none, .opens, .opensBlock, .closesBlock, .aborts: nil
    }
  }
}

extension PgOutputMessage {
  /// What it means for transactions.
  package var boundary: TransactionBoundary {
    switch self {
    case .begin(let begin): .opens(TransactionInfo(begin))
    case .beginPrepare(let begin): .opens(TransactionInfo(begin))
    case .commit(let commit): .ends(at: commit.endLSN, time: commit.commitTime)
    case .prepare(let prepare): .ends(at: prepare.endLSN, time: prepare.prepareTime)
    case .streamStart(let start): .opensBlock(start)
    case .streamStop: .closesBlock
    case .streamCommit(let commit): .endsStreamed(TransactionInfo(commit), at: commit.endLSN)
    case .streamPrepare(let prepare):
      .endsStreamed(TransactionInfo(streamed: prepare), at: prepare.endLSN)
    case .streamAbort(let abort): .aborts(abort)
    case .commitPrepared(let commit): .point(TransactionInfo(commit), end: commit.endLSN)
    case .rollbackPrepared(let rollback): .point(TransactionInfo(rollback), end: rollback.endLSN)
    case .message(let message) where !message.transactional:
      .point(TransactionInfo(message), end: message.lsn)
    case .message, .origin, .relation, .type, .insert, .update, .delete, .truncate, .ignored: .none
    }
  }
}
