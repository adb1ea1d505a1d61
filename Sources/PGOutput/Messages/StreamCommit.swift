public import CDCTime
public import PGWire

/// The end of a streamed transaction: what its blocks held has been committed.
///
///     Stream Commit  c | xid 4 | flags 1 | commitLSN 8 | endLSN 8 | commitTime 8
///
/// Changes of a subtransaction are not part of it if a ``StreamAbort`` for it came before. Since
/// server 14.
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
