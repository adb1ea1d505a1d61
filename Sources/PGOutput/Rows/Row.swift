public import PGWire

/// One row of a change, its columns in reach by index and by name.
///
/// It borrows the message, so that the compiler confines it to the closure that receives it; see
/// ``RowReader``. A column is decoded when it is asked for:
///
///     let id = try row["id", as: Int64.self]
///     let note = try row["note", as: String?.self]              // NULL is nil
///     let big = try row.columnValue("big", as: String.self)     // or unchanged, or not sent
///
/// A column that is unchanged or wasn't sent is never taken for NULL: only ``ColumnValue`` can hold
/// that, anything else is an error.
public enum Row: ~Escapable {
  /// A tuple; only a reader can make the index that vouches for the bytes.
  case tuple(RowIndex, Span<UInt8>)
  /// An update's new tuple, with the old one for what the new one lacks.
  case merged(RowIndex, Span<UInt8>, old: RowIndex, Span<UInt8>)
}

/// What a column holds, if anything is known of it.
public enum ColumnValue<Value> {
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

extension Row {
  /// Decodes the column with that name.
  ///
  /// - Throws: ``RowError`` if there is no such column, if it is unchanged or wasn't sent, if it is
  ///   NULL and `Value` isn't optional, or if `Value` can't hold what it has.
  /// - Complexity: O(1) where columns are asked for in the same order as in the row before.
  @inlinable
  public subscript<Value: PostgresDecodable>(
    _ name: String, as type: Value.Type = Value.self
  ) -> Value {
    get throws(RowError) {
      switch self {
      case .tuple(let index, let bytes):
        return try index.decode(try index.find(name), bytes)
      case .merged(let index, let bytes, let old, let oldBytes):
        let column = try index.find(name)
        return try index.isUnchanged(column) && old.holds(column)
          ? old.decode(column, oldBytes) : index.decode(column, bytes)
      }
    }
  }

  /// Decodes the column at that index.
  ///
  /// - Throws: As the subscript by name does.
  /// - Complexity: O(1).
  @inlinable
  public subscript<Value: PostgresDecodable>(
    _ column: Int, as type: Value.Type = Value.self
  ) -> Value {
    get throws(RowError) {
      switch self {
      case .tuple(let index, let bytes):
        return try index.decode(column, bytes)
      case .merged(let index, let bytes, let old, let oldBytes):
        return try index.isUnchanged(column) && old.holds(column)
          ? old.decode(column, oldBytes) : index.decode(column, bytes)
      }
    }
  }

  /// Decodes the column with that name, or says why there is nothing to decode.
  ///
  /// - Throws: ``RowError`` if there is no such column, or `Value` can't hold what it has.
  @inlinable public func columnValue<Value: PostgresDecodable>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(RowError) -> ColumnValue<Value> {
    try columnValue(try index.find(name), as: type)
  }

  /// Decodes the column at that index, or says why there is nothing to decode.
  ///
  /// - Throws: As the function by name does.
  @inlinable public func columnValue<Value: PostgresDecodable>(
    _ column: Int, as type: Value.Type = Value.self
  ) throws(RowError) -> ColumnValue<Value> {
    let state = try withColumn(at: column) { column throws(RowError) -> ColumnValue<Void> in
      switch column {
      case .null: .null
      case .unchanged: .unchanged
      case .notSent: .notSent
      case .text, .binary: .value(())
      }
    }
    switch state {
    case .null: return .null
    case .unchanged: return .unchanged
    case .notSent: return .notSent
    case .value: return .value(try self[column, as: Value.self])
    }
  }

  /// Lends the column at that index as the wire has it.
  ///
  /// - Throws: ``RowError`` if there is no such column, or what `body` throws.
  @inlinable public func withColumn<R: ~Copyable>(
    at column: Int, _ body: (TupleColumn) throws(RowError) -> R
  ) throws(RowError) -> R {
    switch self {
    case .tuple(let index, let bytes):
      try index.withColumn(column, bytes, body)
    case .merged(let index, let bytes, let old, let oldBytes):
      if try index.isUnchanged(column) && old.holds(column) {
        try old.withColumn(column, oldBytes, body)
      } else {
        try index.withColumn(column, bytes, body)
      }
    }
  }
}

extension Row {
  @usableFromInline var index: RowIndex {
    switch self {
    case .tuple(let index, _), .merged(let index, _, _, _): index
    }
  }

  /// The row's table, as it was at this point of the log.
  public var relation: Relation { index.layout.relation }

  /// The position of the change.
  public var lsn: LSN { index.lsn }

  /// The row's part in the change.
  public var kind: TupleData.Kind { index.kind }

  /// How many columns there are, known or not.
  public var columnCount: Int { index.layout.types.count }

  /// The types of the columns, as far as they are known.
  public var types: [PostgresType] { index.layout.types }

  /// The index of the column with that name.
  public func index(of name: String) -> Int? { index.layout.indices[name] }

  /// Whether the value of some column isn't known: unchanged, or not sent.
  public var isPartial: Bool {
    guard index.hasGaps else { return false }
    guard case .merged = self else { return true }
    for column in 0..<columnCount where !isKnown(column) { return true }
    return false
  }

  /// Whether the row holds that column, be it as NULL.
  public func isKnown(_ column: Int) -> Bool {
    guard column >= 0, column < columnCount else { return false }
    switch self {
    case .tuple(let index, _): return index.holds(column)
    case .merged(let index, _, let old, _):
      return index.holds(column) || old.holds(column)
    }
  }
}
