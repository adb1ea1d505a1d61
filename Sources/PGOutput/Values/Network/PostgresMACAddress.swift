/// A `macaddr` of six bytes or a `macaddr8` of eight.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-net-types.html>
public struct PostgresMACAddress: Hashable, Sendable {
  /// The address, in the lowest 48 or 64 bits.
  public let bits: UInt64
  /// 6 or 8.
  public let byteCount: Int

  /// - Returns: `nil` for another length, or bits beyond it.
  public init?(bits: UInt64, byteCount: Int) {
    guard byteCount == 8 || byteCount == 6 && bits < 1 << 48 else { return nil }
    self.bits = bits
    self.byteCount = byteCount
  }
}

extension PostgresMACAddress: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool {
    type == .macaddr || type == .macaddr8
  }

  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    self = try Self.checked(PostgresMACAddress(postgresText: text), type)
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    self = try Self.checked(PostgresMACAddress(postgresBinary: bytes), type)
  }

  private static func checked(
    _ address: Self?, _ type: PostgresType
  ) throws(PostgresValueError) -> Self {
    guard let type = type.builtin, stands(for: type) else { throw .wrongType }
    guard let address, address.byteCount == (type == .macaddr ? 6 : 8) else { throw .malformed }
    return address
  }

  /// Reads `08:00:2b:01:02:03`, or eight bytes in the same style.
  public init?(postgresText text: Span<UInt8>) {
    guard text.count == 17 || text.count == 23 else { return nil }
    var bits: UInt64 = 0
    for index in text.indices {
      if index % 3 == 2 {
        guard text[index] == UInt8(ascii: ":") else { return nil }
      } else {
        guard let digit = text[index].lowerHexValue else { return nil }
        bits = bits << 4 | UInt64(digit)
      }
    }
    self.init(bits: bits, byteCount: (text.count + 1) / 3)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    var bits: UInt64 = 0
    guard bytes.count <= 8 else { return nil }
    for index in bytes.indices { bits = bits << 8 | UInt64(bytes[index]) }
    self.init(bits: bits, byteCount: bytes.count)
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    for index in (0..<byteCount).reversed() {
      bytes.append(lowerHex: UInt8(truncatingIfNeeded: bits >> UInt64(8 * index)))
      if index > 0 { bytes.append(UInt8(ascii: ":")) }
    }
  }
}
