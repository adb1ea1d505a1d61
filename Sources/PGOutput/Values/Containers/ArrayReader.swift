import CDCTime

/// One dimension of an array.
public struct PostgresDimension: Hashable, Sendable, Codable {
  /// How many elements it has.
  public let count: Int
  /// The index of the first element, 1 unless it was chosen.
  public let lowerBound: Int

  /// A dimension with this number of elements.
  public init(count: Int, lowerBound: Int = 1) {
    self.count = count
    self.lowerBound = lowerBound
  }

  /// `MAXDIM` in the server's source.
  static let most = 6

  /// How many elements there are; `nil` if a count is negative or they are more than can be.
  static func elementCount(_ dimensions: [PostgresDimension]) -> Int? {
    var elements = dimensions.isEmpty ? 0 : 1
    for dimension in dimensions {
      let (product, overflow) = elements.multipliedReportingOverflow(by: dimension.count)
      guard !overflow, dimension.count >= 0 else { return nil }
      elements = product
    }
    return elements
  }
}

/// The forms of arrays, whatever their elements are.
///
///     text     [bounds =] { item, … }      item   array | NULL | "quoted" | bare
///     bounds   [lower:upper] …             only if a lower bound isn't 1
///     binary   dimensions 4 | has NULL 4 | element oid 4 | dimensions × (count 4 | lower bound 4)
///              | elements × (length 4 or -1 | value)
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>
package struct ArrayReader: ~Copyable {
  private(set) var dimensions: [PostgresDimension] = []
  private let delimiter: UInt8
  /// At which depth the values lie, once one was met.
  private var valueDepth: Int?

  package init(delimiter: UInt8) {
    self.delimiter = delimiter
  }

  /// A piece of an array's text; what lies between two braces is one level.
  package enum Part: ~Escapable {
    case opening
    case closing
    case null
    case value(Span<UInt8>)
  }

  /// Passes all elements of a text in their order.
  mutating func read(
    _ text: Span<UInt8>, null: () throws(PostgresValueError) -> Void,
    value: (Span<UInt8>) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    let (bounds, counts) = try readParts(of: text) { part throws(PostgresValueError) in
      switch part {
      case .opening, .closing: return
      case .null: try null()
      case .value(let bytes): try value(bytes)
      }
    }
    dimensions = bounds
    guard bounds.isEmpty, let valueDepth else { return }
    for level in 0...valueDepth { dimensions.append(PostgresDimension(count: counts[level])) }
  }

  /// Passes the parts of a text in their order; an empty array has none.
  package mutating func forEachPart(
    of text: Span<UInt8>, _ body: (Part) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    _ = try readParts(of: text, body)
  }

  private mutating func readParts(
    of text: Span<UInt8>, _ body: (Part) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) -> (bounds: [PostgresDimension], counts: Counts) {
    var rest = text
    let bounds = try rest.takeArrayBounds()
    var counts = Counts(repeating: -1)
    if bounds.isEmpty, rest.equals("{}") { return (bounds, counts) }
    try readLevel(&rest, depth: 0, &counts, body)
    guard rest.isEmpty else { throw .malformed }
    guard bounds.isEmpty || bounds.count == (valueDepth ?? 0) + 1 else { throw .malformed }
    for (level, bound) in bounds.enumerated() where bound.count != counts[level] {
      throw .malformed
    }
    return (bounds, counts)
  }

  /// How many items each level has.
  private typealias Counts = InlineArray<6, Int>

  private mutating func readLevel(
    _ rest: inout Span<UInt8>, depth: Int, _ counts: inout Counts,
    _ body: (Part) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    guard depth < PostgresDimension.most, rest.take(UInt8(ascii: "{")) else { throw .malformed }
    try body(.opening)
    var count = 0
    repeat {
      if rest.byte(at: 0) == UInt8(ascii: "{") {
        guard depth + 1 <= valueDepth ?? .max else { throw .malformed }
        try readLevel(&rest, depth: depth + 1, &counts, body)
      } else {
        guard depth == valueDepth ?? depth else { throw .malformed }
        valueDepth = depth
        try readValue(&rest, body)
      }
      count += 1
    } while rest.take(delimiter)
    guard rest.take(UInt8(ascii: "}")), counts[depth] < 0 || counts[depth] == count else {
      throw .malformed
    }
    counts[depth] = count
    try body(.closing)
  }

  private func readValue(
    _ rest: inout Span<UInt8>, _ body: (Part) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    if rest.byte(at: 0) == UInt8(ascii: "\"") {
      return try rest.takeQuoted(.backslash) { value throws(PostgresValueError) in
        try body(.value(value))
      }
    }
    let length = try rest.bareLength { $0 == delimiter || $0 == 0x7B || $0 == 0x7D }
    let bare = rest.extracting(first: length)
    rest = rest.extracting(droppingFirst: length)
    guard length > 0 else { throw .malformed }
    if bare.equals("NULL") { try body(.null) } else { try body(.value(bare)) }
  }
}

