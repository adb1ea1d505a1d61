public import PGWire

/// One row of a change; its columns are accessed by index and by name.
///
/// It borrows the message, so the compiler confines it to the closure that receives it; see
/// ``RowReader``. A column is decoded when it is asked for:
///
///     let id = try row["id", as: Int64.self]
///     let note = try row["note", as: String?.self]              // NULL is nil
///     let big = try row.columnValue("big", as: String.self)     // or unchanged, or not sent
///
/// A column that is unchanged or wasn't sent is never taken for NULL: only ``ColumnValue`` can hold
/// that, anything else is an error.
public enum RowView: ~Escapable {
  /// The bytes of a message, where in them the columns lie, and what they have in common.
  ///
  /// All of it is borrowed, so that no reference is counted for a column. Only a reader can make
  /// the context, of which there is one.
  case open(Span<UInt8>, Span<ColumnPlace>, Span<RowContext>)
}

/// What a column holds, if it is known.
public enum ColumnValue<Value> {
  /// The value, decoded.
  case value(Value)
  /// SQL's NULL.
  case null
  /// A large value that the update didn't touch, so that it wasn't sent.
  case unchanged
  /// A column outside the key, in an old row of which the key alone was sent.
  case notSent
}

extension ColumnValue: Equatable where Value: Equatable {}
extension ColumnValue: Hashable where Value: Hashable {}
extension ColumnValue: Sendable where Value: Sendable {}

extension RowView {
  /// Decodes the column with that name.
  ///
  /// - Throws: ``RowError`` if there is no such column, if it is unchanged or wasn't sent, if it is
  ///   NULL and `Value` isn't optional, or if `Value` can't hold the value.
  /// - Complexity: O(1) where columns are asked for in the same order as in the row before.
  @inlinable
  public subscript<Value: PostgresDecodable>(
    _ name: String, as type: Value.Type = Value.self
  ) -> Value {
    get throws(RowError) { try decode(try find(name)) }
  }

  /// Decodes the column at that index.
  ///
  /// - Throws: As the subscript by name does.
  /// - Complexity: O(1).
  @inlinable
  public subscript<Value: PostgresDecodable>(
    _ column: Int, as type: Value.Type = Value.self
  ) -> Value {
    @inline(__always) get throws(RowError) { try decode(column) }
  }

  /// Decodes the column with that name, or says why there is nothing to decode.
  ///
  /// - Throws: ``RowError`` if there is no such column, or `Value` can't hold what it has.
  @inlinable public func columnValue<Value: PostgresDecodable>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(RowError) -> ColumnValue<Value> {
    try columnValue(try find(name), as: type)
  }

  /// Decodes the column at that index, or says why there is nothing to decode.
  ///
  /// - Throws: As the function by name does.
  @inlinable public func columnValue<Value: PostgresDecodable>(
    _ column: Int, as type: Value.Type = Value.self
  ) throws(RowError) -> ColumnValue<Value> {
    switch try kind(of: column) {
    case .null: return .null
    case .unchanged: return .unchanged
    case .notSent: return .notSent
    case .text, .binary: return .value(try decode(column))
    }
  }

  /// Passes the column at that index as the wire has it.
  ///
  /// - Throws: ``RowError`` if there is no such column, or what `body` throws.
  @inlinable public func withColumn<R: ~Copyable>(
    at column: Int, _ body: (TupleColumn) throws(RowError) -> R
  ) throws(RowError) -> R {
    switch self {
    case .open(let bytes, let places, _):
      guard places.indices.contains(column) else { throw noSuchColumn(column) }
      return try bytes.withColumn(places[column], body)
    }
  }
}

extension RowView {
  @inlinable var layout: RowLayout {
    switch self {
    case .open(_, _, let context): context[0].layout
    }
  }

  /// The row's table, as it was at this point of the log.
  public var relation: Relation { layout.relation }

  /// The position of the change.
  public var lsn: LSN {
    switch self {
    case .open(_, _, let context): context[0].lsn
    }
  }

  /// The row's part in the change.
  public var kind: TupleData.Kind {
    switch self {
    case .open(_, _, let context): context[0].kind
    }
  }

  /// How many columns there are, known or not.
  @inlinable public var columnCount: Int {
    switch self {
    case .open(_, let places, _): places.count
    }
  }

  /// The types of the columns, as far as they are known.
  public var types: [PostgresType] { layout.types }

  /// The index of the column with that name.
  public func index(of name: String) -> Int? { layout.indices[name] }

  /// Whether the value of some column isn't known: unchanged, or not sent.
  @inlinable public var isPartial: Bool {
    switch self {
    case .open(_, let places, _):
      for column in places.indices where !places[column].isKnown { return true }
      return false
    }
  }

  /// Whether the row holds that column, even as NULL.
  @inlinable public func isKnown(_ column: Int) -> Bool {
    switch self {
    case .open(_, let places, _): places.indices.contains(column) && places[column].isKnown
    }
  }
}
