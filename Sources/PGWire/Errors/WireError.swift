/// What the peer did wrong on the wire: bytes that are not a message of the protocol.
///
/// After such an error the connection can't be trusted any more and is closed.
@nonexhaustive public enum WireError: Error, Hashable, Sendable {
  /// A message ended before a field that it must have.
  case truncated(needed: Int, available: Int)
  /// A message continued after its last field.
  case trailingBytes(count: Int)
  /// A string had no terminating zero byte inside its message.
  case unterminatedString
  /// A string was not valid UTF-8.
  case invalidUTF8
  /// A length, count or code that the field can't have.
  case invalidValue(field: String, value: Int64)
  /// A frame length outside 4…limit (it counts itself, in bytes).
  case invalidLength(tag: UInt8, length: Int64, limit: Int64)
  /// A row with another number of values than its description has columns; `nil` if it has none.
  case rowWidth(found: Int, described: Int?)
  /// A message type that no server sends in this place.
  case unknownTag(UInt8)
}

extension WireError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let needed, let available):
      "a message ends too early: \(needed) bytes needed, \(available) there"
    case .trailingBytes(let count): "a message has \(count) bytes too many"
    case .unterminatedString: "a string has no end inside its message"
    case .invalidUTF8: "a string is not UTF-8"
    case .invalidValue(let field, let value): "\(value) can't be a \(field)"
    case .invalidLength(let tag, let length, let limit):
      "a message of type \(Self.name(tag)) claims \(length) bytes; 4 to \(limit) are possible"
    case .rowWidth(let found, let described?):
      "a row has \(found) values, and its description has \(described) columns"
    case .rowWidth(let found, nil): "a row of \(found) values came without a description"
    case .unknownTag(let tag): "\(Self.name(tag)) is not a valid message type here"
    }
  }

  private static func name(_ tag: UInt8) -> String {
    (0x21...0x7E).contains(tag)
      ? "'\(Character(Unicode.Scalar(tag)))'" : "0x" + String(tag, radix: 16, uppercase: true)
  }
}