extension ArrayReader {
  /// Passes all elements of the binary form in their order.
  mutating func read(
    binary bytes: Span<UInt8>, null: () throws(PostgresValueError) -> Void,
    value: (Span<UInt8>) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    var rest = bytes
    guard let depth = rest.takeInt32(), (0...Int32(PostgresDimension.most)).contains(depth),
      let flags = rest.takeInt32(), (0...1).contains(flags), rest.takeInt32() != nil
    else { throw .malformed }
    for _ in 0..<depth {
      guard let count = rest.takeInt32(), let lowerBound = rest.takeInt32() else {
        throw .malformed
      }
      dimensions.append(PostgresDimension(count: Int(count), lowerBound: Int(lowerBound)))
    }
    // Each takes at least four bytes, so a false count can't cause more work than what was sent.
    guard let elements = PostgresDimension.elementCount(dimensions), elements <= rest.count / 4
    else { throw .malformed }
    // An empty vector has a dimension without elements.
    if elements == 0 { dimensions = [] }
    for _ in 0..<elements {
      if try rest.takeSized(value) == nil { try null() }
    }
    guard rest.isEmpty else { throw .malformed }
  }
}

extension Span<UInt8> {
  /// Takes `[0:2][5:5]=` off the front, if it is there.
  fileprivate mutating func takeArrayBounds() throws(PostgresValueError) -> [PostgresDimension] {
    var bounds: [PostgresDimension] = []
    while take(UInt8(ascii: "[")) {
      guard let lower = takeBound(), take(UInt8(ascii: ":")), let upper = takeBound(),
        take(UInt8(ascii: "]")), upper >= lower, bounds.count < PostgresDimension.most
      else { throw .malformed }
      bounds.append(PostgresDimension(count: upper - lower + 1, lowerBound: lower))
    }
    guard
      bounds.isEmpty || take(UInt8(ascii: "=")) && bounds.contains(where: { $0.lowerBound != 1 })
    else { throw .malformed }
    return bounds
  }

  private mutating func takeBound() -> Int? {
    let isNegative = take(UInt8(ascii: "-"))
    guard let magnitude = takeWholeNumber(upTo: 1 << 31) else { return nil }
    return isNegative ? -Int(magnitude) : Int(magnitude)
  }
}

extension [UInt8] {
  /// Appends an array's text.
  ///
  /// - Parameter element: Appends the text of the element with that index, or returns `false` if
  ///   it is NULL.
  mutating func append(
    arrayOf dimensions: [PostgresDimension], delimiter: UInt8,
    element: (_ index: Int, inout [UInt8]) throws(PostgresValueError) -> Bool
  ) throws(PostgresValueError) {
    guard !dimensions.isEmpty else { return append(ascii: "{}") }
    if dimensions.contains(where: { $0.lowerBound != 1 }) {
      for dimension in dimensions {
        append(ascii: "[\(dimension.lowerBound):\(dimension.lowerBound + dimension.count - 1)]")
      }
      append(UInt8(ascii: "="))
    }
    var index = 0
    try append(level: dimensions[...], delimiter, &index, element)
  }

  private mutating func append(
    level dimensions: ArraySlice<PostgresDimension>, _ delimiter: UInt8, _ index: inout Int,
    _ element: (Int, inout [UInt8]) throws(PostgresValueError) -> Bool
  ) throws(PostgresValueError) {
    append(UInt8(ascii: "{"))
    for position in 0..<(dimensions.first?.count ?? 0) {
      if position > 0 { append(delimiter) }
      guard dimensions.count == 1 else {
        try append(level: dimensions.dropFirst(), delimiter, &index, element)
        continue
      }
      let start = count
      if try element(index, &self) {
        if needsArrayQuotes(from: start, delimiter) { quote(from: start, .backslash) }
      } else {
        append(ascii: "NULL")
      }
      index += 1
    }
    append(UInt8(ascii: "}"))
  }

  private func needsArrayQuotes(from start: Int, _ delimiter: UInt8) -> Bool {
    if needsQuotes(
      from: start,
      { $0 == delimiter || $0 == 0x22 || $0 == 0x5C || $0 == 0x7B || $0 == 0x7D })
    {
      return true
    }
    guard count - start == 4 else { return false }
    return self[start...].elementsEqual("NULL".utf8) { $0 & 0xDF == $1 }
  }
}
