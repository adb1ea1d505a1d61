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
    append(string: bytes.span)
  }

  /// Appends a JSON string.
  ///
  /// - Parameter bytes: UTF-8; what is not comes out as U+FFFD.
  mutating func append(string bytes: Span<UInt8>) {
    append(UInt8(ascii: "\""))
    if bytes.isPlain {
      append(bytes)
    } else if bytes.isUTF8 {
      append(escaping: bytes)
    } else {
      let repaired = bytes.repairedUTF8()
      append(escaping: repaired.span)
    }
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
    for index in bytes.indices {
      switch bytes[index] {
      case UInt8(ascii: "\""): append(json: #"\""#)
      case UInt8(ascii: "\\"): append(json: #"\\"#)
      case 0x08: append(json: #"\b"#)
      case 0x09: append(json: #"\t"#)
      case 0x0A: append(json: #"\n"#)
      case 0x0C: append(json: #"\f"#)
      case 0x0D: append(json: #"\r"#)
      case let control where control < 0x20:
        append(json: #"\u00"#)
        append(upperHexDigit(control >> 4))
        append(upperHexDigit(control & 0xF))
      case let byte: append(byte)
      }
    }
  }
}

extension Span<UInt8> {
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
      index &+= 1
    }
    return special < 0x80
  }

  /// Whether the bytes are well-formed UTF-8.
  var isUTF8: Bool { (try? UTF8Span(validating: self)) != nil }

  /// The bytes with U+FFFD in place of what is not UTF-8.
  func repairedUTF8() -> [UInt8] { Array(lossyString().utf8) }
}

private func upperHexDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + (value - 10)
}
