import PGWire

/// A `bytea`: any bytes.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-binary.html>
public struct PostgresBytea: Hashable, Sendable {
  /// The bytes.
  public let bytes: [UInt8]

  /// A `bytea` of these bytes.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }
}

extension PostgresBytea: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .bytea }

  /// Reads `\x` and pairs of lower-case hexadecimal digits.
  public init?(postgresText text: Span<UInt8>) {
    guard text.count >= 2, text.count.isMultiple(of: 2), text[0] == UInt8(ascii: "\\"),
      text[1] == UInt8(ascii: "x")
    else { return nil }
    var isHex = true
    bytes = [UInt8](capacity: text.count / 2 - 1) { output in
      for index in stride(from: 2, to: text.count, by: 2) {
        guard let high = text[index].lowerHexValue, let low = text[index + 1].lowerHexValue else {
          isHex = false
          return
        }
        output.append(high << 4 | low)
      }
    }
    guard isHex else { return nil }
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    self.bytes = bytes.copied()
  }

  public func appendPostgresText(to output: inout [UInt8]) {
    bytes.span.appendByteaText(to: &output)
  }
}

extension PostgresBytea {
  /// Reads the style that servers print with `bytea_output` set to `escape`: a backslash is `\\`,
  /// and what isn't printable ASCII is `\` and three octal digits.
  package init?(escapedText text: Span<UInt8>) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var at = 0
    while at < text.count {
      let byte = text[at]
      guard byte >= 0x20, byte < 0x7F else { return nil }
      if byte != UInt8(ascii: "\\") {
        bytes.append(byte)
        at += 1
      } else if text.byte(at: at + 1) == byte {
        bytes.append(byte)
        at += 2
      } else {
        guard let escaped = text.octal(from: at + 1) else { return nil }
        bytes.append(escaped)
        at += 4
      }
    }
    self.bytes = bytes
  }
}

extension Span<UInt8> {
  /// Whether this is a `bytea` as servers print it with `bytea_output` set to `hex`.
  package var isHexBytea: Bool {
    guard count >= 2, count.isMultiple(of: 2), self[0] == UInt8(ascii: "\\"),
      self[1] == UInt8(ascii: "x")
    else { return false }
    for index in 2..<count where self[index].lowerHexValue == nil { return false }
    return true
  }

  /// The byte whose two lower-case hexadecimal digits begin at an offset.
  package func hexByte(at offset: Int) -> UInt8? {
    guard offset + 2 <= count, let high = self[offset].lowerHexValue,
      let low = self[offset + 1].lowerHexValue
    else { return nil }
    return high << 4 | low
  }

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

  /// Appends `\x` and the bytes in hexadecimal.
  func appendByteaText(to output: inout [UInt8]) {
    output.append(ascii: "\\x")
    output.append(addingCapacity: 2 * count) { output in
      for index in indices {
        output.append(lowerHexDigit(self[index] >> 4))
        output.append(lowerHexDigit(self[index] & 0xF))
      }
    }
  }
}

@inline(__always) func lowerHexDigit(_ value: UInt8) -> UInt8 {
  value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value - 10)
}
