/// A `bool`: `t` or `f`, one byte that is 1 or 0.
extension Bool: PostgresScalar {
  @inlinable package static func stands(for type: BuiltinType) -> Bool { type == .bool }

  @inlinable public init?(postgresText text: Span<UInt8>) {
    guard text.count == 1, text[0] == UInt8(ascii: "t") || text[0] == UInt8(ascii: "f") else {
      return nil
    }
    self = text[0] == UInt8(ascii: "t")
  }

  @inlinable public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 1, bytes[0] <= 1 else { return nil }
    self = bytes[0] == 1
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(self ? UInt8(ascii: "t") : UInt8(ascii: "f"))
  }
}
