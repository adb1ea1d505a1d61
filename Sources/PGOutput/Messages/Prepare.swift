public import CDCTime
public import PGWire

/// The end of a prepared transaction: all its changes have been sent.
///
///     Prepare         P | flags 1 | prepareLSN 8 | endLSN 8 | prepareTime 8 | xid 4 | gid …0
///     Stream Prepare  p | the same, for a transaction that was streamed in blocks
///
/// Once ``endLSN`` is acknowledged the changes are not sent again; whether they commit is reported
/// by a
/// ``CommitPrepared`` or a ``RollbackPrepared``, perhaps much later. So they must be kept until
/// then. Since server 15.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct Prepare: Hashable, Sendable {
  /// Unused so far; all servers send 0.
  public let flags: UInt8
  /// Where the prepare record lies.
  public let prepareLSN: LSN
  /// Where the prepare record ends: the position to acknowledge, exactly.
  public let endLSN: LSN
  /// When the transaction was prepared.
  public let prepareTime: PostgresTimestamp
  /// The transaction's id.
  public let xid: UInt32
  /// The name that `PREPARE TRANSACTION` gave it.
  public let gid: String

  package init(
    prepareLSN: LSN, endLSN: LSN, prepareTime: PostgresTimestamp, xid: UInt32, gid: String
  ) {
    flags = 0
    self.prepareLSN = prepareLSN
    self.endLSN = endLSN
    self.prepareTime = prepareTime
    self.xid = xid
    self.gid = gid
  }

  /// Decodes a whole Prepare or Stream Prepare message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    let letter = try rest.readUInt8()
    guard
      letter == PgOutputMessage.Kind.prepare.rawValue
        || letter == PgOutputMessage.Kind.streamPrepare.rawValue
    else { throw .unknownTag(letter) }
    flags = try rest.readUInt8()
    prepareLSN = try rest.readLSN()
    endLSN = try rest.readLSN()
    prepareTime = PostgresTimestamp(microseconds: try rest.readInt64())
    xid = try rest.readUInt32()
    gid = try rest.readCString()
    try rest.expectEnd()
  }
}
