/// The columns of one row, borrowed from the message.
///
///     TupleData  count 2 | count × column
///     column     n (NULL) | u (unchanged) | t, length 4, text … | b, length 4, binary …
///
/// The decoder has checked the structure, and that the count is the relation's, and has noted where
/// each column lies; so a visit can't fail, and any column can be reached in O(1). In an old row of
/// which the key alone is sent the other columns come as `n`; a visit gives them as
/// ``TupleColumn/notSent``, so that they can't be taken for NULL.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public enum TupleData: ~Escapable {
  /// The message's bytes, and where in them the columns lie; only a decoder can make the places.
  case checked(Kind, Span<UInt8>, Span<ColumnPlace>)

  /// The row's part in a change.
  public enum Kind: UInt8, Hashable, Sendable {
    /// The row as it is after an insert or an update.
    case new = 0x4E  // N
    /// The key of the row as it was before.
    case key = 0x4B  // K
    /// The whole row as it was before: the replica identity is full.
    case full = 0x4F  // O
  }
}

extension TupleData {
  /// The row's part in the change.
  @inlinable public var kind: Kind {
    switch self {
    case .checked(let kind, _, _): kind
    }
  }

  /// How many columns the row has, which is as many as its relation.
  @inlinable public var columnCount: Int {
    switch self {
    case .checked(_, _, let places): places.count
    }
  }

  /// Visits every column, in the relation's order.
  @inlinable public func forEachColumn<Failure: Error>(
    _ body: (_ index: Int, _ column: TupleColumn) throws(Failure) -> Void
  ) throws(Failure) {
    switch self {
    case .checked(_, let bytes, let places):
      for index in places.indices {
        try bytes.withColumn(places[index]) { column throws(Failure) in
          try body(index, column)
        }
      }
    }
  }

  /// Visits one column.
  ///
  /// - Returns: What `body` returns, or `nil` if the row has no such column.
  /// - Complexity: O(1).
  @inlinable public func withColumn<R: ~Copyable, Failure: Error>(
    at index: Int, _ body: (TupleColumn) throws(Failure) -> R
  ) throws(Failure) -> R? {
    switch self {
    case .checked(_, let bytes, let places):
      guard places.indices.contains(index) else { return nil }
      return try bytes.withColumn(places[index], body)
    }
  }
}
