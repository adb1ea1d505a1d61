import PGWire

/// Appending to a line of JSON: bytes, strings, numbers in hexadecimal.
extension [UInt8] {
  /// Appends text that is JSON already.
  @inline(__always) mutating func append(json text: String) {
    append(contentsOf: text.utf8)
  }

  /// Appends bytes as they are.
  @inline(__always) mutating func append(_ bytes: Span<UInt8>) {
    append(addingCapacity: bytes.count) { output in
      for index in bytes.indices { output.append(bytes[index]) }
    }
  }

  /// Appends a JSON string of any text.
  mutating func append(string text: String) {
    let bytes = Array(text.utf8)
    append(UInt8(ascii: "\""))
    if bytes.span.isPlain { append(bytes.span) } else { append(escaping: bytes.span) }
    append(UInt8(ascii: "\""))
  }

  /// Appends a JSON string.
  ///
  /// - Throws: If the bytes aren't UTF-8: no value is printed as another one.
  mutating func append(string bytes: Span<UInt8>) throws(UnexpectedText) {
    let isPlain = bytes.isPlain
    guard isPlain || bytes.isUTF8 else { throw UnexpectedText(reason: .notUTF8) }
    append(UInt8(ascii: "\""))
    if isPlain { append(bytes) } else { append(escaping: bytes) }
    append(UInt8(ascii: "\""))
  }

  /// Appends a position as the value of a JSON string: `16/B374D848`, unpadded.
  mutating func append(_ lsn: LSN) {
    append(UInt8(ascii: "\""))
    append(hex: UInt32(truncatingIfNeeded: lsn.rawValue >> 32))
    append(UInt8(ascii: "/"))
    append(hex: UInt32(truncatingIfNeeded: lsn.rawValue))
    append(UInt8(ascii: "\""))
  }

  private mutating func append(hex number: UInt32) {
    var shift = Swift.max(0, 28 - number.leadingZeroBitCount / 4 * 4)
    while shift >= 0 {
      append(upperHexDigit(UInt8(truncatingIfNeeded: number >> UInt32(shift)) & 0xF))
      shift -= 4
    }
  }

  private mutating func append(escaping bytes: Span<UInt8>) {
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "\""): append(json: #"\""#)
      case UInt8(ascii: "\\"): append(json: #"\\"#)
      case 0x08: append(json: #"\b"#)
      case 0x09: append(json: #"\t"#)
      case 0x0A: append(json: #"\n"#)
      case 0x0C: append(json: #"\f"#)
      case 0x0D: append(json: #"\r"#)
      case 0..<0x20: append(escape: UInt16(byte))
      default:
        if let (code, length) = bytes.invisible(at: at) {
          append(escape: code)
          at += length
          continue
        }
        append(byte)
      }
      at += 1
    }
  }

  /// Appends the bytes of a JSON document on one line.
  ///
  /// Line breaks lie between its tokens only, where a space is as good; what is escaped lies in its
  /// strings only.
  ///
  /// - Parameter bytes: A document, in UTF-8.
  mutating func append(document bytes: Span<UInt8>) {
    guard bytes.mayChangeInDocument else { return append(bytes) }
    reserveRoom(for: bytes.count)
    var at = 0
    while at < bytes.count {
      if let (code, length) = bytes.invisible(at: at) {
        append(escape: code)
        at += length
      } else {
        let byte = bytes[at]
        append(byte == 0x0A || byte == 0x0D ? 0x20 : byte)
        at += 1
      }
    }
  }

  /// Makes room, and more than asked for if there is none, so that many calls copy little.
  private mutating func reserveRoom(for more: Int) {
    guard capacity - count < more else { return }
    reserveCapacity(Swift.max(count + more, 2 * capacity))
  }

  private mutating func append(escape code: UInt16) {
    append(json: #"\u"#)
    for shift in [12, 8, 4, 0] as [UInt16] {
      append(upperHexDigit(UInt8(truncatingIfNeeded: code >> shift) & 0xF))
    }
  }
}

extension Span<UInt8> {
  /// The character at an offset, and its bytes, if it is one that terminals or JavaScript take for
  /// more than text: U+007F to U+009F, U+2028, U+2029.
  fileprivate func invisible(at offset: Int) -> (code: UInt16, length: Int)? {
    switch self[offset] {
    case 0x7F: return (0x7F, 1)
    case 0xC2:
      guard offset + 1 < count, self[offset + 1] < 0xA0 else { return nil }
      return (UInt16(self[offset + 1]), 2)
    case 0xE2:
      guard offset + 2 < count, self[offset + 1] == 0x80, self[offset + 2] | 1 == 0xA9 else {
        return nil
      }
      return (0x2000 | UInt16(self[offset + 2] & 0x3F), 3)
    default: return nil
    }
  }

  /// Whether a document has bytes that are not appended as they are, or may begin such.
  fileprivate var mayChangeInDocument: Bool {
    for index in indices {
      switch self[index] {
      case 0x0A, 0x0D, 0x7F, 0xC2, 0xE2: return true
      default: continue
      }
    }
    return false
  }

  /// Whether these are the bytes of a JSON string that has nothing to escape and is ASCII.
  fileprivate var isPlain: Bool {
    // Arithmetic without branches, so that the compiler takes many bytes at once: the top bit of
    // `special` gets set by a control character, by a byte that isn't ASCII, by `"` and by `\`.
    var special: UInt8 = 0
    var index = 0
    while index < count {
      let byte = self[index]
      special |= byte | (byte &- 0x20)
      special |= (byte ^ UInt8(ascii: "\"")) &- 1
      special |= (byte ^ UInt8(ascii: "\\")) &- 1
      special |= (byte ^ 0x7F) &- 1
      index &+= 1
    }
    return special < 0x80
  }

  /// Whether the bytes are well-formed UTF-8.
  var isUTF8: Bool { (try? UTF8Span(validating: self)) != nil }
}

private func upperHexDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + (value - 10)
}
