public import PGWire

/// Where a transaction came from, if another server replicated it to this one.
///
///     ReplicationOrigin  O | commitLSN 8 | name …0
///
/// It follows Begin. A transaction has at most one here, though the protocol allows more.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct ReplicationOrigin: Hashable, Sendable {
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
