import PGWire

extension RowView {
  /// Decodes a column.
  ///
  /// The path of nearly all values is short enough to be inlined wherever a column is asked for;
  /// the rest is a call.
  @inlinable @inline(__always) func decode<Value: PostgresDecodable>(
    _ column: Int
  ) throws(RowError) -> Value {
    switch self {
    case .open(let bytes, let places, let context):
      guard places.indices.contains(column), let type = context[0].builtinTypes[column] else {
        return try decodeSlowly(column)
      }
      let place = places[column]
      do throws(PostgresValueError) {
        switch place.kind {
        case .text:
          return try Value(postgresText: bytes.extracting(place.range), type: .builtin(type))
        case .binary:
          return try Value(postgresBinary: bytes.extracting(place.range), type: .builtin(type))
        case .null:
          if let null = Value.postgresNull { return null }
        case .unchanged, .notSent: break
        }
      } catch {
        throw failure(column, error, Value.self)
      }
      return try decodeSlowly(column)
    }
  }

  /// Decodes any column, including one of a type that isn't built in or without a value.
  @inlinable @inline(never) func decodeSlowly<Value: PostgresDecodable>(
    _ column: Int
  ) throws(RowError) -> Value {
    try withColumn(at: column) { value throws(RowError) in
      do throws(PostgresValueError) {
        switch value {
        case .text(let text): return try Value(postgresText: text, type: type(of: column))
        case .binary(let bytes): return try Value(postgresBinary: bytes, type: type(of: column))
        case .null:
          if let null = Value.postgresNull { return null }
        case .unchanged, .notSent: break
        }
      } catch {
        throw failure(column, error, Value.self)
      }
      throw absence(column, Value.self)
    }
  }

  /// The column with that name.
  @usableFromInline func find(_ name: String) throws(RowError) -> Int {
    guard let column = layout.find(name) else { throw noSuchColumn(name) }
    return column
  }

  @inlinable func type(of column: Int) -> PostgresType { layout.types[column] }

  /// How the column was sent.
  @usableFromInline func kind(of column: Int) throws(RowError) -> ColumnPlace.Kind {
    try withColumn(at: column) { value in
      switch value {
      case .null: .null
      case .unchanged: .unchanged
      case .notSent: .notSent
      case .text: .text
      case .binary: .binary
      }
    }
  }
}

extension RowView {
  @usableFromInline @inline(never) func failure<Value>(
    _ column: Int, _ error: PostgresValueError, _ type: Value.Type
  ) -> RowError {
    let bytes = try? withColumn(at: column) { value -> [UInt8] in
      switch value {
      case .text(let bytes), .binary(let bytes): bytes.copied()
      case .null, .unchanged, .notSent: []
      }
    }
    return failure(column, .value(error, Swift: "\(type)"), bytes)
  }

  /// Why a column without a value can't be decoded.
  @usableFromInline @inline(never) func absence<Value>(
    _ column: Int, _ type: Value.Type
  ) -> RowError {
    let reason: RowError.Reason =
      switch try? kind(of: column) {
      case .unchanged: .unchanged
      case .notSent: .notSent
      default: .null(Swift: "\(type)")
      }
    return failure(column, reason)
  }

  @usableFromInline @inline(never) func noSuchColumn(_ column: Int) -> RowError {
    noSuchColumn("number \(column)")
  }

  private func failure(
    _ column: Int, _ reason: RowError.Reason, _ bytes: [UInt8]? = nil
  ) -> RowError {
    switch self {
    case .open(_, _, let context): context[0].failure(column, reason, bytes)
    }
  }

  private func noSuchColumn(_ name: String) -> RowError {
    switch self {
    case .open(_, _, let context): context[0].noSuchColumn(name)
    }
  }
}
