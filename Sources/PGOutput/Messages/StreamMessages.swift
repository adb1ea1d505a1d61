public import CDCTime
public import PGWire

/// The start of a block of changes of one transaction that is still in progress.
///
///     Stream Start  S | xid 4 | first block 1 (1 = yes)
///
/// The changes up to the Stream Stop belong to it and to its subtransactions. They are provisional:
/// they count once a ``StreamCommit`` says so, and not at all after a ``StreamAbort``.
///
/// Since server 14, with the option `streaming`.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct StreamStart: Hashable, Sendable {
  /// The id of the transaction, not of a subtransaction.
  public let xid: UInt32
  /// Whether this is the transaction's first block on this stream.
  public let isFirst: Bool

  /// Decodes a whole Stream Start message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.streamStart)
    xid = try rest.readUInt32()
    let first = try rest.readUInt8()
    guard first <= 1 else {
      throw .invalidValue(field: "first block flag", value: Int64(first))
    }
    isFirst = first == 1
    try rest.expectEnd()
  }
}

/// The end of a streamed transaction: what its blocks held has been committed.
///
///     Stream Commit  c | xid 4 | flags 1 | commitLSN 8 | endLSN 8 | commitTime 8
///
/// Not what subtransactions have done of which a ``StreamAbort`` came before. Since server 14.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct StreamCommit: Hashable, Sendable {
  /// The id of the transaction.
  public let xid: UInt32
  /// Unused so far; all servers send 0.
  public let flags: UInt8
  /// Where the commit record lies.
  public let commitLSN: LSN
  /// Where the commit record ends: the position to acknowledge, exactly.
  public let endLSN: LSN
  /// When the transaction committed.
  public let commitTime: PostgresTimestamp

  /// Decodes a whole Stream Commit message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.streamCommit)
    xid = try rest.readUInt32()
    flags = try rest.readUInt8()
    commitLSN = try rest.readLSN()
    endLSN = try rest.readLSN()
    commitTime = PostgresTimestamp(microseconds: try rest.readInt64())
    try rest.expectEnd()
  }
}

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
  /// Whose changes are to be forgotten: those that came with this id.
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
