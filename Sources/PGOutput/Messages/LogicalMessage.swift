public import PGWire

/// What `pg_logical_emit_message` wrote to the log.
///
///     Message  M | [xid 4] | flags 1 | lsn 8 | prefix …0 | length 4 | content …
///
/// The xid is there only inside a streamed block. Sent by servers since 14, and only if the stream
/// was started with `messages`. A message that isn't transactional comes at its place in the log,
/// outside any transaction.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct LogicalMessage: Hashable, Sendable {
  /// The transaction or subtransaction that it belongs to, known only inside a streamed block.
  public let xid: UInt32?
  /// Whether the message belongs to a transaction, and would have been rolled back with it.
  public let isTransactional: Bool
  /// The end of the message's record, which is what `pg_logical_emit_message` returned.
  public let lsn: LSN
  /// Distinguishes the messages of one application from those of others.
  public let prefix: String
  /// The content as it was written; unlike all other text it isn't converted to UTF-8.
  public let content: [UInt8]

  /// Decodes a whole logical Message, its letter included.
  ///
  /// - Parameter isInStreamedBlock: Whether it came between a Stream Start and a Stream Stop.
  public init(decoding payload: Span<UInt8>, isInStreamedBlock: Bool = false) throws(WireError) {
    var rest = payload
    try rest.readLetter(.message)
    try self.init(xid: isInStreamedBlock ? try rest.readUInt32() : nil, body: rest)
  }

  /// - Parameter body: What follows the letter, and the xid if there is one.
  init(xid: UInt32?, body: Span<UInt8>) throws(WireError) {
    self.xid = xid
    var rest = body
    let flags = try rest.readUInt8()
    isTransactional = flags & 1 != 0
    lsn = try rest.readLSN()
    prefix = try rest.readCString()
    let length = try rest.readInt32()
    guard length >= 0 else {
      throw .invalidValue(field: "content length", value: Int64(length))
    }
    content = try rest.readBytes(Int(length))
    try rest.expectEnd()
  }
}
