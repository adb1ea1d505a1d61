/// How the items of arrays, ranges, composites and hstores are quoted.
enum QuotedItem {
  /// Which byte stands before a quote or a backslash inside quotes.
  enum Escape {
    /// `\"` and `\\`, as in arrays and hstores.
    case backslash
    /// `""` and `\\`, as in ranges and composites.
    case doubling
  }
}

extension [UInt8] {
  /// Puts quotes around what has been appended since `start`, and escapes into it.
  ///
  /// In place, from the end on, each byte once: a slice of these bytes would share their memory,
  /// which then would be copied as a whole for every item.
  mutating func quote(from start: Int, _ escape: QuotedItem.Escape) {
    let (quotes, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "\\"))
    let mark = escape == .backslash ? backslash : quotes
    let end = count
    var special = 0
    for index in start..<end where self[index] == quotes || self[index] == backslash {
      special += 1
    }
    append(contentsOf: repeatElement(quotes, count: special + 2))
    var target = count - 1
    // The last byte is the closing quote already.
    var source = end
    while source > start {
      source -= 1
      target -= 1
      let byte = self[source]
      self[target] = byte
      if byte == quotes || byte == backslash {
        target -= 1
        self[target] = byte == quotes ? mark : backslash
      }
    }
    self[start] = quotes
  }

  /// Whether what has been appended since `start` is empty, or has a byte that asks for quotes.
  func needsQuotes(from start: Int, _ isSpecial: (UInt8) -> Bool) -> Bool {
    guard count > start else { return true }
    for index in start..<count where Span<UInt8>.isSpace(self[index]) || isSpecial(self[index]) {
      return true
    }
    return false
  }
}

extension Span<UInt8> {
  /// Takes an item in quotes off the front and passes it without them and its escapes.
  mutating func takeQuoted<R>(
    _ escape: QuotedItem.Escape, _ body: (Span<UInt8>) throws(PostgresValueError) -> R
  ) throws(PostgresValueError) -> R {
    var end = 1
    var hasEscapes = false
    while true {
      guard end < count else { throw .malformed }
      if self[end] == UInt8(ascii: "\\") {
        hasEscapes = true
        end += 2
      } else if self[end] == UInt8(ascii: "\"") {
        guard escape == .doubling, byte(at: end + 1) == UInt8(ascii: "\"") else { break }
        hasEscapes = true
        end += 2
      } else {
        end += 1
      }
    }
    let inner = extracting(1..<end)
    let rest = extracting(droppingFirst: end + 1)
    guard hasEscapes else {
      self = rest
      return try body(inner)
    }
    var plain: [UInt8] = []
    plain.reserveCapacity(inner.count)
    var at = 0
    while at < inner.count {
      // Either escape takes the byte that follows as it is.
      if inner[at] == UInt8(ascii: "\\") || inner[at] == UInt8(ascii: "\"") { at += 1 }
      plain.append(inner[at])
      at += 1
    }
    let span = plain.span
    self = rest
    return try body(span)
  }

  /// How many bytes an item without quotes has at the front, up to one of those that end it.
  func bareLength(endingAt isEnd: (UInt8) -> Bool) throws(PostgresValueError) -> Int {
    var length = 0
    while length < count, !isEnd(self[length]) {
      let byte = self[length]
      guard byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), !Self.isSpace(byte) else {
        throw .malformed
      }
      length += 1
    }
    return length
  }
}
