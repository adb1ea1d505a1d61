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
