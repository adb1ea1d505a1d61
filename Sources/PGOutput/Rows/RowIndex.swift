import PGWire

/// Where the columns of one row lie; only a ``RowReader`` makes one.
public struct RowIndex {
  @usableFromInline let layout: RowLayout
  let lsn: LSN
  @usableFromInline let kind: TupleData.Kind
  /// Where each column lies in the message.
  @usableFromInline let places: [ColumnPlace]
  /// Whether some column is unchanged or wasn't sent.
  @usableFromInline let hasGaps: Bool

  /// Keeps what the decoder has found out about a tuple.
  ///
  /// - Parameter places: Memory that is used again.
  init(_ tuple: TupleData, _ layout: RowLayout, lsn: LSN, reusing places: consuming [ColumnPlace]) {
    self.layout = layout
    self.lsn = lsn
    kind = tuple.kind
    var hasGaps = false
    switch tuple {
    case .checked(_, _, let found):
      places.makeRoom(for: found.count)
      places.removeLast(places.count - found.count)
      for column in found.indices {
        places[column] = found[column]
        switch found[column].kind {
        case .unchanged, .notSent: hasGaps = true
        case .null, .text, .binary: break
        }
      }
    }
    self.places = places
    self.hasGaps = hasGaps
  }

  /// The column with that name.
  @usableFromInline func find(_ name: String) throws(RowError) -> Int {
    guard let column = layout.find(name) else { throw failure(column: name, .noSuchColumn) }
    return column
  }
}

extension RowIndex {
  /// Decodes a column.
  @inlinable func decode<Value: PostgresDecodable>(
    _ column: Int, _ bytes: Span<UInt8>
  ) throws(RowError) -> Value {
    guard column >= 0, column < places.count else { throw noSuchColumn(column) }
    let place = places[column]
    switch place.kind {
    case .text:
      let text = bytes.extracting(place.range)
      do throws(PostgresValueError) {
        return try Value(postgresText: text, type: layout.types[column])
      } catch {
        throw failure(column, error, Value.self, text)
      }
    case .binary:
      let binary = bytes.extracting(place.range)
      do throws(PostgresValueError) {
        return try Value(postgresBinary: binary, type: layout.types[column])
      } catch {
        throw failure(column, error, Value.self, binary)
      }
    case .null:
      if let null = Value.postgresNull { return null }
      throw failure(column, .null(Swift: "\(Value.self)"))
    case .unchanged: throw failure(column, .unchanged)
    case .notSent: throw failure(column, .notSent)
    }
  }

  /// Lends a column as the wire has it.
  @inlinable func withColumn<R: ~Copyable>(
    _ column: Int, _ bytes: Span<UInt8>, _ body: (TupleColumn) throws(RowError) -> R
  ) throws(RowError) -> R {
    guard column >= 0, column < places.count else { throw noSuchColumn(column) }
    return try bytes.withColumn(places[column], body)
  }

  /// Whether the server has left the column out since the update didn't touch it.
  @inlinable func isUnchanged(_ column: Int) throws(RowError) -> Bool {
    guard column >= 0, column < places.count else { throw noSuchColumn(column) }
    return places[column].kind == .unchanged
  }

  /// Whether the column's value is there, be it NULL.
  @inlinable func holds(_ column: Int) -> Bool {
    switch places[column].kind {
    case .null, .text, .binary: true
    case .unchanged, .notSent: false
    }
  }
}

extension RowIndex {
  @usableFromInline @inline(never) func failure<Value>(
    _ column: Int, _ error: PostgresValueError, _ type: Value.Type, _ bytes: Span<UInt8>
  ) -> RowError {
    failure(column, .value(error, Swift: "\(type)"), bytes.copied())
  }

  @usableFromInline @inline(never) func noSuchColumn(_ column: Int) -> RowError {
    failure(column: "number \(column)", .noSuchColumn)
  }

  @usableFromInline @inline(never) func failure(
    _ column: Int, _ reason: RowError.Reason, _ bytes: [UInt8]? = nil
  ) -> RowError {
    RowError(
      table: layout.relation.qualifiedName, column: layout.relation.columns[column].name,
      type: layout.types[column], lsn: lsn, reason: reason, bytes: bytes)
  }

  func failure(column: String, _ reason: RowError.Reason) -> RowError {
    RowError(
      table: layout.relation.qualifiedName, column: column, type: nil, lsn: lsn, reason: reason,
      bytes: nil)
  }
}
