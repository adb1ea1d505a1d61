public import CDCTime

/// What the server sends inside `CopyData` while a replication stream is open.
///
///     XLogData           w | start 8 | end 8 | sentAt 8 | payload …
///     Primary keepalive  k | walEnd 8 | sentAt 8 | replyRequested 1
///
/// The payload borrows the connection's buffer, so the compiler confines the frame to the closure
/// that receives it; copy what must outlive it.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-replication.html>
@nonexhaustive public enum CopyBothFrame: ~Escapable {
  /// `w`: one message of the output plugin.
  ///
  /// For a logical slot `start` and `end` are always equal. They are the plugin message's position,
  /// not the end of the server's log; some are zero, and they don't always increase.
  case xLogData(start: LSN, end: LSN, sentAt: PostgresTimestamp, payload: Span<UInt8>)
  /// `k`: the end of what the server has decoded so far, and whether it wants an answer at once.
  case keepAlive(walEnd: LSN, sentAt: PostgresTimestamp, replyRequested: Bool)
}

extension CopyBothFrame {
  /// Decodes one frame and passes it to `body`.
  ///
  /// - Parameter bytes: The whole content of one `CopyData`, without its tag and length.
  /// - Throws: ``WireError`` if `bytes` is not such a frame. An unknown *plugin* message is not an
  ///   error here: the payload is not parsed.
  public static func decode<R>(
    _ bytes: Span<UInt8>, _ body: (CopyBothFrame) throws(WireError) -> R
  ) throws(WireError) -> R {
    if let header = XLogDataHeader(bytes) {
      let payload = bytes.extracting(droppingFirst: XLogDataHeader.size)
      return try body(
        .xLogData(start: header.start, end: header.end, sentAt: header.sentAt, payload: payload))
    }
    var rest = bytes
    switch try rest.readUInt8() {
    case XLogDataHeader.letter:
      throw .truncated(needed: XLogDataHeader.size, available: bytes.count)
    case UInt8(ascii: "k"):
      let walEnd = try rest.readLSN()
      let sentAt = PostgresTimestamp(microseconds: try rest.readInt64())
      let replyRequested = try rest.readUInt8() != 0
      try rest.expectEnd()
      return try body(.keepAlive(walEnd: walEnd, sentAt: sentAt, replyRequested: replyRequested))
    case let tag:
      throw .unknownTag(tag)
    }
  }
}
