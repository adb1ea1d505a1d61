/// The binary form of `tsvector`, as text.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-textsearch.html>
extension Span<UInt8> {
  /// Appends `'a':1A,2 'b'` of: count 4, count × (lexeme …0, count 2, count × position 2).
  func appendTSVector(to output: inout [UInt8]) throws(PostgresValueError) {
    var rest = self
    guard let count = rest.takeInt32(), count >= 0 else { throw .malformed }
    for index in 0..<count {
      if index > 0 { output.append(UInt8(ascii: " ")) }
      try rest.appendLexeme(to: &output)
      guard rest.count >= 2 else { throw .malformed }
      let positions = Int(rest.uint16(at: 0))
      guard rest.count >= 2 + 2 * positions else { throw .malformed }
      for position in 0..<positions {
        output.append(position == 0 ? UInt8(ascii: ":") : UInt8(ascii: ","))
        let word = rest.uint16(at: 2 + 2 * position)
        output.append(decimal: word & 0x3FFF)
        // D is 0, and isn't printed.
        if word >> 14 > 0 { output.append(UInt8(ascii: "D") - UInt8(word >> 14)) }
      }
      rest = rest.extracting(droppingFirst: 2 + 2 * positions)
    }
    guard rest.isEmpty else { throw .malformed }
  }

  /// Takes a text and the zero behind it, and appends it in single quotes.
  mutating func appendLexeme(to output: inout [UInt8]) throws(PostgresValueError) {
    var length = 0
    output.append(UInt8(ascii: "'"))
    while true {
      guard length < count else { throw .malformed }
      let byte = self[length]
      length += 1
      if byte == 0 { break }
      if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") { output.append(byte) }
      output.append(byte)
    }
    output.append(UInt8(ascii: "'"))
    self = extracting(droppingFirst: length)
  }
}
