import Foundation
import PGOutput
import ReplicationCore
import ReplicationTestKit
import Testing

private let ordersTable = TestTable(
  "orders", columns: [.key("id", .int8), .column("customer", .text)])

@Suite struct OrdersInMemoryTests {
  private let path = FileManager.default.temporaryDirectory
    .appending(path: "totals-\(UUID()).json").path

  @Test func `every order is counted once, over a restart as well`() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let database = TestDatabase([ordersTable])
    let orders: [TestRow] = [["id": 1, "customer": "ada"], ["id": 2, "customer": "grace"]]
    for order in orders {
      try database.commit { try $0.insert(into: "orders", order) }
      let file = try TotalsFile(path: path)
      let subscription = try database.subscription(checkpoints: file) { params in
        params.stopAt = database.currentLSN
      }
      try await countOrders(subscription, in: file)
    }
    #expect(try await TotalsFile(path: path).totals == ["ada": 1, "grace": 1])
  }

  @Test func `an order is counted once if the stream breaks`() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let database = TestDatabase([ordersTable])
    try database.commit { changes in
      try changes.insert(into: "orders", ["id": 1, "customer": "ada"])
      try changes.insert(into: "orders", ["id": 2, "customer": "ada"])
    }
    database.interruptStream(afterMessages: 3)  // Begin, Relation, Insert.
    database.messagePause = .milliseconds(1)
    let file = try TotalsFile(path: path)
    let subscription = try database.subscription(checkpoints: file) { params in
      params.stopAt = database.currentLSN
    }
    try await countOrders(subscription, in: file)
    #expect(await file.totals == ["ada": 2])
  }

  @Test func `every order is counted once, whatever fails`() async throws {
    let operations = try await forEachFault { faults in
      defer { try? FileManager.default.removeItem(atPath: path) }
      let database = TestDatabase([ordersTable])
      try database.commit { try $0.insert(into: "orders", ["id": 1, "customer": "ada"]) }
      try database.commit { try $0.insert(into: "orders", ["id": 2, "customer": "ada"]) }
      database.faults = faults
      try await faults.restarting {
        // What the process does from its start.
        let file = try TotalsFile(path: path)
        let checkpoints = FaultyCheckpointStore(file, faults)
        let subscription = try database.subscription(checkpoints: checkpoints) { params in
          params.stopAt = database.currentLSN
        }
        try await countOrders(subscription, in: file)
      }
      #expect(try await TotalsFile(path: path).totals == ["ada": 2])
    }
    #expect(operations > 10)
  }

  @Test func `the connector can be tested over a socket`() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let database = TestDatabase([ordersTable])
    try database.commit { try $0.insert(into: "orders", ["id": 1, "customer": "ada"]) }
    let server = try SimulatedServer(database)
    defer { server.stop() }
    var params = try server.parameters()
    params.stopAt = database.currentLSN
    let file = try TotalsFile(path: path)
    try await countOrders(Subscription(params, checkpoints: file), in: file)
    #expect(await file.totals == ["ada": 1])
  }
}
