import Foundation
import Testing

/// A table as a consumer has it that applies the records in order.
struct ReplayedTable {
  /// Each row's id and words.
  private(set) var rows: Set<[String?]> = []
  private var words: [Int: String] = [:]

  init(_ records: [MemoryEngine.Record]) throws {
    for record in records {
      guard let value = record.value else { continue }
      let object = try JSONSerialization.jsonObject(with: Data(value.utf8))
      let line = try #require(object as? [String: Any])
      switch line["kind"] as? String {
      case "range":
        // The tests' tables are small enough to be one range.
        words = [:]
      case "insert", "snapshot": try take(line["new"])
      case "update":
        if let old = line["old"] as? [String: Any] { remove(old) }
        try take(line["new"])
      case "delete": remove(try #require(line["old"] as? [String: Any]))
      default: break
      }
    }
    rows = Set(words.map { [String($0.key), $0.value] })
  }

  private mutating func take(_ row: Any?) throws {
    let row = try #require(row as? [String: Any])
    words[try #require(row["id"] as? Int)] = row["words"] as? String
  }

  private mutating func remove(_ row: [String: Any]) {
    if let id = row["id"] as? Int { words[id] = nil }
  }
}
