/// One end of a range of keys.
struct KeyBound {
  /// The values of the key's first columns.
  let values: [JSONValue]
  /// Whether keys that begin with these values lie in the range.
  let isInclusive: Bool

  /// - Parameter columns: The key's columns, in their order.
  init?(_ json: JSONValue, columns: [String]) {
    guard let key = json["key"]?.members, case .bool(let isInclusive)? = json["inclusive"] else {
      return nil
    }
    self.isInclusive = isInclusive
    values = columns.compactMap { key[$0] }
    guard values.count == key.count else { return nil }
  }

  /// How a key compares with the bound's values: -1, 0 (it begins with them), or 1.
  func compare(_ key: [JSONValue]) -> Int {
    for (value, bound) in zip(key, values) {
      let order = Self.compare(value, bound)
      if order != 0 { return order }
    }
    return 0
  }

  /// As the server's index compares whole numbers, and texts by their bytes (collation C).
  private static func compare(_ left: JSONValue, _ right: JSONValue) -> Int {
    switch (left, right) {
    case (.number, .number):
      guard let left = left.integer, let right = right.integer else { return 0 }
      return left < right ? -1 : left > right ? 1 : 0
    case (.string(let left), .string(let right)):
      if left.utf8.lexicographicallyPrecedes(right.utf8) { return -1 }
      return right.utf8.lexicographicallyPrecedes(left.utf8) ? 1 : 0
    default: return 0
    }
  }
}

/// A range of keys, whose rows are deleted before those that follow are stored.
struct KeyRange {
  let columns: [String]
  let start: KeyBound?
  let end: KeyBound?

  /// - Parameter line: A line of kind `range`.
  init?(_ line: JSONValue) {
    guard let names = line["columns"]?.elements else { return nil }
    columns = names.compactMap(\.text)
    guard let first = line["start"], let last = line["end"] else { return nil }
    start = KeyBound(first, columns: columns)
    end = KeyBound(last, columns: columns)
    guard (start == nil) == (first == .null), (end == nil) == (last == .null) else { return nil }
  }

  func contains(_ row: [String: JSONValue]) -> Bool {
    let key = columns.compactMap { row[$0] }
    if let start {
      let order = start.compare(key)
      if order < 0 || order == 0 && !start.isInclusive { return false }
    }
    if let end {
      let order = end.compare(key)
      if order > 0 || order == 0 && !end.isInclusive { return false }
    }
    return true
  }
}
