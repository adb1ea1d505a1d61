import PGOutput
import ReplicationTestKit

extension TestDatabase {
  /// A database with a table of items, and these slots.
  static func withItems(slots: [String]) throws -> TestDatabase {
    let items = TestTable("items", columns: [.key("id", .int8), .column("name", .text)])
    let database = TestDatabase([items], slot: nil)
    for slot in slots { try database.createSlot(slot) }
    return database
  }

  /// Commits many small transactions and a large one, with every kind of change.
  func changeItems(from first: Int = 0) throws {
    for id in first..<first + 20 {
      try commit { changes in
        try changes.insert(into: "items", ["id": TestValue(id), "name": "item \(id)"])
      }
    }
    try commit { changes in
      for id in first + 100..<first + 300 {
        let name = String(repeating: "x", count: 40)
        try changes.insert(into: "items", ["id": TestValue(id), "name": TestValue(name)])
      }
    }
    try commit { changes in
      try changes.update("items", where: ["id": TestValue(first)], set: ["name": "größer"])
      try changes.update(
        "items", where: ["id": TestValue(first + 1)], set: ["id": TestValue(first + 1000)])
      try changes.delete(from: "items", where: ["id": TestValue(first + 2)])
    }
  }
}
