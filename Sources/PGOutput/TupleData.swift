/// The columns of one row, borrowed from the message.
///
///     TupleData  count 2 | count × column
///     column     n (NULL) | u (unchanged) | t, length 4, text … | b, length 4, binary …
///
/// The decoder has checked the structure and that the count is the relation's, so that a visit
/// can't fail. In an old row of which the key alone is sent the other columns come as `n`; a visit
/// gives them as ``TupleColumn/notSent``, so that they can't be taken for NULL.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public enum TupleData: ~Escapable {
  /// The columns' bytes; only a decoder can make the shape that vouches for them.
  case checked(Shape, Span<UInt8>)

  /// The row's part in a change.
  public enum Kind: UInt8, Hashable, Sendable {
    /// The row as it is after an insert or an update.
    case new = 0x4E  // N
    /// The key of the row as it was before.
    case key = 0x4B  // K
    /// The whole row as it was before: the replica identity is full.
    case full = 0x4F  // O
  }

  /// What a decoder knows of a tuple that it has checked.
  public struct Shape: Sendable {
    public let kind: Kind
    public let columnCount: Int
    /// The relation whose key is sent, if that is all.
    @usableFromInline let keyOf: Relation?

    @inlinable init(_ kind: Kind, of relation: Relation) {
      self.kind = kind
      columnCount = relation.columns.count
      keyOf = kind == .key ? relation : nil
    }
  }
}

extension TupleData {
  /// The row's part in the change.
  @inlinable public var kind: Kind {
    switch self {
    case .checked(let shape, _): shape.kind
    }
  }

  /// How many columns the row has, which is as many as its relation.
  @inlinable public var columnCount: Int {
    switch self {
    case .checked(let shape, _): shape.columnCount
    }
  }

  /// Visits every column, in the relation's order.
  ///
  /// - Complexity: One pass over the row's bytes, without looking into the values.
  @inlinable public func forEachColumn<Failure: Error>(
    _ body: (_ index: Int, _ column: TupleColumn) throws(Failure) -> Void
  ) throws(Failure) {
    switch self {
    case .checked(let shape, let bytes):
      var at = 0
      for index in 0..<shape.columnCount {
        let end = bytes.endOfColumn(at: at)
        try bytes.withColumn(at..<end, isSent: shape.sends(index)) { column throws(Failure) in
          try body(index, column)
        }
        at = end
      }
    }
  }

  /// Visits one column, for which the row is read from its start.
  ///
  /// - Returns: What `body` returns, or `nil` if the row has no such column.
  @inlinable public func withColumn<R: ~Copyable, Failure: Error>(
    at index: Int, _ body: (TupleColumn) throws(Failure) -> R
  ) throws(Failure) -> R? {
    switch self {
    case .checked(let shape, let bytes):
      guard index >= 0, index < shape.columnCount else { return nil }
      var at = 0
      for _ in 0..<index { at = bytes.endOfColumn(at: at) }
      let end = bytes.endOfColumn(at: at)
      return try bytes.withColumn(at..<end, isSent: shape.sends(index), body)
    }
  }
}

extension TupleData.Shape {
  /// Whether the server has sent that column at all, be it as NULL.
  @inlinable func sends(_ index: Int) -> Bool {
    keyOf?.columns[index].isKey ?? true
  }
}

extension Span<UInt8> {
  /// Where the column that begins at an offset ends; the tuple has been checked.
  @inlinable @inline(__always) func endOfColumn(at offset: Int) -> Int {
    let kind = self[offset]
    guard kind == UInt8(ascii: "t") || kind == UInt8(ascii: "b") else { return offset &+ 1 }
    return offset &+ 5 &+ Int(uint32(at: offset &+ 1))
  }

  /// Lends the column that lies there; the tuple has been checked.
  @inlinable @inline(__always) func withColumn<R: ~Copyable, Failure: Error>(
    _ place: Range<Int>, isSent: @autoclosure () -> Bool,
    _ body: (TupleColumn) throws(Failure) -> R
  ) throws(Failure) -> R {
    switch self[place.lowerBound] {
    case UInt8(ascii: "n"):
      return try isSent() ? body(.null) : body(.notSent)
    case UInt8(ascii: "u"):
      return try body(.unchanged)
    case UInt8(ascii: "t"):
      return try body(.text(extracting(place.lowerBound &+ 5..<place.upperBound)))
    default:
      return try body(.binary(extracting(place.lowerBound &+ 5..<place.upperBound)))
    }
  }

  /// The big-endian number at an offset.
  @inlinable @inline(__always) func uint32(at offset: Int) -> UInt32 {
    let bytes = extracting(offset..<offset &+ 4)
    return UInt32(bytes[0]) << 24 | UInt32(bytes[1]) << 16 | UInt32(bytes[2]) << 8
      | UInt32(bytes[3])
  }
}
