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
@usableFromInline
package protocol WholeNumber: FixedWidthInteger, PostgresDecodable,
  PostgresTextConvertible
{}

extension WholeNumber {
  @inlinable public init(
    postgresText text: Span<UInt8>, type: PostgresType
  ) throws(PostgresValueError) {
    let number = try ParsedWholeNumber(text, type)
    let value =
      number.isNegative
      ? Self(exactly: Int64(truncatingIfNeeded: 0 &- number.magnitude))
      : Self(exactly: number.magnitude)
    guard let value else { throw .outOfRange }
    self = value
  }

  @inlinable public init(
    postgresBinary bytes: Span<UInt8>, type: PostgresType
  ) throws(PostgresValueError) {
    let number = try ParsedWholeNumber(binary: bytes, type)
    let value =
      number.isNegative
      ? Self(exactly: Int64(truncatingIfNeeded: 0 &- number.magnitude))
      : Self(exactly: number.magnitude)
    guard let value else { throw .outOfRange }
    self = value
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    bytes.append(decimal: self)
  }
}

/// A whole number that its PostgreSQL type can hold, before it becomes one of a Swift type.
@usableFromInline struct ParsedWholeNumber {
  @usableFromInline let isNegative: Bool
  @usableFromInline let magnitude: UInt64

  /// Reads a number without needless zeros.
  @usableFromInline init(
    _ text: Span<UInt8>, _ type: PostgresType
  ) throws(PostgresValueError) {
    guard let bounds = WholeNumberBounds(type) else { throw .wrongType }
    guard let parsed = bounds.parse(text) else { throw .malformed }
    (isNegative, magnitude) = parsed
  }

  @usableFromInline init(
    binary bytes: Span<UInt8>, _ type: PostgresType
  ) throws(PostgresValueError) {
    guard let bounds = WholeNumberBounds(type) else { throw .wrongType }
    guard bytes.count == bounds.byteCount else { throw .malformed }
    let bits: Int64 =
      switch bounds.byteCount {
      case 2: Int64(Int16(bitPattern: bytes.uint16(at: 0)))
      case 4 where bounds.isSigned: Int64(Int32(bitPattern: bytes.uint32(at: 0)))
      case 4: Int64(bytes.uint32(at: 0))
      default: Int64(bitPattern: bytes.uint64(at: 0))
      }
    isNegative = bounds.isSigned && bits < 0
    magnitude = isNegative ? bits.magnitude : UInt64(bitPattern: bits)
  }
}

/// What one of the types of whole numbers holds.
package struct WholeNumberBounds: Hashable, Sendable {
  package let byteCount: Int
  package let isSigned: Bool
  /// The greatest magnitudes of numbers from zero on, and of those below.
  let (greatest, greatestNegative): (UInt64, UInt64)

  package init?(_ type: PostgresType) {
    switch type {
    case .builtin(.int8): self.init(signed: 8)
    case .builtin(.int4): self.init(signed: 4)
    case .builtin(.int2): self.init(signed: 2)
    case .builtin(.oid), .builtin(.xid), .builtin(.cid): self.init(unsigned: 4)
    case .builtin(.xid8), .builtin(.oid8): self.init(unsigned: 8)
    default: return nil
    }
  }

  @inline(__always) private init(signed byteCount: Int) {
    self.byteCount = byteCount
    isSigned = true
    greatest = UInt64.max >> UInt64(65 &- 8 &* byteCount)
    greatestNegative = greatest &+ 1
  }

  @inline(__always) private init(unsigned byteCount: Int) {
    self.byteCount = byteCount
    isSigned = false
    greatest = UInt64.max >> UInt64(64 &- 8 &* byteCount)
    greatestNegative = 0
  }

  /// The sign and the magnitude of a number without needless zeros, if the type has it.
  @inline(__always) func parse(_ text: Span<UInt8>) -> (isNegative: Bool, magnitude: UInt64)? {
    guard !text.isEmpty else { return nil }
    let isNegative = text[0] == UInt8(ascii: "-")
    let digits = isNegative ? text.extracting(droppingFirst: 1) : text
    guard let magnitude = digits.wholeNumber(),
      magnitude <= (isNegative ? greatestNegative : greatest), magnitude > 0 || !isNegative
    else { return nil }
    return (isNegative, magnitude)
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
}
