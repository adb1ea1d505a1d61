/// Whole numbers: `int2`, `int4`, `int8`, `oid`, `oid8`, `xid`, `cid` and `xid8`.
///
/// Each Swift type takes all of them; a number that it can't hold is
/// ``PostgresValueError/outOfRange``. (`UInt8` is none of them, so that `[UInt8]` isn't taken for
/// an array of numbers.)
extension Int16: WholeNumber {}
extension Int32: WholeNumber {}
extension Int64: WholeNumber {}
extension Int: WholeNumber {}
extension UInt16: WholeNumber {}
extension UInt32: WholeNumber {}
extension UInt64: WholeNumber {}
extension UInt: WholeNumber {}

/// A Swift integer that columns of whole numbers are decoded to.
public protocol WholeNumber: FixedWidthInteger, PostgresDecodable, PostgresTextConvertible {}

extension WholeNumber {
  public init(postgresText text: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let bounds = WholeNumberBounds(type) else { throw .wrongType }
    guard let (isNegative, magnitude) = bounds.parse(text) else { throw .malformed }
    guard isNegative else {
      guard let value = Self(exactly: magnitude) else { throw .outOfRange }
      self = value
      return
    }
    guard let value = Self(exactly: Int64(truncatingIfNeeded: 0 &- magnitude)) else {
      throw .outOfRange
    }
    self = value
  }

  public init(postgresBinary bytes: Span<UInt8>, type: PostgresType) throws(PostgresValueError) {
    guard let bounds = WholeNumberBounds(type) else { throw .wrongType }
    guard bytes.count == bounds.byteCount else { throw .malformed }
    let value: Self?
    switch (bounds.byteCount, bounds.isSigned) {
    case (2, _): value = Self(exactly: Int16(bitPattern: bytes.uint16(at: 0)))
    case (4, true): value = Self(exactly: Int32(bitPattern: bytes.uint32(at: 0)))
    case (4, false): value = Self(exactly: bytes.uint32(at: 0))
    case (_, true): value = Self(exactly: Int64(bitPattern: bytes.uint64(at: 0)))
    case (_, false): value = Self(exactly: bytes.uint64(at: 0))
    }
    guard let value else { throw .outOfRange }
    self = value
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(decimal: self)
  }
}

/// What one of the types of whole numbers holds.
package struct WholeNumberBounds: Hashable, Sendable {
  package let byteCount: Int
  package let isSigned: Bool

  package init?(_ type: PostgresType) {
    switch type {
    case .builtin(.int8): (byteCount, isSigned) = (8, true)
    case .builtin(.int4): (byteCount, isSigned) = (4, true)
    case .builtin(.int2): (byteCount, isSigned) = (2, true)
    case .builtin(.oid), .builtin(.xid), .builtin(.cid): (byteCount, isSigned) = (4, false)
    case .builtin(.xid8), .builtin(.oid8): (byteCount, isSigned) = (8, false)
    default: return nil
    }
  }

  /// The number that was sent in binary, if it fits.
  package func number(binary bytes: Span<UInt8>) -> Int64? {
    guard bytes.count == byteCount else { return nil }
    switch (byteCount, isSigned) {
    case (2, _): return Int64(Int16(bitPattern: bytes.uint16(at: 0)))
    case (4, true): return Int64(Int32(bitPattern: bytes.uint32(at: 0)))
    case (4, false): return Int64(bytes.uint32(at: 0))
    case (_, true): return Int64(bitPattern: bytes.uint64(at: 0))
    case (_, false): return Int64(exactly: bytes.uint64(at: 0))
    }
  }

  /// Whether a text is a number of the type as servers print it.
  package func accepts(_ text: Span<UInt8>) -> Bool {
    // What so few digits say is never too large, and needs no arithmetic.
    let safeDigits = byteCount == 2 ? 4 : byteCount == 4 ? 9 : 18
    guard text.count <= safeDigits, let first = text.byte(at: 0), first &- UInt8(ascii: "1") < 9
    else { return parse(text) != nil }
    var index = 1
    while index < text.count {
      guard text[index] &- UInt8(ascii: "0") < 10 else { return false }
      index &+= 1
    }
    return true
  }

  /// The sign and the magnitude of a number without needless zeros, if the type has it.
  func parse(_ text: Span<UInt8>) -> (isNegative: Bool, magnitude: UInt64)? {
    let isNegative = !text.isEmpty && text[0] == UInt8(ascii: "-")
    let start = isNegative ? 1 : 0
    let digits = text.count - start
    // 19 digits can't overflow; only the greatest of xid8 and oid8 have 20.
    guard digits > 0, digits <= 20 else { return nil }
    var magnitude: UInt64 = 0
    var index = start
    while index < text.count {
      let digit = text[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      if digits == 20, index == text.count - 1 {
        let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
        guard !overflow, !carry else { return nil }
        magnitude = sum
      } else {
        magnitude = magnitude &* 10 &+ UInt64(digit)
      }
      index += 1
    }
    guard text[start] != UInt8(ascii: "0") || text.count == 1 else { return nil }
    let bits = UInt64(byteCount * 8)
    if isSigned {
      let least: UInt64 = 1 << (bits - 1)
      guard magnitude <= (isNegative ? least : least - 1) else { return nil }
    } else {
      guard !isNegative, magnitude <= UInt64.max >> (64 - bits) else { return nil }
    }
    return (isNegative, magnitude)
  }
}
