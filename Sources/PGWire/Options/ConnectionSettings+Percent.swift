/// Percent-decoding, as libpq 18's `conninfo_uri_decode` does it.
///
/// Spaces around a part are dropped, a space inside is an error, and `%00` is refused. Other
/// white space and bytes above 127 pass as they are; `+` is a plus.
extension ConnectionSettings {
  static func decoded(
    _ encoded: Span<UInt8>, part: String
  ) throws(ConnectionOptionsError) -> [UInt8] {
    let space = UInt8(ascii: " ")
    var index = 0
    var end = encoded.count
    while index < end, encoded[index] == space { index += 1 }
    while index < end, encoded[end - 1] == space { end -= 1 }

    var bytes: [UInt8] = []
    bytes.reserveCapacity(end - index)
    while index < end {
      switch encoded[index] {
      case UInt8(ascii: "%"):
        guard index + 2 < end, let upper = HexDigit.value(of: encoded[index + 1]),
          let lower = HexDigit.value(of: encoded[index + 2])
        else { throw .malformed(.percentEncoding(part: part)) }
        let byte = upper << 4 | lower
        guard byte != 0 else { throw .malformed(.zeroByte(part: part)) }
        bytes.append(byte)
        index += 3
      case space:
        throw .malformed(.space(part: part))
      case let byte:
        bytes.append(byte)
        index += 1
      }
    }
    return bytes
  }
}
