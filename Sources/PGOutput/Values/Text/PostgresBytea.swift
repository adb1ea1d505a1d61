import PGWire

/// A `bytea`: any bytes.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-binary.html>
public struct PostgresBytea: Hashable, Sendable {
  public let bytes: [UInt8]

  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }
}

extension PostgresBytea: PostgresScalar, CustomStringConvertible {
  public static func stands(for type: BuiltinType) -> Bool { type == .bytea }

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

extension Span<UInt8> {
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
