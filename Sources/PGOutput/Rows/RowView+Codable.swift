extension RowView {
  /// Decodes the row to a type that is `Decodable`, column by column.
  ///
  /// Properties are decoded as the subscripts decode them, if their types are
  /// ``PostgresDecodable``; types with raw values, `[UInt8]` and `Data` are too. An optional
  /// property is `nil` for NULL and for a column that the relation doesn't have. A column that is
  /// unchanged or wasn't sent is an error even for an optional one, since it isn't NULL; for
  /// ``ColumnValue`` it is not.
  ///
  /// This copies the row, and allocates objects for `Codable`; the subscripts do neither.
  ///
  /// - Throws: ``RowError``, or what the type's own initializer throws.
  public func decode<Value: Decodable>(
    _ type: Value.Type = Value.self, keys: RowKeyStrategy = .asIs
  ) throws -> Value {
    let decoder = RowDecoder(row: stored(), keys: keys, codingPath: [])
    do {
      return try Value(from: decoder)
    } catch let error as DecodingError {
      throw decoder.rowError(error) ?? error
    }
  }
}

extension RowView {
  /// A copy that doesn't borrow.
  fileprivate func stored() -> StoredRow {
    switch self {
    case .open(let bytes, let places, let context):
      return StoredRow(context[0], bytes, places)
    }
  }
}

/// A row that has been copied out of its message.
final class StoredRow {
  private let context: CollectionOfOne<RowContext>
  private let bytes: [UInt8]
  private let places: [ColumnPlace]

  fileprivate init(_ context: RowContext, _ bytes: Span<UInt8>, _ places: Span<ColumnPlace>) {
    self.context = CollectionOfOne(context)
    self.bytes = bytes.copiedTuple()
    self.places = [ColumnPlace](capacity: places.count) { output in
      for index in places.indices { output.append(places[index]) }
    }
  }

  var layout: RowLayout { context[0].layout }

  func withRow<R, Failure: Error>(
    _ body: (RowView) throws(Failure) -> R
  ) throws(Failure) -> R {
    let (bytes, places, context) = (bytes, places, context)
    return try body(.open(bytes.span, places.span, context.span))
  }

  func missing(_ name: String) -> RowError { context[0].noSuchColumn(name) }

  func failure(_ column: Int, _ type: String) -> RowError {
    context[0].failure(column, .value(.outOfRange, Swift: type))
  }

  func wrongType(_ column: Int, _ type: String) -> RowError {
    context[0].failure(column, .value(.wrongType, Swift: type))
  }
}

extension Span<UInt8> {
  fileprivate func copiedTuple() -> [UInt8] {
    [UInt8](capacity: count) { output in
      for index in indices { output.append(self[index]) }
    }
  }
}

/// The decoder of a whole row, which is its keys and values.
struct RowDecoder: Decoder {
  let row: StoredRow
  let keys: RowKeyStrategy
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(
      RowContainer<Key>(row: row, columns: row.layout.indices(keys), keys: keys))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    throw DecodingError.typeMismatch(
      [Any].self,
      .init(codingPath: codingPath, debugDescription: "a row cannot be decoded as an array"))
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    throw DecodingError.typeMismatch(
      Any.self,
      .init(codingPath: codingPath, debugDescription: "a row cannot be decoded as a single value"))
  }

  /// The error of a type that has refused a column's value; its text could hold that value.
  func rowError(_ error: DecodingError) -> RowError? {
    let context: DecodingError.Context
    let type: String
    switch error {
    case .typeMismatch(let wanted, let found), .valueNotFound(let wanted, let found):
      (context, type) = (found, "\(wanted)")
    case .dataCorrupted(let found): (context, type) = (found, "its type")
    case .keyNotFound(let key, _): return row.missing(key.stringValue)
    @unknown default: return nil
    }
    guard let key = context.codingPath.first?.stringValue,
      let column = row.layout.indices(keys)[key]
    else { return nil }
    return row.failure(column, type)
  }
}

/// The columns of a row by the keys of a type.
struct RowContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let row: StoredRow
  let columns: [String: Int]
  let keys: RowKeyStrategy
  var codingPath: [any CodingKey] { [] }

  var allKeys: [Key] { columns.keys.compactMap { Key(stringValue: $0) } }

  func contains(_ key: Key) -> Bool { columns[key.stringValue] != nil }

  func decodeNil(forKey key: Key) throws -> Bool {
    try column(key).decodeNil()
  }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try column(key).decode(type)
  }

  func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
    guard contains(key) else { return nil }
    let column = try column(key)
    // A ColumnValue has a place for NULL itself.
    guard type is any AnyColumnState.Type || !column.decodeNil() else { return nil }
    return try column.decode(type)
  }

  private func column(_ key: Key) throws -> ColumnDecoder {
    guard let index = columns[key.stringValue] else { throw row.missing(key.stringValue) }
    return ColumnDecoder(row: row, column: index, codingPath: [key])
  }

  func nestedContainer<NestedKey: CodingKey>(
    keyedBy type: NestedKey.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<NestedKey> {
    try column(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try column(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { RowDecoder(row: row, keys: keys, codingPath: []) }

  func superDecoder(forKey key: Key) throws -> any Decoder { try column(key) }
}
