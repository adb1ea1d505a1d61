/// JSON strings and documents.
extension OutputBuffer {
  /// Appends text that is JSON already.
  @inline(__always) mutating func append(json text: StaticString) {
    makeRoom(for: text.utf8CodeUnitCount)
    put(text)
  }

  /// Appends `true` or `false`.
  mutating func append(_ flag: Bool) {
    append(json: flag ? "true" : "false")
  }

  /// Appends a JSON string of any text.
  package mutating func append(string text: String) {
    let utf8 = text.utf8
    let bytes = utf8.span
    if bytes.isPlain { append(quoting: bytes) } else { append(escaping: bytes) }
  }

  /// Appends a JSON string.
  ///
  /// - Throws: If the bytes aren't UTF-8: no value is printed as another one.
  @inline(__always) mutating func append(string bytes: Span<UInt8>) throws(UnexpectedText) {
    if bytes.isPlain { return append(quoting: bytes) }
    try append(stringOfAny: bytes)
  }

  /// Appends a JSON string of bytes that have nothing to escape.
  @inline(__always) mutating func append(quoting bytes: Span<UInt8>) {
    makeRoom(for: bytes.count &+ 2)
    put(UInt8(ascii: "\""))
    put(bytes)
    put(UInt8(ascii: "\""))
  }

  @inline(never) private mutating func append(
    stringOfAny bytes: Span<UInt8>
  ) throws(UnexpectedText) {
    guard bytes.isUTF8 else { throw UnexpectedText(reason: .notUTF8) }
    append(escaping: bytes)
  }

  private mutating func append(escaping bytes: Span<UInt8>) {
    append(UInt8(ascii: "\""))
    var start = 0
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      guard byte.isSpecial, let length = bytes.escapedLength(at: at) else {
        at &+= 1
        continue
      }
      append(bytes.extracting(start..<at))
      append(escape: bytes.extracting(at..<at &+ length))
      at &+= length
      start = at
    }
    append(bytes.extracting(start..<at))
    append(UInt8(ascii: "\""))
  }

  /// Appends the bytes of a JSON document on one line.
  ///
  /// Line breaks lie only between its tokens, where a space means the same; characters that are
  /// escaped lie only in its strings.
  ///
  /// - Parameter bytes: A document, in UTF-8.
  mutating func append(document bytes: Span<UInt8>) {
    var start = 0
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      if byte == 0x0A || byte == 0x0D {
        append(bytes.extracting(start..<at))
        append(0x20)
        at &+= 1
      } else if byte >= 0x7F, let length = bytes.escapedLength(at: at) {
        append(bytes.extracting(start..<at))
        append(escape: bytes.extracting(at..<at &+ length))
        at &+= length
      } else {
        at &+= 1
        continue
      }
      start = at
    }
    append(bytes.extracting(start..<at))
  }

  /// Appends the escape of one character.
  private mutating func append(escape character: Span<UInt8>) {
    switch character[0] {
    case UInt8(ascii: "\""): append(json: #"\""#)
    case UInt8(ascii: "\\"): append(json: #"\\"#)
    case 0x08: append(json: #"\b"#)
    case 0x09: append(json: #"\t"#)
    case 0x0A: append(json: #"\n"#)
    case 0x0C: append(json: #"\f"#)
    case 0x0D: append(json: #"\r"#)
    case 0xC2: append(escape: UInt16(character[1]))
    case 0xE2: append(escape: 0x2000 | UInt16(character[2] & 0x3F))
    case let byte: append(escape: UInt16(byte))
    }
  }

  private mutating func append(escape code: UInt16) {
    append(json: #"\u"#)
    append(upperHexOf: code)
  }
}

extension UInt8 {
  /// Whether a character that begins with this byte may have to be escaped in a string.
  @inline(__always) fileprivate var isSpecial: Bool {
    self < 0x20 || self == UInt8(ascii: "\"") || self == UInt8(ascii: "\\") || self == 0x7F
      || self == 0xC2 || self == 0xE2
  }
}

extension Span<UInt8> {
  /// How many bytes the character at an offset has, if it is one that JSON strings escape: what the
  /// grammar asks for, and what terminals or JavaScript take for more than text, which is U+007F to
  /// U+009F, U+2028 and U+2029.
  fileprivate func escapedLength(at offset: Int) -> Int? {
    switch self[offset] {
    case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7F: return 1
    case 0xC2: return offset + 1 < count && self[offset + 1] < 0xA0 ? 2 : nil
    case 0xE2:
      guard offset + 2 < count, self[offset + 1] == 0x80, self[offset + 2] | 1 == 0xA9 else {
        return nil
      }
      return 3
    default: return nil
    }
  }

  /// Whether the bytes are well-formed UTF-8.
  var isUTF8: Bool { (try? UTF8Span(validating: self)) != nil }
}
