extension ServerError {
  /// Decodes the body of an ErrorResponse (`E`) or NoticeResponse (`N`).
  ///
  /// Text that is not UTF-8 is repaired, since before the startup packet has been read the server
  /// writes in an encoding of its own. Unknown fields are skipped, as the protocol asks.
  ///
  /// - Parameter bytes: The message without its tag and length.
  /// - Throws: ``WireError`` if a field or the list of fields has no end, or bytes follow it. A
  ///   message that lacks the fields it should have is not an error.
  package init(decoding bytes: Span<UInt8>) throws(WireError) {
    var rest = bytes
    var fields: [Field: String] = [:]
    while true {
      let code = try rest.readUInt8()
      guard code != 0 else { break }
      let text = try rest.readLossyCString()
      if let field = Field(rawValue: Character(Unicode.Scalar(code))) { fields[field] = text }
    }
    try rest.expectEnd()
    self.init(fields)
  }
}
