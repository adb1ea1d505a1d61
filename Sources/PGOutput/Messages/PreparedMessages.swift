public import CDCTime
public import PGWire

/// The start of a transaction that is sent when it has been prepared, before it commits.
///
///     Begin Prepare  b | prepareLSN 8 | endLSN 8 | prepareTime 8 | xid 4 | gid …0
///
/// The changes follow, then a ``Prepare``. Only slots with `two_phase` send it, and these do so at
/// every protocol version, asked for or not. Since server 15.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct BeginPrepare: Hashable, Sendable {
  /// Where the prepare record lies.
  public let prepareLSN: LSN
  /// Where the prepare record ends.
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
    self.prepareLSN = prepareLSN
    self.endLSN = endLSN
    self.prepareTime = prepareTime
    self.xid = xid
    self.gid = gid
  }

  /// Decodes a whole Begin Prepare message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.beginPrepare)
    prepareLSN = try rest.readLSN()
    endLSN = try rest.readLSN()
    prepareTime = PostgresTimestamp(microseconds: try rest.readInt64())
    xid = try rest.readUInt32()
    gid = try rest.readCString()
    try rest.expectEnd()
  }
}

/// The end of a prepared transaction: all its changes have been sent.
///
///     Prepare         P | flags 1 | prepareLSN 8 | endLSN 8 | prepareTime 8 | xid 4 | gid …0
///     Stream Prepare  p | the same, for a transaction that was streamed in blocks
///
/// Once ``endLSN`` is acknowledged the changes are not sent again; whether they commit is told by a
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
