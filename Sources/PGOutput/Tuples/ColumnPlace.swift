/// Where one column of a tuple lies in its message.
///
/// Found once, while the tuple is checked; so a visit does not check lengths again, and any column
/// can be reached without visiting those before it.
public struct ColumnPlace: Sendable {
  @usableFromInline enum Kind: UInt8, Sendable {
    case null, unchanged, notSent, text, binary
  }

  /// Whether the value is known, even if it is NULL.
  @inlinable @inline(__always) var isKnown: Bool {
    switch kind {
    case .null, .text, .binary: true
    case .unchanged, .notSent: false
    }
  }

  @usableFromInline let kind: Kind
  /// Where the value begins in the message; a message has less than 1 GiB.
  @usableFromInline let start: UInt32
  @usableFromInline let count: UInt32

  /// The value's bytes in the message.
  @inlinable @inline(__always) var range: Range<Int> {
    Int(start)..<Int(start) &+ Int(count)
  }

  /// The same place in a message behind that many other bytes.
  func moved(by distance: Int) -> ColumnPlace {
    ColumnPlace(kind, start: Int(start) + distance, count: count)
  }

  @inline(__always) init(_ kind: Kind, start: Int = 0, count: UInt32 = 0) {
    self.kind = kind
    self.start = UInt32(truncatingIfNeeded: start)
    self.count = count
  }
}

extension Span<UInt8> {
  /// Passes the column that lies there to `body`.
  @inlinable @inline(__always) func withColumn<R: ~Copyable, Failure: Error>(
    _ place: ColumnPlace, _ body: (TupleColumn) throws(Failure) -> R
  ) throws(Failure) -> R {
    switch place.kind {
    case .null: return try body(.null)
    case .unchanged: return try body(.unchanged)
    case .notSent: return try body(.notSent)
    case .text:
      return try body(.text(extracting(place.range)))
    case .binary:
      return try body(.binary(extracting(place.range)))
    }
  }
}
