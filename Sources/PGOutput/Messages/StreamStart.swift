public import PGWire

/// The start of a block of changes of one transaction that is still in progress.
///
///     Stream Start  S | xid 4 | first block 1 (1 = yes)
///
/// The changes up to the Stream Stop belong to it and to its subtransactions. They are provisional:
/// they count once a ``StreamCommit`` says so, and not at all after a ``StreamAbort``.
///
/// Since server 14, with the option `streaming`.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct StreamStart: Hashable, Sendable {
  /// The id of the transaction, not of a subtransaction.
  public let xid: UInt32
  /// Whether this is the transaction's first block on this stream.
  public let isFirst: Bool

  /// Decodes a whole Stream Start message, its letter included.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.streamStart)
    xid = try rest.readUInt32()
    let first = try rest.readUInt8()
    guard first <= 1 else {
      throw .invalidValue(field: "first block flag", value: Int64(first))
    }
    isFirst = first == 1
    try rest.expectEnd()
  }
}
