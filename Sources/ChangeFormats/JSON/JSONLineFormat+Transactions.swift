import CDCTime
import PGOutput
import PGWire
public import ReplicationCore

/// What begins, ends and withdraws transactions.
extension JSONLineFormat {
  public mutating func begin(_ transaction: ReplicationTransaction, to output: inout OutputBuffer) {
    begin(transaction.info, to: &output)
  }

  public mutating func end(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) throws(ReplicationError) {
    guard let end = transaction.endLSN else { throw .notAtEnd }
    self.end(transaction.info, at: end, to: &output)
  }

  public mutating func withdraw(
    _ transaction: ReplicationTransaction, to output: inout OutputBuffer
  ) {
    // What comes again has the same numbers.
    frame.transaction = nil
    let (xid, commit) = (transaction.xid, transaction.commitLSN)
    appendStep("withdrawn", of: xid, at: commit, to: &output) {
      $0.appendWithdrawn(xid, commit)
    }
  }

  mutating func begin(_ transaction: TransactionInfo, to output: inout OutputBuffer) {
    guard let time = transaction.time else { return }
    let (xid, position) = (transaction.xid, transaction.commitLSN)
    switch transaction.kind {
    case .committed: begin(xid, at: position, time, to: &output)
    case .prepared(let gid):
      frame.transaction = OpenTransaction(xid, at: position, time, isPrepared: true)
      let end = transaction.prepareEnd ?? .zero
      appendStep("begin_prepare", of: xid, at: position, to: &output) {
        $0.appendPrepare("begin_prepare", xid, gid: gid, position, end: end, time)
      }
    default: return
    }
  }

  mutating func end(
    _ transaction: TransactionInfo, at end: LSN, to output: inout OutputBuffer
  ) {
    let (xid, position) = (transaction.xid, transaction.commitLSN)
    switch (transaction.kind, transaction.time, transaction.outcome) {
    case (.committed, let time?, _):
      appendStep("commit", of: xid, at: end, to: &output) {
        $0.appendCommit(xid, position, end: end, time)
      }
    case (.prepared(let gid), let time?, _):
      appendStep("prepare", of: xid, at: end, to: &output) {
        $0.appendPrepare("prepare", xid, gid: gid, position, end: end, time)
      }
    case (_, _, .committed(let commit)?):
      appendStep("commit_prepared", of: xid, at: end, to: &output) { $0.append(commit) }
    case (_, _, .rolledBack(let rollback)?):
      appendStep("rollback_prepared", of: xid, at: end, to: &output) { $0.append(rollback) }
    default: break
    }
    frame.transaction = nil
  }
}

/// The same, as the plugin's messages say it.
extension JSONLineFormat {
  mutating func begin(_ begin: Begin, to output: inout OutputBuffer) {
    self.begin(begin.xid, at: begin.finalLSN, begin.commitTime, to: &output)
  }

  mutating func end(_ commit: Commit, to output: inout OutputBuffer) {
    let xid = frame.transaction?.xid
    appendStep("commit", of: xid, at: commit.endLSN, to: &output) {
      $0.appendCommit(xid, commit.commitLSN, end: commit.endLSN, commit.commitTime)
    }
    frame.transaction = nil
  }

  /// Appends a message about a transaction in blocks or a prepared one, or nothing.
  mutating func append(
    step message: PgOutputMessage, at lsn: LSN, to output: inout OutputBuffer
  ) {
    guard let (kind, xid) = message.step else { return }
    if case .beginPrepare(let begin) = message {
      frame.transaction = OpenTransaction(
        begin.xid, at: begin.prepareLSN, begin.prepareTime, isPrepared: true)
    }
    if beginStep(kind, of: xid, at: lsn, to: &output) {
      output.append(step: message)
      frame.close(to: &output)
    }
    if case .prepare = message { frame.transaction = nil }
  }

  private mutating func begin(
    _ xid: UInt32, at commit: LSN, _ time: PostgresTimestamp, to output: inout OutputBuffer
  ) {
    frame.transaction = OpenTransaction(xid, at: commit, time, isPrepared: false)
    appendStep("begin", of: xid, at: commit, to: &output) { $0.appendBegin(xid, commit, time) }
  }

  /// Appends the event of such a step, if there is one.
  private mutating func appendStep(
    _ kind: StaticString, of xid: UInt32?, at lsn: LSN, to output: inout OutputBuffer,
    _ body: (inout OutputBuffer) -> Void
  ) {
    guard beginStep(kind, of: xid, at: lsn, to: &output) else { return }
    body(&output)
    frame.close(to: &output)
  }

  /// - Returns: Whether there is such an event.
  private mutating func beginStep(
    _ kind: StaticString, of xid: UInt32?, at lsn: LSN, to output: inout OutputBuffer
  ) -> Bool {
    if output.keepsRecords {
      guard options.recordsTransactions else { return false }
      output.beginRecord(options.records.topics.transactions)
      if let xid {
        output.append(json: #"{"xid":"#)
        output.append(decimal: UInt64(xid))
        output.append(UInt8(ascii: "}"))
        output.endKey()
      }
    }
    frame.open(kind, at: lsn, to: &output)
    return true
  }
}

extension PgOutputMessage {
  /// What a message says that frames blocks or a prepared transaction, and of which transaction;
  /// `nil` for any other message.
  fileprivate var step: (kind: StaticString, xid: UInt32)? {
    switch self {
    case .streamStart(let start): ("stream_start", start.xid)
    case .streamStop(let xid): ("stream_stop", xid)
    case .streamCommit(let commit): ("stream_commit", commit.xid)
    case .streamAbort(let abort): ("stream_abort", abort.xid)
    case .beginPrepare(let begin): ("begin_prepare", begin.xid)
    case .prepare(let prepare): ("prepare", prepare.xid)
    case .streamPrepare(let prepare): ("stream_prepare", prepare.xid)
    case .commitPrepared(let commit): ("commit_prepared", commit.xid)
    case .rollbackPrepared(let rollback): ("rollback_prepared", rollback.xid)
    default: nil
    }
  }
}
