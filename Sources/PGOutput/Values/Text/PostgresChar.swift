/// A `"char"`, with the quotes: one byte.
///
/// It is printed as itself, as nothing if it is zero, and from 128 on as `\` and three octal digits
/// (since server 16; earlier ones print such a byte as it is).
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-character.html>
public struct PostgresChar: Hashable, Sendable {
  /// The byte.
  public let byte: UInt8

  /// A `"char"` of this byte.
  public init(_ byte: UInt8) {
    self.byte = byte
  }
}

extension PostgresChar: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .char }

  public init?(postgresText text: Span<UInt8>) {
    switch text.count {
    case 0: byte = 0
    case 1 where text[0] > 0: byte = text[0]
    case 4 where text[0] == UInt8(ascii: "\\"):
      var value: UInt16 = 0
      for index in 1..<4 {
        let digit = text[index] &- UInt8(ascii: "0")
        guard digit < 8 else { return nil }
        value = value << 3 | UInt16(digit)
      }
      guard (128...255).contains(value) else { return nil }
      byte = UInt8(value)
    default: return nil
    }
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 1 else { return nil }
    byte = bytes[0]
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    if byte >= 128 {
      bytes.append(UInt8(ascii: "\\"))
      for shift in [6, 3, 0] as [UInt8] { bytes.append(UInt8(ascii: "0") + (byte >> shift & 7)) }
    } else if byte > 0 {
      bytes.append(byte)
    }
  }
}
