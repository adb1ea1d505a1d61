package import PGWire

/// The front of a message: what it is, and in a streamed block which transaction wrote it.
///
///     letter 1 | [xid 4, in a streamed block, of most kinds] | body …
///
/// A ``StreamPosition`` reads it, since the place in the stream decides whether the xid is there.
package struct MessageHead: Hashable, Sendable {
  package let kind: PgOutputMessage.Kind
  /// The transaction or subtransaction that it belongs to, if the message says.
  package let xid: UInt32?
  /// Where the body begins in the message.
  package let bodyStart: Int
}

extension StreamPosition {
  /// Reads the front of a message, which must be one that can come here.
  package func head(
    of payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> MessageHead {
    guard let kind = PgOutputMessage.kind(of: payload) else {
      if payload.isEmpty { throw .emptyMessage(lsn: lsn) }
      throw .unknownMessage(letter: payload[0], lsn: lsn)
    }
    return try head(kind, payload, at: lsn)
  }

  /// Reads the front of a message of that kind.
  func head(
    _ kind: PgOutputMessage.Kind, _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> MessageHead {
    try expect(kind, at: lsn)
    let start = kind.hasXIDInBlock ? bodyStart : 1
    guard payload.count >= start else {
      throw .malformed(kind, .truncated(needed: 4, available: payload.count - 1), lsn: lsn)
    }
    return MessageHead(
      kind: kind, xid: start > 1 ? payload.uint32(at: 1) : nil, bodyStart: start)
  }

  /// The transaction or subtransaction that a message belongs to, if it says, whatever else is
  /// wrong with it.
  func xid(of payload: Span<UInt8>) -> UInt32? {
    guard bodyStart > 1, payload.count >= bodyStart,
      PgOutputMessage.kind(of: payload)?.hasXIDInBlock == true
    else { return nil }
    return payload.uint32(at: 1)
  }
}
