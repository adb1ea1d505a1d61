/// Bytes in a line of JSON: `bytea` columns in hexadecimal, contents of messages in base64.
extension [UInt8] {
  /// Appends a `bytea` as a JSON string of `\x` and lower-case hexadecimal digits.
  ///
  /// - Parameter text: What the server prints, with either setting of `bytea_output`.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-binary.html>
  mutating func append(bytea text: Span<UInt8>) throws(UnexpectedText) {
    append(json: #""\\x"#)
    if text.byte(at: 0) == UInt8(ascii: "\\"), text.byte(at: 1) == UInt8(ascii: "x") {
      guard text.count % 2 == 0 else { throw UnexpectedText() }
      for index in 2..<text.count where text[index].hexValue == nil { throw UnexpectedText() }
      append(text.extracting(droppingFirst: 2))
    } else {
      try append(hexOfEscaped: text)
    }
    append(UInt8(ascii: "\""))
  }

  /// Appends the digits of bytes that are given in `bytea_output`'s style `escape`.
  ///
  /// There a backslash is `\\`, and what isn't printable ASCII is `\` and three octal digits.
  private mutating func append(hexOfEscaped text: Span<UInt8>) throws(UnexpectedText) {
    var at = 0
    while at < text.count {
      let byte = text[at]
      guard byte >= 0x20, byte < 0x7F else { throw UnexpectedText() }
      if byte != UInt8(ascii: "\\") {
        append(hex: byte)
        at += 1
      } else if text.byte(at: at + 1) == byte {
        append(hex: byte)
        at += 2
      } else {
        guard let escaped = text.octal(from: at + 1) else { throw UnexpectedText() }
        append(hex: escaped)
        at += 4
      }
    }
  }

  private mutating func append(hex byte: UInt8) {
    append(lowerHexDigit(byte >> 4))
    append(lowerHexDigit(byte & 0xF))
  }

  /// Appends a JSON string in base64, with its padding.
  mutating func append(base64 bytes: Span<UInt8>) {
    append(UInt8(ascii: "\""))
    var at = 0
    while at < bytes.count {
      let rest = Swift.min(3, bytes.count - at)
      var group: UInt32 = 0
      for index in 0..<3 {
        group = group << 8 | UInt32(index < rest ? bytes[at + index] : 0)
      }
      for index in 0..<4 {
        let digit = UInt8(truncatingIfNeeded: group >> UInt32(18 - 6 * index)) & 0x3F
        append(index <= rest ? base64Digit(digit) : UInt8(ascii: "="))
      }
      at += 3
    }
    append(UInt8(ascii: "\""))
  }
}

extension Span<UInt8> {
  /// The byte whose three octal digits begin at an offset.
  fileprivate func octal(from start: Int) -> UInt8? {
    guard start + 3 <= count else { return nil }
    var value: UInt16 = 0
    for index in start..<start + 3 {
      let digit = self[index] &- UInt8(ascii: "0")
      guard digit < 8 else { return nil }
      value = value << 3 | UInt16(digit)
    }
    return UInt8(exactly: value)
  }
}

private func lowerHexDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value - 10)
}

private func base64Digit(_ value: UInt8) -> UInt8 {
  switch value {
  case 0..<26: UInt8(ascii: "A") + value
  case 26..<52: UInt8(ascii: "a") + (value - 26)
  case 52..<62: UInt8(ascii: "0") + (value - 52)
  case 62: UInt8(ascii: "+")
  default: UInt8(ascii: "/")
  }
}
