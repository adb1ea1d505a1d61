import PGWire

/// A `bit` or `varbit`: a string of bits.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-bit.html>
public struct PostgresBits: Hashable, Sendable {
  /// How many bits there are.
  public let count: Int
  /// The bits, the first on top of the first byte; those behind the last are zero.
  public let bytes: [UInt8]

  /// Bits from bytes that hold them as ``bytes`` does.
  ///
  /// - Returns: `nil` if there are too few or too many bytes, or bits behind the last.
  public init?(count: Int, bytes: [UInt8]) {
    guard count >= 0, bytes.count == count / 8 + (count % 8).signum() else { return nil }
    let unused = UInt8(truncatingIfNeeded: bytes.count * 8 - count)
    guard bytes.last.map({ $0 & ((1 << unused) - 1) == 0 }) ?? true else { return nil }
    self.count = count
    self.bytes = bytes
  }

  /// Whether the bit is set; the first has the index 0.
  public subscript(index: Int) -> Bool {
    precondition(index >= 0 && index < count, "there is no such bit")
    return bytes[index / 8] & (0x80 >> UInt8(index % 8)) != 0
  }
}

extension PostgresBits: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool {
    type == .bit || type == .varbit
  }

  public init?(postgresText text: Span<UInt8>) {
    var bytes = [UInt8](repeating: 0, count: (text.count + 7) / 8)
    for index in text.indices {
      let bit = text[index] &- UInt8(ascii: "0")
      guard bit < 2 else { return nil }
      bytes[index / 8] |= bit << UInt8(7 - index % 8)
    }
    self.init(count: text.count, bytes: bytes)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    var rest = bytes
    guard let count = rest.takeInt32() else { return nil }
    self.init(count: Int(count), bytes: rest.copied())
  }

  public func appendPostgresText(to output: inout [UInt8]) {
    for index in 0..<count { output.append(UInt8(ascii: self[index] ? "1" : "0")) }
  }
}
