internal import PGWire

/// The keys from one place to another, of a table that an incremental snapshot reads.
///
/// Keys are compared as the server's index compares them: column by column, text by the column's
/// collation. A bound can have fewer values than the key has columns; it then stands before or
/// behind all keys that begin with them.
public struct SnapshotKeyRange: Hashable, Sendable {
  /// One end of a range.
  public struct Bound: Hashable, Sendable {
    /// The values of the key's first columns, as the server prints them.
    public let values: [String]
    /// Whether keys that begin with these values lie in the range.
    public let isInclusive: Bool
  }

  /// The names of the key's columns, in their order; none if the table is read as one range.
  public let columns: [String]
  /// Where it begins; `nil` before all keys.
  public let start: Bound?
  /// Where it ends; `nil` behind all keys.
  public let end: Bound?

  let range: KeyRange
  let shape: KeyShape

  init(_ range: KeyRange, _ shape: KeyShape) {
    self.range = range
    self.shape = shape
    columns = shape.columns.map(\.name)
    start = range.start.map { Bound($0, shape, isInclusive: $0.side == .before) }
    end = range.end.map { Bound($0, shape, isInclusive: $0.side == .after) }
  }

  /// Whether every key lies in it.
  public var isWholeTable: Bool { start == nil && end == nil }

  /// Whether a key lies in it.
  ///
  /// - Parameter key: The values of ``columns``, as the server prints them.
  /// - Returns: `nil` if only the server knows, as with text in the order of a language
  ///   (``SnapshotChunk/contains(_:)`` asks it), and for what is not a key of this table.
  public func contains(_ key: [String]) -> Bool? {
    if isWholeTable { return true }
    return self.key(key).flatMap { range.contains($0) }
  }

  /// A key from its texts; `nil` for what is none of this table.
  func key(_ texts: [String]) -> Key? {
    guard texts.count == shape.columns.count else { return nil }
    var values: [KeyValue] = []
    for (text, column) in zip(texts, shape.columns) {
      let bytes = Array(text.utf8)
      guard let value = KeyValue(text: bytes.span, type: column.type) else { return nil }
      values.append(value)
    }
    return Key(values)
  }

  /// The condition that a row lies in it, as SQL for a PostgreSQL database with the same columns,
  /// types and collations; `nil` for all rows.
  ///
  /// - Throws: ``ReplicationError/invalidParameter(_:)`` if a bound can't be written as SQL.
  public func condition() throws(ReplicationError) -> String? {
    try range.condition(shape)?.text
  }
}

extension SnapshotKeyRange.Bound {
  fileprivate init(_ bound: KeyBound, _ shape: KeyShape, isInclusive: Bool) {
    values = zip(bound.key.values, shape.columns).map { value, column in
      String(decoding: value.text(type: column.type), as: UTF8.self)
    }
    self.isInclusive = isInclusive
  }
}

extension SnapshotKeyRange: CustomStringConvertible {
  /// For messages to people.
  ///
  /// An example is `id >= 100 and id < 200`; it has values of the table's key.
  public var description: String {
    if isWholeTable { return "all rows" }
    var parts: [String] = []
    if let start { parts.append(words(start, start.isInclusive ? ">=" : ">")) }
    if let end { parts.append(words(end, end.isInclusive ? "<=" : "<")) }
    return parts.joined(separator: " and ").displayed
  }

  private func words(_ bound: Bound, _ comparison: String) -> String {
    func list(_ texts: some Collection<String>) -> String {
      texts.count == 1 ? texts.joined() : "(" + texts.joined(separator: ", ") + ")"
    }
    return "\(list(columns.prefix(bound.values.count))) \(comparison) \(list(bound.values))"
  }
}
