public import CDCTime
public import PGWire

/// The start of a transaction, which is sent when it has committed.
///
///     Begin  B | finalLSN 8 | commitTime 8 | xid 4
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct Begin: Hashable, Sendable {
  /// Where the transaction's commit record lies: the `commitLSN` of the Commit that will follow.
  public let finalLSN: LSN
  /// When the transaction committed.
  public let commitTime: PostgresTimestamp
  /// The transaction's id.
  public let xid: UInt32

  package init(finalLSN: LSN, commitTime: PostgresTimestamp, xid: UInt32) {
    self.finalLSN = finalLSN
    self.commitTime = commitTime
    self.xid = xid
  }

  /// Decodes a whole Begin message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    // All that servers send, checked with one look at the length: there are many small
    // transactions.
    if payload.count == 21, payload[0] == PgOutputMessage.Kind.begin.rawValue {
      finalLSN = LSN(rawValue: payload.uint64(at: 1))
      commitTime = PostgresTimestamp(microseconds: Int64(bitPattern: payload.uint64(at: 9)))
      xid = payload.uint32(at: 17)
      return
    }
    var rest = payload
    try rest.readLetter(.begin)
    finalLSN = try rest.readLSN()
    commitTime = PostgresTimestamp(microseconds: try rest.readInt64())
    xid = try rest.readUInt32()
    try rest.expectEnd()
  }
}
