internal import PGOutput
internal import PGWire

extension TransactionAssembler {
  /// What a message says, without the bytes that it borrows.
  enum Found {
    case begin(TransactionInfo)
    case end(LSN)
    case point(TransactionInfo, end: LSN)
    case origin(Origin)
    case row(PgOutputMessage.Kind, Relation, KeptTuples?)
    case truncate(Truncate)
    case message(LogicalMessage)
    case relation(Relation)
    case streamStart(StreamStart)
    case streamAbort(StreamAbort)
    case streamEnd(TransactionInfo, end: LSN)
    case ignored
  }

  static func decode(
    _ bytes: Span<UInt8>, at lsn: LSN, _ decoder: inout PgOutputDecoder,
    _ places: inout PlaceStore
  ) throws(PgOutputError) -> Found {
    try decoder.decode(bytes, at: lsn) { message in
      switch message {
      case .begin(let begin): .begin(TransactionInfo(begin))
      case .beginPrepare(let begin): .begin(TransactionInfo(begin))
      case .commit(let commit): .end(commit.endLSN)
      case .prepare(let prepare): .end(prepare.endLSN)
      case .commitPrepared(let commit):
        .point(
          TransactionInfo(
            kind: .commitPrepared(gid: commit.gid), xid: commit.xid, commitLSN: commit.commitLSN,
            time: commit.commitTime, outcome: .committed(commit)), end: commit.endLSN)
      case .rollbackPrepared(let rollback):
        .point(
          TransactionInfo(
            kind: .rollbackPrepared(gid: rollback.gid), xid: rollback.xid,
            commitLSN: rollback.endLSN, time: rollback.rollbackTime,
            outcome: .rolledBack(rollback)),
          end: rollback.endLSN)
      case .origin(let origin): .origin(origin)
      case .relation(let relation): .relation(relation)
      case .insert(let relation, _): .row(.insert, relation, KeptTuples(message, in: &places))
      case .update(let relation, _, _): .row(.update, relation, KeptTuples(message, in: &places))
      case .delete(let relation, _): .row(.delete, relation, KeptTuples(message, in: &places))
      case .truncate(let truncate): .truncate(truncate)
      case .message(let message): .message(message)
      case .streamStart(let start): .streamStart(start)
      case .streamAbort(let abort): .streamAbort(abort)
      case .streamCommit(let commit): .streamEnd(TransactionInfo(commit), end: commit.endLSN)
      case .streamPrepare(let prepare):
        .streamEnd(TransactionInfo(streamed: prepare), end: prepare.endLSN)
      default: .ignored
      }
    }
  }
}

extension TransactionInfo {
  /// Of a transaction that was streamed.
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
}
