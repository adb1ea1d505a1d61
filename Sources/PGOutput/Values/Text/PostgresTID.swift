import CDCTime
public import PGWire

/// A `tid`: where a row lies in its table.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-oid.html>
public struct PostgresTID: Hashable, Sendable {
  /// The number of the block (page) in the table, from 0.
  public let block: UInt32
  /// The number of the row's pointer in the block, from 1.
  public let offset: UInt16

  /// The row with this pointer in this block.
  public init(block: UInt32, offset: UInt16) {
    self.block = block
    self.offset = offset
  }
}

extension PostgresTID: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .tid }

  /// Reads `(12,3)`.
  public init?(postgresText text: Span<UInt8>) {
    var rest = text
    guard rest.take("("), let block = rest.takeWholeNumber(upTo: UInt64(UInt32.max)),
      rest.take(","), let offset = rest.takeWholeNumber(upTo: UInt64(UInt16.max)),
      rest.take(")"), rest.isEmpty
    else { return nil }
    self.init(block: UInt32(block), offset: UInt16(offset))
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 6 else { return nil }
    self.init(block: bytes.uint32(at: 0), offset: bytes.uint16(at: 4))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "("))
    bytes.append(decimal: block)
    bytes.append(UInt8(ascii: ","))
    bytes.append(decimal: offset)
    bytes.append(UInt8(ascii: ")"))
  }
}

/// A `pg_lsn`.
///
/// Servers 13 to 18 print the lower half unpadded, 19 with eight digits; both are read.
extension LSN: PostgresScalar {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .pgLSN }

  public init?(postgresText text: Span<UInt8>) {
    guard text.count <= 17 else { return nil }
    var (value, digits, halves): (UInt64, Int, Int) = (0, 0, 0)
    var upper: UInt64 = 0
    for index in text.indices {
      if text[index] == UInt8(ascii: "/") {
        guard halves == 0, digits > 0 else { return nil }
        (upper, value, digits, halves) = (value, 0, 0, 1)
        continue
      }
      // The server prints upper case.
      guard let digit = (text[index] ^ (text[index] >= 0x41 ? 0x20 : 0)).lowerHexValue, digits < 8
      else { return nil }
      value = value << 4 | UInt64(digit)
      digits += 1
    }
    guard halves == 1, digits > 0 else { return nil }
    self.init(rawValue: upper << 32 | value)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard bytes.count == 8 else { return nil }
    self.init(rawValue: bytes.uint64(at: 0))
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(ascii: description)
  }

  /// Appends the text, the lower half with eight digits if it is to be padded.
  func appendPostgresText(to bytes: inout [UInt8], padded: Bool) {
    guard padded else { return appendPostgresText(to: &bytes) }
    let text = description.utf8
    let slash = text.firstIndex(of: UInt8(ascii: "/")) ?? text.endIndex
    let lower = text[slash...].dropFirst()
    bytes.append(contentsOf: text[..<slash])
    bytes.append(UInt8(ascii: "/"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 8 - min(8, lower.count)))
    bytes.append(contentsOf: lower)
  }
}
