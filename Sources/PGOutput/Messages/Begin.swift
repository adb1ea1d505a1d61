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
    var rest = payload
    try rest.readLetter(.begin)
    finalLSN = try rest.readLSN()
    commitTime = PostgresTimestamp(microseconds: try rest.readInt64())
    xid = try rest.readUInt32()
    try rest.expectEnd()
  }
}

/// The end of a transaction.
///
///     Commit  C | flags 1 | commitLSN 8 | endLSN 8 | commitTime 8
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct Commit: Hashable, Sendable {
  /// Unused so far; all servers send 0.
  public let flags: UInt8
  /// Where the commit record lies.
  public let commitLSN: LSN
  /// Where the commit record ends: the position to acknowledge, exactly.
  public let endLSN: LSN
  /// When the transaction committed.
  public let commitTime: PostgresTimestamp

  package init(commitLSN: LSN, endLSN: LSN, commitTime: PostgresTimestamp) {
    flags = 0
    self.commitLSN = commitLSN
    self.endLSN = endLSN
    self.commitTime = commitTime
  }

  /// Decodes a whole Commit message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.commit)
    flags = try rest.readUInt8()
    commitLSN = try rest.readLSN()
    endLSN = try rest.readLSN()
    commitTime = PostgresTimestamp(microseconds: try rest.readInt64())
    try rest.expectEnd()
  }
}

/// Where a transaction came from, if another server replicated it to this one.
///
///     Origin  O | commitLSN 8 | name …0
///
/// It follows Begin. A transaction has at most one here, though the protocol allows more.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct Origin: Hashable, Sendable {
  /// The commit's position on the server it came from; `0/0` if that isn't known.
  public let commitLSN: LSN
  /// The name of the replication origin.
  public let name: String

  /// Decodes a whole Origin message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.origin)
    commitLSN = try rest.readLSN()
    name = try rest.readCString()
    try rest.expectEnd()
  }
}
