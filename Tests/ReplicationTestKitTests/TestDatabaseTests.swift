import PGOutput
import PGWire
import ReplicationTestKit
import Testing

/// What a test's database does by itself, without a client.
@Suite struct TestDatabaseTests {
  @Test func `rows are as the transactions have left them`() throws {
    let database = try Tables.database()
    #expect(
      try database.rows(of: "orders") == [
        ["id": 1, "item": "apple", "note": "long"], ["id": 2, "item": "pear", "note": "long"],
        ["id": 30, "item": "apple", "note": "long"],
      ])
    #expect(
      try database.rows(of: "public.logged") == [
        ["line": "tab\tand \\ and\nline", "level": 7], ["line": "", "level": 1],
      ])
    try database.commit { try $0.truncate(["orders", "logged"]) }
    #expect(try database.rows(of: "orders").isEmpty)
    #expect(try database.rows(of: "logged").isEmpty)
  }

  @Test func `a transaction that fails or is rolled back has changed nothing`() throws {
    let database = try Tables.database()
    let (rows, end) = (try database.rows(of: "orders"), database.currentLSN)
    #expect(throws: TestDatabaseError.noTable("nothing")) {
      try database.commit { changes in
        try changes.delete(from: "orders")
        try changes.insert(into: "nothing", [:])
      }
    }
    #expect(database.currentLSN == end)
    try database.rollBack(inBlocksOf: 1) { try $0.delete(from: "orders") }
    #expect(try database.rows(of: "orders") == rows)
    // The log has it all the same.
    #expect(database.currentLSN > end)
  }

  @Test func `what no server would take is refused`() throws {
    let database = TestDatabase([
      Tables.orders, TestTable("bare", columns: [.column("a", .text)]),
    ])
    try database.commit { changes in
      try changes.insert(into: "orders", ["id": 1])
      try changes.insert(into: "bare", ["a": "x"])
    }
    func refusal(_ body: (inout TestChanges) throws -> Void) -> TestDatabaseError? {
      do {
        try database.commit(body)
        return nil
      } catch {
        return error as? TestDatabaseError
      }
    }
    #expect(
      refusal { try $0.insert(into: "orders", ["id": 1]) } == .duplicateKey(table: "public.orders"))
    #expect(
      refusal { try $0.insert(into: "orders", ["size": 1]) }
        == .noColumn("size", table: "public.orders"))
    #expect(refusal { try $0.delete(from: "bare") } == .noReplicaIdentity(table: "public.bare"))
    #expect(
      refusal { try $0.update("bare", set: ["a": "y"]) }
        == .noReplicaIdentity(table: "public.bare"))
    #expect(throws: TestDatabaseError.slotExists("test_slot")) {
      try database.createSlot("test_slot")
    }
    #expect(throws: TestDatabaseError.noSlot("other")) { try database.dropSlot("other") }
  }

  @Test func `an altered table keeps the values of its columns`() throws {
    let database = try Tables.database()
    try database.commit { changes in
      try changes.alter("orders") { table in
        table.columns.removeAll { $0.name == "note" }
        table.columns.append(.column("price", .numeric))
      }
      try changes.update("orders", where: ["id": 1], set: ["price": 2.5])
    }
    #expect(try database.table("orders").columns.map(\.name) == ["id", "item", "price"])
    #expect(
      try database.rows(of: "orders").first == ["id": 1, "item": "apple", "price": 2.5])
    #expect(try database.rows(of: "orders").last?["price"] == .null)
  }
}
