import PGOutput
import PGWire
import ReplicationTestKit

extension TestDatabase {
  /// A database with some notes, and a table without a key, and without a slot.
  static func withNotes() throws -> TestDatabase {
    let notes = TestTable(
      "notes", columns: [.key("id", .int8), .column("words", .text), .large("body", .text)])
    let log = TestTable("log", columns: [.column("line", .text)])
    let database = TestDatabase([notes, log], slot: nil)
    try database.commit { changes in
      for id in 1...6 { try changes.insert(into: "notes", ["id": .init(id), "words": "old"]) }
    }
    return database
  }

  /// Inserts, updates, changes of keys, deletions, and rows without a key.
  func changeNotes() throws {
    try commit { changes in
      try changes.update("notes", where: ["id": 3], set: ["words": "new"])
      try changes.update("notes", where: ["id": 4], set: ["id": 400])
    }
    try commit { changes in
      for number in 1...8 { try changes.insert(into: "log", ["line": "line \(number)"]) }
      try changes.insert(into: "notes", ["id": 7, "words": "seven"])
    }
    try commit { changes in
      try changes.delete(from: "notes", where: ["id": 5])
      try changes.update("notes", where: ["id": 7], set: ["words": "VII"])
    }
  }

  /// One more transaction.
  func changeNotesAgain() throws {
    try commit { changes in
      try changes.update("notes", where: ["id": 2], set: ["words": "again"])
    }
  }

  /// One transaction with many notes.
  func insertMany(_ count: Int) throws {
    try commit { changes in
      for id in 1000..<(1000 + count) {
        try changes.insert(into: "notes", ["id": .init(id), "words": "many", "body": "some text"])
      }
    }
  }
}
