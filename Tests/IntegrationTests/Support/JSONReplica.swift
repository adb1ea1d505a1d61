import Foundation
import PGWire
import Testing

/// A table with a unique column `id`, made from nothing but lines of JSON.
struct JSONReplica {
  /// For each table the rows by their `id`.
  private(set) var tables: [String: [Int: NSDictionary]] = [:]
  /// How many transactions were whole.
  private(set) var transactions = 0
  private var isInTransaction = false

  init() {}

  /// Does to the rows what the lines say was done on the server.
  ///
  /// - Throws: If a line is no such object, comes out of place, or does not fit the rows.
  mutating func apply(_ lines: [String]) throws {
    for line in lines {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      switch object["kind"] as? String {
      case "begin":
        try #require(!isInTransaction)
        isInTransaction = true
      case "commit":
        try #require(isInTransaction)
        isInTransaction = false
        transactions += 1
      case "truncate":
        for name in try #require(object["relations"] as? [String]) {
          tables[String(name.split(separator: ".").last ?? "")] = [:]
        }
      case "insert", "update", "delete":
        try #require(isInTransaction)
        try change(object)
      default: throw NoValue(sql: line)
      }
    }
  }

  private mutating func change(_ object: [String: Any]) throws {
    let table = try #require(object["table"] as? String)
    let old = object["old"] as? [String: Any]
    let new = object["new"] as? [String: Any]
    var row: [String: Any] = [:]
    if object["kind"] as? String != "insert" {
      let key = try #require((old ?? new)?["id"] as? Int)
      let removed = tables[table]?.removeValue(forKey: key)
      let before = try #require(removed, "no row \(key)")
      if object["identity"] as? String == "full" {
        #expect(NSDictionary(dictionary: old ?? [:]) == before)
      }
      row = before as? [String: Any] ?? [:]
    }
    guard let new else { return }
    let unchanged = object["unchanged"] as? [String] ?? []
    try #require(unchanged.allSatisfy { new[$0] == nil && row[$0] is String })
    row.merge(new) { $1 }
    let key = try #require(row["id"] as? Int)
    try #require(tables[table]?[key] == nil, "row \(key) comes twice")
    tables[table, default: [:]][key] = NSDictionary(dictionary: row)
  }

  /// Whether the tables of a ``History`` hold these rows, as the server itself writes them in JSON.
  func expectEqual(to sql: WireConnection) async throws {
    for table in History.tables {
      var expected: [Int: NSDictionary] = [:]
      for row in try await sql.rows("SELECT \(Self.row) FROM \(table)") {
        let text = try #require(row.first ?? nil)
        let object = try #require(
          try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        expected[try #require(object["id"] as? Int)] = NSDictionary(dictionary: object)
      }
      let found = tables[table] ?? [:]
      #expect(found.keys.sorted() == expected.keys.sorted())
      for (id, row) in expected { #expect(found[id] == row) }
    }
  }

  /// A row in the JSON that `pgcdc` promises, by the means of SQL.
  private static let row = """
    json_build_object('id', id, 'name', name, 'amount', amount::text, 'at', CASE WHEN
      at BETWEEN '0001-01-01 00:00+00' AND '20000-01-01 00:00+00' THEN regexp_replace(
        to_char(at, 'FMYYYY-MM-DD"T"HH24:MI:SS.US'), '\\.?0+$', '') || 'Z' ELSE at::text END,
      'flag', flag, 'doc', doc, 'tags', tags, 'big', big)
    """
}

extension JSONReplica {
  /// The numbers in the column `id` of all rows that were inserted, in order.
  static func insertedIDs(_ lines: [String]) throws -> [Int] {
    try lines.compactMap { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard object?["kind"] as? String == "insert" else { return nil }
      return (object?["new"] as? [String: Any])?["id"] as? Int
    }
  }
}
