public import CDCTime
public import PGOutput
public import PGWire

/// What a replication stream delivers.
///
/// Events own what they carry. Only ``xLogData(_:)`` refers to the stream's buffer: holding one
/// holds a piece of that buffer; see ``Payload``.
@nonexhaustive public enum ReplicationEvent: Sendable {
  /// A transaction begins; what follows up to its commit belongs to it.
  case begin(Begin)
  /// The transaction is complete. Acknowledge its `endLSN` once everything in it is durable.
  case commit(Commit)
  /// Any other message of the output plugin, undecoded; for pgoutput see `PgOutputDecoder`.
  ///
  /// That includes what frames a streamed or a prepared transaction, since the decoder has to see
  /// it. Acknowledge the `endLSN` of a Stream Commit, Prepare, Stream Prepare, Commit Prepared or
  /// Rollback Prepared as that of a ``commit(_:)``. What came between Stream Start and Stream Stop
  /// can't be acknowledged: after a new start of the stream it is all sent again.
  case xLogData(XLogData)
  /// What `pg_logical_emit_message` has written; outside any transaction if not transactional.
  case message(LogicalMessage)
  /// The server's sign of life. Delivered only if ``ReplicationParams/deliversKeepAlives`` asks.
  case keepAlive(KeepAlive)
  /// Every transaction up to ``ReplicationParams/stopAt`` has been delivered. Nothing follows.
  ///
  /// Blocks of streamed transactions that end later may have been delivered too.
  case stoppedAt(LSN)
}

extension ReplicationEvent {
  /// The same event without a hold on the stream's buffer: for what is kept for long.
  public func copy() -> ReplicationEvent {
    guard case .xLogData(let data) = self else { return self }
    return .xLogData(
      XLogData(start: data.start, end: data.end, sentAt: data.sentAt, payload: data.payload.copy()))
  }
}

/// One message of the output plugin.
public struct XLogData: Sendable {
  /// The message's position; zero for some, and not growing from one message to the next.
  public let start: LSN
  /// For a logical slot the same as ``start``.
  public let end: LSN
  /// The server's clock when it was sent.
  public let sentAt: PostgresTimestamp
  /// The message itself.
  public let payload: Payload
}

/// The server's sign of life.
public struct KeepAlive: Hashable, Sendable {
  /// The end of what the server has decoded so far.
  ///
  /// Not to be acknowledged by itself: it says nothing of what the consumer has made durable.
  public let walEnd: LSN
  /// The server's clock when it was sent.
  public let sentAt: PostgresTimestamp
  /// Whether the server wanted an answer, which it has got by now.
  public let replyRequested: Bool
}

extension KeepAlive {
  /// The keepalive in a frame, if it is one.
  init?(_ frame: CopyBothFrame) {
    guard case .keepAlive(let walEnd, let sentAt, let replyRequested) = frame else { return nil }
    self.init(walEnd: walEnd, sentAt: sentAt, replyRequested: replyRequested)
  }
}
