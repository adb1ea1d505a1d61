import PGOutput
import PriceList
import ReplicationTestKit
import Testing

extension TestDatabase {
  /// A database with some prices, and without a slot: the connector makes its own.
  static func withPrices() throws -> TestDatabase {
    let prices = TestTable(
      "prices",
      columns: [.key("article", .text), .column("cents", .int8), .large("description", .text)])
    let database = TestDatabase([prices], slot: nil)
    try database.commit { changes in
      try changes.insert(into: "prices", ["article": "apple", "cents": 40, "description": "red"])
      try changes.insert(into: "prices", ["article": "pear", "cents": 60, "description": "green"])
      try changes.insert(into: "prices", ["article": "plum", "cents": 10])
    }
    return database
  }

  /// Inserts, updates, renames and deletes articles.
  func changePrices() throws {
    try commit { changes in
      try changes.update("prices", where: ["article": "apple"], set: ["cents": 45])
      try changes.update("prices", where: ["article": "pear"], set: ["article": "big pear"])
    }
    try commit { changes in
      try changes.delete(from: "prices", where: ["article": "plum"])
      try changes.insert(into: "prices", ["article": "cherry", "cents": 5])
    }
    try commit { changes in
      try changes.update("prices", where: ["article": "cherry"], set: ["description": "dark"])
    }
  }

  /// What the connector should have made of the table.
  func expectedPrices() throws -> [String: Price] {
    var prices: [String: Price] = [:]
    for row in try rows(of: "prices") {
      let article = try #require(row["article"]?.text)
      let cents = try #require(row["cents"]?.text.flatMap { Int64($0) })
      prices[article] = Price(cents: cents, description: row["description"]?.text)
    }
    return prices
  }
}
