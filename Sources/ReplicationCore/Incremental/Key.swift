internal import PGOutput

/// The key of a row: the values of the columns that every delete carries.
///
/// Keys are compared column by column, as a btree over these columns does. A table without a key is
/// read as one range, and its rows have the empty key.
struct Key: Hashable, Sendable {
  let values: [KeyValue]

  init(_ values: [KeyValue]) {
    self.values = values
  }

  /// The key of a row of a table that is one range.
  static let none = Key([])

  /// How two keys stand to each other; `nil` if only the server knows.
  func compare(_ other: Key) -> KeyOrder? {
    for (left, right) in zip(values, other.values) {
      guard let order = left.compare(right) else { return nil }
      if order != .same { return order }
    }
    return .same
  }

  /// Whether the server alone knows its order.
  var isOpaque: Bool {
    values.contains { value in
      if case .opaque = value { true } else { false }
    }
  }
}

/// What a table's ranges are cut by: columns of its primary key or of its replica identity.
struct KeyShape: Hashable, Sendable {
  /// None for a table that is read as one range.
  let columns: [KeyColumn]

  /// The most columns that an index has: `INDEX_MAX_KEYS`.
  static let maxColumns = 32

  /// The greatest number of bytes of a key's text in a checkpoint; a longer one makes no bound.
  ///
  /// An index entry has up to a third of a page, which is 2704 bytes with the usual page size.
  static let maxBoundBytes = 8192

  init(_ columns: [KeyColumn]) {
    self.columns = columns
  }

  /// Reads the key from a row's columns.
  ///
  /// - Parameters:
  ///   - places: Where each column of the key is in the row.
  ///   - old: The old row of the same change; it has a key's column that the new one leaves
  ///     unchanged because it is stored outside the row.
  /// - Returns: `nil` if a column is missing, which no key's can be.
  func key(of row: borrowing TupleData, old: borrowing TupleData? = nil, at places: [Int]) -> Key? {
    var values: [KeyValue] = []
    values.reserveCapacity(columns.count)
    for (column, place) in zip(columns, places) {
      guard
        let value = row.keyValue(at: place, column.type)
          ?? old?.keyValue(at: place, column.type)
      else { return nil }
      values.append(value)
    }
    return values.count == columns.count ? Key(values) : nil
  }
}

extension TupleData {
  fileprivate borrowing func keyValue(at place: Int, _ type: KeyType) -> KeyValue? {
    withColumn(at: place) { KeyValue($0, type: type) } ?? nil
  }
}
