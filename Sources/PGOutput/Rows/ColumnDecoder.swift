/// The decoder of one column, which is a single value.
struct ColumnDecoder: Decoder, SingleValueDecodingContainer {
  let row: StoredRow
  let column: Int
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func decodeNil() -> Bool {
    let isNull = try? row.withRow { row throws(RowError) in
      try row.withColumn(at: column) { column throws(RowError) in
        if case .null = column { true } else { false }
      }
    }
    return isNull ?? false
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    #if Foundation
      if row.layout.types[column].isJSON { return try decodeFromJSON(type) }
    #endif
    return try decodeAsIs(type)
  }

  func decodeAsIs<T: Decodable>(_ type: T.Type) throws -> T {
    let value: Any
    if let type = type as? any PostgresDecodable.Type {
      value = try decode(postgres: type)
    } else if type == [UInt8].self {
      value = try decode(postgres: PostgresBytea.self).bytes
    } else if type == UInt8.self || type == Int8.self {
      return try decodeNarrow(type)
    } else if let type = type as? any AnyColumnValue.Type {
      value = try row.withRow { row throws(RowError) in try type.decode(row, column) }
    } else {
      return try T(from: self)
    }
    guard let value = value as? T else { throw row.wrongType(column, "\(type)") }
    return value
  }

  /// How the column was sent.
  var kind: ColumnPlace.Kind? {
    try? row.withRow { row throws(RowError) in try row.kind(of: column) }
  }

  private func decode<Value: PostgresDecodable>(postgres type: Value.Type) throws -> Value {
    try row.withRow { row throws(RowError) in try row[column, as: type] }
  }

  /// The whole numbers that are not `PostgresDecodable`, so that arrays of bytes aren't taken for
  /// theirs.
  private func decodeNarrow<T>(_ type: T.Type) throws -> T {
    let number = try decode(postgres: Int64.self)
    let narrow: Any? = type == UInt8.self ? UInt8(exactly: number) : Int8(exactly: number)
    guard let value = narrow as? T else { throw row.failure(column, "\(type)") }
    return value
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    throw row.wrongType(column, "a type with keys")
  }

  /// The bytes of a `bytea`, which is how `Data` asks for them.
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    ByteContainer(
      bytes: try decode(postgres: PostgresBytea.self).bytes, column: self, codingPath: codingPath)
  }
}

/// Bytes one by one.
private struct ByteContainer: UnkeyedDecodingContainer {
  let bytes: [UInt8]
  let column: ColumnDecoder
  let codingPath: [any CodingKey]
  private(set) var currentIndex = 0

  init(bytes: [UInt8], column: ColumnDecoder, codingPath: [any CodingKey]) {
    self.bytes = bytes
    self.column = column
    self.codingPath = codingPath
  }

  var count: Int? { bytes.count }
  var isAtEnd: Bool { currentIndex == bytes.count }

  mutating func decodeNil() -> Bool { false }

  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    guard !isAtEnd, let byte = bytes[currentIndex] as? T else {
      throw column.row.wrongType(column.column, "\(type)")
    }
    currentIndex += 1
    return byte
  }

  mutating func nestedContainer<Key: CodingKey>(
    keyedBy type: Key.Type
  ) throws -> KeyedDecodingContainer<Key> {
    throw column.row.wrongType(column.column, "a type with keys")
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    throw column.row.wrongType(column.column, "a list of lists")
  }

  mutating func superDecoder() throws -> any Decoder { column }
}

/// A ``ColumnValue``, whatever it holds.
protocol AnyColumnState {}

extension ColumnValue: AnyColumnState {}

/// A ``ColumnValue`` of a type that is ``PostgresDecodable``.
protocol AnyColumnValue {
  static func decode(_ row: RowView, _ column: Int) throws(RowError) -> Self
}

extension ColumnValue: AnyColumnValue where Value: PostgresDecodable {
  static func decode(_ row: RowView, _ column: Int) throws(RowError) -> Self {
    try row.columnValue(column, as: Value.self)
  }
}

extension ColumnValue: Decodable where Value: Decodable {
  /// Reads a value or null; of a row's columns also that they are unchanged or weren't sent.
  public init(from decoder: any Decoder) throws {
    switch (decoder as? ColumnDecoder)?.kind {
    case .unchanged?: self = .unchanged
    case .notSent?: self = .notSent
    case .null?, .text?, .binary?, nil:
      let container = try decoder.singleValueContainer()
      self = container.decodeNil() ? .null : .value(try container.decode(Value.self))
    }
  }
}
