/// One message of the pgoutput plugin.
///
/// Row changes borrow the bytes that they were decoded from, so the compiler confines a message to
/// the closure that receives it; the small messages are values of their own and may leave it.
/// Between a `begin` and its `commit`, or a `beginPrepare` and its `prepare`, lie the changes of
/// one transaction, and no other's. Between a `streamStart` and its `streamStop` lie some changes
/// of a transaction that is not complete; its end comes later, outside any block.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
@nonexhaustive public enum PgOutputMessage: ~Escapable {
  /// A transaction begins; its changes follow.
  case begin(Begin)
  /// All changes of the transaction were sent, and it is committed.
  case commit(Commit)
  /// The transaction that has just begun was first committed on another server.
  case origin(ReplicationOrigin)
  /// The relation's shape from here on; sent before its first change and after anything that may
  /// have altered it, often with the same content.
  case relation(Relation)
  /// The name of a type that isn't built in; sent before the relation that uses it.
  case type(TypeName)
  /// A row was inserted.
  case insert(Relation, new: TupleData)
  /// `old` is there if the replica identity is full, or if a key column has changed or is stored
  /// out of line; its ``TupleData/kind`` says which of the two.
  case update(Relation, old: TupleData?, new: TupleData)
  /// The ``TupleData/kind`` of `old` is `full` or `key`.
  case delete(Relation, old: TupleData)
  /// Tables were emptied by `TRUNCATE`.
  case truncate(Truncate)
  /// What `pg_logical_emit_message` has written; outside any transaction if not transactional.
  case message(LogicalMessage)
  /// Changes of a transaction in progress follow.
  case streamStart(StreamStart)
  /// No more of them for now.
  case streamStop(xid: UInt32)
  /// All changes of a streamed transaction have come, and are committed.
  case streamCommit(StreamCommit)
  /// A streamed transaction, or a part of it, was rolled back.
  case streamAbort(StreamAbort)
  /// The changes of a prepared transaction follow.
  case beginPrepare(BeginPrepare)
  /// All of them have come; whether they commit is not known yet.
  case prepare(Prepare)
  /// A transaction that was prepared before is committed.
  case commitPrepared(CommitPrepared)
  /// A transaction that was prepared before is rolled back.
  case rollbackPrepared(RollbackPrepared)
  /// All changes of a streamed transaction have come, and it is prepared.
  case streamPrepare(Prepare)
  /// A message that has no meaning here, and is not an error.
  ///
  /// Servers 18.0 to 18.6 can send a Stream Abort for a transaction that was never streamed, even
  /// where streaming was not asked for.
  case ignored(Kind)
}

extension Relation {
  /// Passes an insert into it to `body`.
  ///
  /// The reference moves into the message, and from there back to where it was taken from, which
  /// avoids counting references for each row.
  @inlinable @inline(__always) consuming func lendInsert<R: ~Copyable, Failure: Error>(
    _ payload: Span<UInt8>, _ places: inout [ColumnPlace], givenBackTo latest: inout Relation?,
    to body: (PgOutputMessage) throws(Failure) -> R
  ) throws(Failure) -> R {
    let row = places.span.extracting(first: columns.count)
    let message = PgOutputMessage.insert(self, new: .checked(.new, payload, row))
    let result = try body(message)
    if case .insert(let relation, _) = consume message { latest = relation }
    return result
  }
}
