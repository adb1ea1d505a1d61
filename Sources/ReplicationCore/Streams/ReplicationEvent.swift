public import PGOutput
public import PGWire

/// An event of a replication stream.
///
/// Events own their contents. Only ``xLogData(_:)`` refers to the stream's buffer: keeping one
/// keeps a piece of that buffer alive; see ``Payload``.
@nonexhaustive public enum ReplicationEvent: Sendable {
  /// A transaction begins; what follows up to its commit belongs to it.
  case begin(Begin)
  /// The transaction is complete. Acknowledge its `endLSN` once everything in it is durable.
  case commit(Commit)
  /// Any other message of the output plugin, undecoded; for pgoutput see `PgOutputDecoder`.
  ///
  /// That includes the messages that frame a streamed or prepared transaction, since the decoder
  /// has to see them. Acknowledge the `endLSN` of a Stream Commit, Prepare, Stream Prepare, Commit
  /// Prepared or Rollback Prepared as that of a ``commit(_:)``. Changes between Stream Start and
  /// Stream Stop can't be acknowledged: they are all sent again when the stream is restarted.
  case xLogData(XLogData)
  /// A message written by `pg_logical_emit_message`; outside any transaction if not transactional.
  case message(LogicalMessage)
  /// A keepalive of the server. Delivered only with ``ReplicationParams/deliversKeepAlives``.
  case keepAlive(KeepAlive)
  /// Every transaction up to ``ReplicationParams/stopAt`` has been delivered. Nothing follows.
  ///
  /// Blocks of streamed transactions that end later may have been delivered too.
  case stoppedAt(LSN)
}

extension ReplicationEvent {
  /// A copy that does not refer to the stream's buffer, for events that are kept for long.
  public func copy() -> ReplicationEvent {
    guard case .xLogData(let data) = self else { return self }
    return .xLogData(
      XLogData(start: data.start, end: data.end, sentAt: data.sentAt, payload: data.payload.copy()))
  }
}
