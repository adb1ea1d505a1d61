package import CDCTime
package import PGWire

/// What is known of a transaction without its changes.
package struct TransactionInfo: Hashable, Sendable {
  package var kind: TransactionKind
  /// Zero for a message.
  package var xid: UInt32
  /// The position of the commit, or of the prepare; of a rollback and of a message its end.
  package var commitLSN: LSN
  /// When it was committed, prepared or rolled back; `nil` for a message.
  package var time: PostgresTimestamp?
  package var origin: ReplicationOrigin?
  /// Whether it came in blocks.
  package var isStreamed = false
  /// Whether it came in blocks, and all changes in them were rolled back.
  ///
  /// A server that sends it once more, as a whole, leaves it out, since 15; one that knows by then
  /// what was rolled back does so in any case, since 18.
  package var isEmptied = false
  /// The end of a transaction that is prepared.
  package var prepareEnd: LSN?
  /// The end of a prepared transaction, as the server has said it.
  package var outcome: Outcome?

  /// Stored outside the rest, which is passed around and should stay small.
  package indirect enum Outcome: Hashable, Sendable {
    case committed(CommitPrepared)
    case rolledBack(RollbackPrepared)
  }
}

extension TransactionInfo {
  /// What a message says about the transaction that it opens, or ends if that came in blocks, or
  /// about the step that it is; `nil` for any other message.
  package init?(_ message: PgOutputMessage) {
    switch message {
    case .begin: self.init(.committed, of: message)
    case .beginPrepare(let begin):
      self.init(.prepared(gid: begin.gid), of: message)
      prepareEnd = begin.endLSN
    case .streamCommit:
      self.init(.committed, of: message)
      isStreamed = true
    case .streamPrepare(let prepare):
      self.init(.prepared(gid: prepare.gid), of: message)
      isStreamed = true
      prepareEnd = prepare.endLSN
    case .commitPrepared(let commit):
      self.init(.commitPrepared(gid: commit.gid), of: message)
      outcome = .committed(commit)
    case .rollbackPrepared(let rollback):
      self.init(.rollbackPrepared(gid: rollback.gid), of: message)
      outcome = .rolledBack(rollback)
    case .message: self.init(.message, of: message)
    default: return nil
    }
  }

  private init?(_ kind: TransactionKind, of message: PgOutputMessage) {
    guard let stamp = message.boundary.stamp else { return nil }
    self.init(kind: kind, xid: stamp.xid, commitLSN: stamp.commitLSN, time: stamp.time)
  }
}
