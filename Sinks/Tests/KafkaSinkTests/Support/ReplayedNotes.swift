import Foundation
import KafkaSink
import Testing

/// The notes as a consumer has them that applies the records in order.
struct ReplayedNotes {
  private var words: [Int: String] = [:]

  /// Each row's id and words.
  var rows: Set<[String?]> { Set(words.map { [String($0.key), $0.value] }) }

  init(_ records: [KafkaRecord]) throws {
    for record in records where record.topic.hasSuffix("public.notes") {
      guard let value = record.value else { continue }
      let line = try Self.object(Data(value))
      switch line["kind"] as? String {
      case "insert", "snapshot": try take(line["new"])
      case "update":
        if let old = line["old"] as? [String: Any] { remove(old) }
        try take(line["new"])
      case "delete": remove(try #require(line["old"] as? [String: Any]))
      default: break
      }
    }
  }

  private static func object(_ bytes: Data) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: bytes)
    return try #require(object as? [String: Any])
  }

  private mutating func take(_ row: Any?) throws {
    let row = try #require(row as? [String: Any])
    words[try #require(row["id"] as? Int)] = row["words"] as? String
  }

  private mutating func remove(_ row: [String: Any]) {
    if let id = row["id"] as? Int { words[id] = nil }
  }
}
