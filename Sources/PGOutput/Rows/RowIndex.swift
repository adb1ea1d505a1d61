import PGWire

/// Where the columns of one row lie; only a ``RowReader`` makes one.
public struct RowIndex {
  @usableFromInline let layout: RowLayout
  let lsn: LSN
  @usableFromInline let kind: TupleData.Kind
  /// Where each column begins, with the letter that tells how it is sent.
  @usableFromInline let offsets: [Int]
  /// Whether some column is unchanged or wasn't sent.
  @usableFromInline let hasGaps: Bool

  /// One pass over the row.
  ///
  /// - Parameter offsets: Memory that is used again.
  init(_ tuple: TupleData, _ layout: RowLayout, lsn: LSN, reusing offsets: consuming [Int]) {
    self.layout = layout
    self.lsn = lsn
    kind = tuple.kind
    var hasGaps = kind == .key && layout.hasColumnsOutsideKey
    switch tuple {
    case .checked(_, let bytes):
      let count = layout.types.count
      if offsets.count != count { offsets = [Int](repeating: 0, count: count) }
      var at = 0
      for column in 0..<count {
        offsets[column] = at
        if bytes[at] == UInt8(ascii: "u") { hasGaps = true }
        at = bytes.endOfColumn(at: at)
      }
    }
    self.offsets = offsets
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
    guard column >= 0, column < offsets.count else { throw noSuchColumn(column) }
    let at = offsets[column]
    let letter = bytes[at]
    if letter == UInt8(ascii: "t") {
      let text = bytes.extracting(at &+ 5..<at &+ 5 &+ Int(bytes.uint32(at: at &+ 1)))
      do throws(PostgresValueError) {
        return try Value(postgresText: text, type: layout.types[column])
      } catch {
        throw failure(column, error, Value.self, text)
      }
    }
    if letter == UInt8(ascii: "b") {
      let binary = bytes.extracting(at &+ 5..<at &+ 5 &+ Int(bytes.uint32(at: at &+ 1)))
      do throws(PostgresValueError) {
        return try Value(postgresBinary: binary, type: layout.types[column])
      } catch {
        throw failure(column, error, Value.self, binary)
      }
    }
    if letter == UInt8(ascii: "n"), sends(column) {
      if let null = Value.postgresNull { return null }
      throw failure(column, .null(Swift: "\(Value.self)"))
    }
    throw failure(column, letter == UInt8(ascii: "u") ? .unchanged : .notSent)
  }

  /// Lends a column as the wire has it.
  @inlinable func withColumn<R: ~Copyable>(
    _ column: Int, _ bytes: Span<UInt8>, _ body: (TupleColumn) throws(RowError) -> R
  ) throws(RowError) -> R {
    guard column >= 0, column < offsets.count else { throw noSuchColumn(column) }
    let at = offsets[column]
    return try bytes.withColumn(at..<bytes.endOfColumn(at: at), isSent: sends(column), body)
  }

  /// Whether the server has left the column out since the update didn't touch it.
  @inlinable func isUnchanged(_ column: Int, _ bytes: Span<UInt8>) throws(RowError) -> Bool {
    guard column >= 0, column < offsets.count else { throw noSuchColumn(column) }
    return bytes[offsets[column]] == UInt8(ascii: "u")
  }

  /// Whether the column's value is there, be it NULL.
  @inlinable func holds(_ column: Int, _ bytes: Span<UInt8>) -> Bool {
    bytes[offsets[column]] != UInt8(ascii: "u") && sends(column)
  }

  /// Whether the server sends the column at all in such a tuple.
  @inlinable func sends(_ column: Int) -> Bool {
    kind != .key || layout.relation.columns[column].isKey
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
