public import CDCTime
public import PGWire

/// A streamed transaction, or one of its subtransactions, was rolled back.
///
///     Stream Abort  A | xid 4 | subtransaction's xid 4 | [abortLSN 8 | abortTime 8]
///
/// What is in brackets comes with the option `streaming` at `parallel` only, whatever the protocol
/// version. Every streamed subtransaction below one that is rolled back has a message of its own,
/// before that one's. Since server 14.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct StreamAbort: Hashable, Sendable {
  /// The id of the transaction.
  public let xid: UInt32
  /// The id whose changes have to be discarded: those that came with it.
  ///
  /// The same as ``xid`` if all of the transaction is.
  public let subxid: UInt32
  /// Where the abort record lies.
  ///
  /// Since server 16, with `streaming` at `parallel`; else `nil`.
  public let abortLSN: LSN?
  /// When it was rolled back.
  ///
  /// Since server 16, with `streaming` at `parallel`; else `nil`.
  public let abortTime: PostgresTimestamp?

  /// Whether the whole transaction was rolled back.
  public var isWhole: Bool { xid == subxid }

  /// Decodes a whole Stream Abort message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.streamAbort)
    xid = try rest.readUInt32()
    subxid = try rest.readUInt32()
    if rest.isEmpty {
      abortLSN = nil
      abortTime = nil
    } else {
      abortLSN = try rest.readLSN()
      abortTime = PostgresTimestamp(microseconds: try rest.readInt64())
      try rest.expectEnd()
    }
  }
}
