import PGWire

/// A message that doesn't borrow: it has its rows as places in the payload.
///
/// The decoder parses into this with code of its own module; what joins it with the bytes again is
/// inlined into the caller's code, where the closure that takes the message is known.
@usableFromInline enum ParsedMessage: ~Copyable {
  case begin(Begin)
  case commit(Commit)
  case origin(ReplicationOrigin)
  case relation(Relation)
  case type(TypeName)
  case insert(Relation, new: ParsedTuple)
  case update(Relation, old: ParsedTuple?, new: ParsedTuple)
  case delete(Relation, old: ParsedTuple)
  case truncate(Truncate)
  case message(LogicalMessage)
  case streamStart(StreamStart)
  case streamStop(xid: UInt32)
  case streamCommit(StreamCommit)
  case streamAbort(StreamAbort)
  case beginPrepare(BeginPrepare)
  case prepare(Prepare)
  case commitPrepared(CommitPrepared)
  case rollbackPrepared(RollbackPrepared)
  case streamPrepare(Prepare)
  case ignored(PgOutputMessage.Kind)

  /// Passes the message to `body`, with the payload that it was parsed from.
  @inlinable @inline(__always) consuming func lend<R: ~Copyable, Failure: Error>(
    _ payload: Span<UInt8>, _ places: Span<ColumnPlace>,
    to body: (PgOutputMessage) throws(Failure) -> R
  ) throws(Failure) -> R {
    switch consume self {
    case .begin(let begin): try body(.begin(begin))
    case .commit(let commit): try body(.commit(commit))
    case .origin(let origin): try body(.origin(origin))
    case .relation(let relation): try body(.relation(relation))
    case .type(let type): try body(.type(type))
    case .insert(let relation, let new):
      try body(
        .insert(relation, new: .checked(new.kind, payload, places.extracting(new.places))))
    case .update(let relation, nil, let new):
      try body(
        .update(
          relation, old: nil, new: .checked(new.kind, payload, places.extracting(new.places))))
    case .update(let relation, let old?, let new):
      try body(
        .update(
          relation, old: .checked(old.kind, payload, places.extracting(old.places)),
          new: .checked(new.kind, payload, places.extracting(new.places))))
    case .delete(let relation, let old):
      try body(
        .delete(relation, old: .checked(old.kind, payload, places.extracting(old.places))))
    case .truncate(let truncate): try body(.truncate(truncate))
    case .message(let message): try body(.message(message))
    case .streamStart(let start): try body(.streamStart(start))
    case .streamStop(let xid): try body(.streamStop(xid: xid))
    case .streamCommit(let commit): try body(.streamCommit(commit))
    case .streamAbort(let abort): try body(.streamAbort(abort))
    case .beginPrepare(let begin): try body(.beginPrepare(begin))
    case .prepare(let prepare): try body(.prepare(prepare))
    case .commitPrepared(let commit): try body(.commitPrepared(commit))
    case .rollbackPrepared(let rollback): try body(.rollbackPrepared(rollback))
    case .streamPrepare(let prepare): try body(.streamPrepare(prepare))
    case .ignored(let kind): try body(.ignored(kind))
    }
  }
}
