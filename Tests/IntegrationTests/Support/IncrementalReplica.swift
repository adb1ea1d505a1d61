import Foundation
import PGWire
import Testing

/// Tables as a consumer of `pgcdc stream --snapshot incremental` has them: made from nothing but the
/// lines, which may have been printed by several processes that were killed.
///
/// Keys are numbers and strings in the order of their bytes. What a transaction without a commit line
/// has brought is dropped; rows of a range are taken as they come.
struct IncrementalReplica {
  /// For each table the rows by their key.
  private(set) var tables: [String: [Key: NSDictionary]] = [:]
  /// The tables that were said to be whole.
  private(set) var whole: Set<String> = []
  /// How many ranges were read to their end, for each table.
  private(set) var ranges: [String: Int] = [:]
  /// How many rows came with them.
  private(set) var snapshotRows: [String: Int] = [:]
  /// How many lines could not be read.
  private(set) var cutLines = 0
  /// Changes of the transaction that is open.
  private var open: [[String: Any]]?
  /// The range whose rows come, and how many there were.
  private var range: (object: [String: Any], rows: Int)?
  /// Whether every change has to fit the rows: nothing comes twice.
  private let isExact: Bool
  private let keys: [String: [String]]

  /// - Parameters:
  ///   - keys: The names of each table's key columns.
  ///   - isExact: Whether all lines are of one process, so that nothing comes twice.
  init(keys: [String: [String]], isExact: Bool) {
    self.keys = keys
    self.isExact = isExact
  }

  /// A key, compared column by column.
  struct Key: Hashable, Comparable {
    enum Value: Hashable {
      case number(Int)
      case text(String)
    }
    let values: [Value]

    static func < (left: Self, right: Self) -> Bool {
      for (left, right) in zip(left.values, right.values) where left != right {
        switch (left, right) {
        case (.number(let left), .number(let right)): return left < right
        case (.text(let left), .text(let right)):
          return left.utf8.lexicographicallyPrecedes(right.utf8)
        default: return false
        }
      }
      return false
    }
  }

  mutating func apply(_ text: String) throws {
    for line in text.split(separator: "\n") {
      guard
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      else {
        cutLines += 1
        continue
      }
      try apply(object)
    }
  }

  private mutating func apply(_ object: [String: Any]) throws {
    let kind = try #require(object["kind"] as? String)
    switch kind {
    case "begin": open = []
    case "insert", "update", "delete", "truncate": open?.append(object)
    case "commit":
      for change in open ?? [] { try applyChange(change) }
      open = nil
    case "range":
      open = nil
      range = (object, 0)
      try empty(try table(object), object)
    case "snapshot":
      try #require(range != nil, "a row outside of a range")
      range?.rows += 1
      let new = try #require(object["new"] as? [String: Any])
      let (table, key) = (try table(object), try key(of: new, try table(object)))
      try #require(tables[table]?[key] == nil, "a row of a range comes twice")
      try #require(try contains(key, range?.object ?? [:], table), "a row beyond its range")
      tables[table, default: [:]][key] = NSDictionary(dictionary: new)
    case "range_end":
      let table = try table(object)
      #expect(object["rows"] as? Int == range?.rows)
      ranges[table, default: 0] += 1
      snapshotRows[table, default: 0] += range?.rows ?? 0
      range = nil
    case "whole": whole.insert(try table(object))
    default: throw NoValue(sql: kind)
    }
  }

  private mutating func applyChange(_ object: [String: Any]) throws {
    if object["kind"] as? String == "truncate" {
      for name in try #require(object["relations"] as? [String]) {
        tables[String(name.split(separator: ".").last ?? "")] = [:]
      }
      return
    }
    let table = try table(object)
    let (old, new) = (object["old"] as? [String: Any], object["new"] as? [String: Any])
    var row: [String: Any] = [:]
    if object["kind"] as? String != "insert" {
      let key = try key(of: try #require(old ?? new), table)
      let former = tables[table]?.removeValue(forKey: key)
      if isExact { try #require(former != nil, "\(object): there is no such row") }
      row = former as? [String: Any] ?? [:]
    }
    guard let new else { return }
    row.merge(new) { $1 }
    let key = try key(of: row, table)
    if isExact { try #require(tables[table]?[key] == nil, "\(object): the row is there") }
    tables[table, default: [:]][key] = NSDictionary(dictionary: row)
  }

  private mutating func empty(_ table: String, _ range: [String: Any]) throws {
    let rows = tables[table] ?? [:]
    tables[table] = try rows.filter { try !contains($0.key, range, table) }
  }

  private func contains(_ key: Key, _ range: [String: Any], _ table: String) throws -> Bool {
    func compare(_ name: String) throws -> (order: ComparisonResult, isInclusive: Bool)? {
      guard let bound = range[name] as? [String: Any] else { return nil }
      let values = try #require(bound["key"] as? [String: Any])
      let limit = try self.key(of: values, table)
      let isInclusive = try #require(bound["inclusive"] as? Bool)
      return (
        key < limit ? .orderedAscending : limit < key ? .orderedDescending : .orderedSame,
        isInclusive
      )
    }
    if let (order, isInclusive) = try compare("start") {
      if order == .orderedAscending || order == .orderedSame && !isInclusive { return false }
    }
    if let (order, isInclusive) = try compare("end") {
      if order == .orderedDescending || order == .orderedSame && !isInclusive { return false }
    }
    return true
  }

  private func table(_ object: [String: Any]) throws -> String {
    try #require(object["table"] as? String)
  }

  /// The key's columns that there are, in their order: a bound may have fewer than all.
  private func key(of row: [String: Any], _ table: String) throws -> Key {
    let columns = try #require(keys[table], "no table \(table)")
    let values = columns.compactMap { column -> Key.Value? in
      if let text = row[column] as? String { return .text(text) }
      return (row[column] as? NSNumber).map { .number($0.intValue) }
    }
    try #require(!values.isEmpty)
    return Key(values: values)
  }
}

extension IncrementalReplica {
  /// Whether the tables hold these rows, as the server itself writes them in JSON.
  func expectEqual(to sql: WireConnection) async throws {
    for (table, columns) in keys.sorted(by: { $0.key < $1.key }) {
      var expected: [Key: NSDictionary] = [:]
      for row in try await sql.rows("SELECT row_to_json(t) FROM \(table) t") {
        let text = try #require(row.first ?? nil)
        let object = try #require(
          try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        expected[try key(of: object, table)] = NSDictionary(dictionary: object)
      }
      let found = tables[table] ?? [:]
      let missing = expected.keys.filter { found[$0] == nil }.sorted().prefix(5)
      let ghosts = found.keys.filter { expected[$0] == nil }.sorted().prefix(5)
      let other = expected.keys.filter { found[$0] != nil && found[$0] != expected[$0] }.prefix(5)
      #expect(missing.isEmpty, "\(table) \(columns): missing \(missing.map(\.values))")
      #expect(ghosts.isEmpty, "\(table): not in the source: \(ghosts.map(\.values))")
      #expect(other.isEmpty, "\(table): other values: \(other.map(\.values))")
    }
  }
}
