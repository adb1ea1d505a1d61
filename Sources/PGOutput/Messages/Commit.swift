public import CDCTime
public import PGWire

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
    // As for Begin.
    if payload.count == 26, payload[0] == PgOutputMessage.Kind.commit.rawValue {
      flags = payload[1]
      commitLSN = LSN(rawValue: payload.uint64(at: 2))
      endLSN = LSN(rawValue: payload.uint64(at: 10))
      commitTime = PostgresTimestamp(microseconds: Int64(bitPattern: payload.uint64(at: 18)))
      return
    }
    var rest = payload
    try rest.readLetter(.commit)
    flags = try rest.readUInt8()
    commitLSN = try rest.readLSN()
    endLSN = try rest.readLSN()
    commitTime = PostgresTimestamp(microseconds: try rest.readInt64())
    try rest.expectEnd()
  }
}
