import CDCTime

/// The forms of ranges, whatever their bounds are.
///
///     text     empty | [ or ( lower? , upper? ] or )     a bound is bare or "quoted"
///     binary   flags 1 | lower (length 4, value)? | upper (length 4, value)?
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/rangetypes.html#RANGETYPES-IO>
struct RangeFlags: OptionSet {
  let rawValue: UInt8

  static let empty = RangeFlags(rawValue: 0x01)
  static let lowerInclusive = RangeFlags(rawValue: 0x02)
  static let upperInclusive = RangeFlags(rawValue: 0x04)
  static let lowerInfinite = RangeFlags(rawValue: 0x08)
  static let upperInfinite = RangeFlags(rawValue: 0x10)

  /// Whether the server could send these: an end that isn't there isn't included either.
  fileprivate var isPossible: Bool {
    rawValue < 0x20 && (!contains(.empty) || self == .empty)
      && !isSuperset(of: [.lowerInclusive, .lowerInfinite])
      && !isSuperset(of: [.upperInclusive, .upperInfinite])
  }
}

extension Span<UInt8> {
  /// Takes a range's text off the front and passes its bounds, those that are there.
  mutating func takeRange(
    lower: (Span<UInt8>) throws(PostgresValueError) -> Void,
    upper: (Span<UInt8>) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) -> RangeFlags {
    if take("empty") { return .empty }
    var flags: RangeFlags = take("[") ? .lowerInclusive : []
    guard flags == .lowerInclusive || take("(") else { throw .malformed }
    if try !takeBound(lower) { flags.insert(.lowerInfinite) }
    guard take(",") else { throw .malformed }
    if try !takeBound(upper) { flags.insert(.upperInfinite) }
    if take("]") {
      flags.insert(.upperInclusive)
    } else if !take(")") {
      throw .malformed
    }
    guard flags.isPossible else { throw .malformed }
    return flags
  }

  private mutating func takeBound(
    _ body: (Span<UInt8>) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) -> Bool {
    if byte(at: 0) == UInt8(ascii: "\"") {
      try takeQuoted(.doubling, body)
      return true
    }
    let length = try bareLength {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ")") || $0 == UInt8(ascii: "]")
    }
    guard length > 0 else { return false }
    let bare = extracting(first: length)
    self = extracting(droppingFirst: length)
    try body(bare)
    return true
  }

  /// Reads a range's binary form and passes its bounds, those that are there.
  func readRange(
    lower: (Span<UInt8>) throws(PostgresValueError) -> Void,
    upper: (Span<UInt8>) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) -> RangeFlags {
    var rest = self
    guard let byte = rest.takeByte() else { throw .malformed }
    let flags = RangeFlags(rawValue: byte)
    guard flags.isPossible else { throw .malformed }
    if !flags.contains(.empty) {
      if !flags.contains(.lowerInfinite), try rest.takeSized(lower) == nil { throw .malformed }
      if !flags.contains(.upperInfinite), try rest.takeSized(upper) == nil { throw .malformed }
    }
    guard rest.isEmpty else { throw .malformed }
    return flags
  }
}

extension [UInt8] {
  /// Appends a range's text; the closures append its bounds, those that are there.
  mutating func append(
    range flags: RangeFlags, lower: (inout [UInt8]) throws(PostgresValueError) -> Void,
    upper: (inout [UInt8]) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    guard !flags.contains(.empty) else { return append(ascii: "empty") }
    append(UInt8(ascii: flags.contains(.lowerInclusive) ? "[" : "("))
    if !flags.contains(.lowerInfinite) {
      let start = count
      try lower(&self)
      quoteBound(from: start)
    }
    append(UInt8(ascii: ","))
    if !flags.contains(.upperInfinite) {
      let start = count
      try upper(&self)
      quoteBound(from: start)
    }
    append(UInt8(ascii: flags.contains(.upperInclusive) ? "]" : ")"))
  }

  private mutating func quoteBound(from start: Int) {
    let needsQuotes = needsQuotes(from: start) { byte in
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "("), UInt8(ascii: ")"),
        UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","):
        true
      default: false
      }
    }
    if needsQuotes { quote(from: start, .doubling) }
  }
}
