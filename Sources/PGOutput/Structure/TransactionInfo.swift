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
  package var origin: Origin?
  /// Whether it came in blocks.
  package var isStreamed = false
  /// The end of a transaction that is prepared.
  package var prepareEnd: LSN?
  /// The end of a prepared transaction, as the server has said it.
  package var outcome: Outcome?

  package enum Outcome: Hashable, Sendable {
    case committed(CommitPrepared)
    case rolledBack(RollbackPrepared)
  }
}

extension TransactionInfo {
  init(_ begin: Begin) {
    self.init(
      kind: .committed, xid: begin.xid, commitLSN: begin.finalLSN, time: begin.commitTime)
  }

  init(_ begin: BeginPrepare) {
    self.init(
      kind: .prepared(gid: begin.gid), xid: begin.xid, commitLSN: begin.prepareLSN,
      time: begin.prepareTime, prepareEnd: begin.endLSN)
  }

  /// Of a transaction that came in blocks.
  init(_ commit: StreamCommit) {
    self.init(
      kind: .committed, xid: commit.xid, commitLSN: commit.commitLSN, time: commit.commitTime,
      isStreamed: true)
  }

  /// The same of one that is prepared.
  init(streamed prepare: Prepare) {
    self.init(
      kind: .prepared(gid: prepare.gid), xid: prepare.xid, commitLSN: prepare.prepareLSN,
      time: prepare.prepareTime, isStreamed: true, prepareEnd: prepare.endLSN)
  }

  init(_ commit: CommitPrepared) {
    self.init(
      kind: .commitPrepared(gid: commit.gid), xid: commit.xid, commitLSN: commit.commitLSN,
      time: commit.commitTime, outcome: .committed(commit))
  }

  init(_ rollback: RollbackPrepared) {
    self.init(
      kind: .rollbackPrepared(gid: rollback.gid), xid: rollback.xid, commitLSN: rollback.endLSN,
      time: rollback.rollbackTime, outcome: .rolledBack(rollback))
  }

  /// Of a message that belongs to no transaction.
  init(_ message: LogicalMessage) {
    self.init(kind: .message, xid: 0, commitLSN: message.lsn)
  }
}
