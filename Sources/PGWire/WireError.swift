/// What the peer did wrong on the wire: bytes that are no message of the protocol.
///
/// After such an error the connection can't be trusted any more and is closed.
@nonexhaustive public enum WireError: Error, Hashable, Sendable {
  /// A message ended before a field that it must have.
  case truncated(needed: Int, available: Int)
  /// A message went on after its last field.
  case trailingBytes(count: Int)
  /// A string had no terminating zero byte inside its message.
  case unterminatedString
  /// A string was not valid UTF-8.
  case invalidUTF8
  /// A length, count or code that the field can't have.
  case invalidValue(field: String, value: Int64)
  /// A frame length outside 4…limit (it counts itself, in bytes).
  case invalidLength(tag: UInt8, length: Int64, limit: Int64)
  /// A message type that no server sends in this place.
  case unknownTag(UInt8)
}
