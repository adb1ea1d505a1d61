public import CDCTime
public import PGWire

/// `COMMIT PREPARED`: a transaction that was sent before is committed.
///
///     Commit Prepared  K | flags 1 | commitLSN 8 | endLSN 8 | commitTime 8 | xid 4 | gid …0
///
/// Servers before 15.19, 16.15, 17.11 and 18.6 also send it for prepared transactions that
/// they have never announced, since these had changed nothing. Since server 15.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct CommitPrepared: Hashable, Sendable {
  /// Unused so far; all servers send 0.
  public let flags: UInt8
  /// Where the record of the commit lies.
  public let commitLSN: LSN
  /// Where that record ends: the position to acknowledge, exactly.
  public let endLSN: LSN
  /// When the transaction committed.
  public let commitTime: PostgresTimestamp
  /// The transaction's id, the same as in its ``Prepare``.
  public let xid: UInt32
  /// The name that `PREPARE TRANSACTION` gave it.
  public let gid: String

  /// Decodes a whole Commit Prepared message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.commitPrepared)
    flags = try rest.readUInt8()
    commitLSN = try rest.readLSN()
    endLSN = try rest.readLSN()
    commitTime = PostgresTimestamp(microseconds: try rest.readInt64())
    xid = try rest.readUInt32()
    gid = try rest.readCString()
    try rest.expectEnd()
  }
}
