/// A place between keys: just before a key or just after it.
///
/// The key of a bound may be shorter than a row's: it then stands before or after all rows that
/// begin with these values. So bounds can be made from statistics of the first column alone.
struct KeyBound: Hashable, Sendable {
  enum Side: Hashable, Sendable {
    case before
    case after
  }

  let side: Side
  let key: Key

  init(_ side: Side, _ key: Key) {
    self.side = side
    self.key = key
  }

  /// Whether a row's key is behind this place; `nil` if only the server knows.
  func isBehind(_ row: Key) -> Bool? {
    switch row.compare(key) {
    case .before: false
    case .same: side == .before
    case .after: true
    case nil: nil
    }
  }

  /// Where this place is beside another; `nil` if only the server knows.
  func compare(_ other: KeyBound) -> KeyOrder? {
    guard let order = key.compare(other.key) else { return nil }
    guard order == .same else { return order }
    // Of a key and a longer one that begins with it, the shorter one's places are further out.
    if key.values.count < other.key.values.count { return side == .before ? .before : .after }
    if key.values.count > other.key.values.count { return other.side == .before ? .after : .before }
    return side == other.side ? .same : side == .before ? .before : .after
  }
}

/// The keys from one place to another; without a place it has no end there.
struct KeyRange: Hashable, Sendable {
  var start: KeyBound?
  var end: KeyBound?

  /// All keys.
  static let everything = KeyRange(start: nil, end: nil)

  /// Whether a row's key lies in it; `nil` if only the server knows.
  func contains(_ key: Key) -> Bool? {
    if let start {
      guard let isBehind = start.isBehind(key) else { return nil }
      if !isBehind { return false }
    }
    if let end {
      guard let isBehind = end.isBehind(key) else { return nil }
      if isBehind { return false }
    }
    return true
  }

  /// Whether a place lies inside, so that it cuts the range in two; `nil` if only the server knows.
  func isCut(by bound: KeyBound) -> Bool? {
    if let start {
      guard let order = start.compare(bound) else { return nil }
      if order != .before { return false }
    }
    if let end {
      guard let order = bound.compare(end) else { return nil }
      if order != .before { return false }
    }
    return true
  }
}
