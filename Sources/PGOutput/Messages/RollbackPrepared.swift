public import CDCTime
public import PGWire

/// `ROLLBACK PREPARED`: a transaction that was sent before is undone.
///
///     Rollback Prepared  r | flags 1 | prepareEndLSN 8 | endLSN 8 | prepareTime 8
///                          | rollbackTime 8 | xid 4 | gid …0
///
/// As with ``CommitPrepared``, the transaction may never have been announced. Since server 15.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct RollbackPrepared: Hashable, Sendable {
  /// Unused so far; all servers send 0.
  public let flags: UInt8
  /// Where the prepare record ended: the ``Prepare/endLSN`` of what is undone.
  public let prepareEndLSN: LSN
  /// Where the record of the rollback ends: the position to acknowledge, exactly.
  public let endLSN: LSN
  /// When the transaction was prepared.
  public let prepareTime: PostgresTimestamp
  /// When it was rolled back.
  public let rollbackTime: PostgresTimestamp
  /// The transaction's id, the same as in its ``Prepare``.
  public let xid: UInt32
  /// The name that `PREPARE TRANSACTION` gave it.
  public let gid: String

  /// Decodes a whole Rollback Prepared message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.rollbackPrepared)
    flags = try rest.readUInt8()
    prepareEndLSN = try rest.readLSN()
    endLSN = try rest.readLSN()
    prepareTime = PostgresTimestamp(microseconds: try rest.readInt64())
    rollbackTime = PostgresTimestamp(microseconds: try rest.readInt64())
    xid = try rest.readUInt32()
    gid = try rest.readCString()
    try rest.expectEnd()
  }
}
