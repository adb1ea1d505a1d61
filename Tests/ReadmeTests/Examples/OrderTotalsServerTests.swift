import Foundation
import PGWire
import ReplicationCore
import Testing

/// A server with `wal_level = logical`, on which a role may create tables and slots.
private let testServer = ProcessInfo.processInfo.environment["TEST_DATABASE_URL"]

@Suite(.enabled(if: testServer != nil, "set TEST_DATABASE_URL to a server"))
struct OrderTotalsServerTests {
  @Test func `every order is counted once, over a restart as well`() async throws {
    let url = try #require(testServer)
    let id = "totals_\(UInt32.random(in: 0..<1_000_000))"
    let path = FileManager.default.temporaryDirectory.appending(path: "\(id).json").path
    let database = try await WireConnection.connect(ConnectionOptions(url))
    _ = try await database.query(
      "CREATE TABLE \(id) (id bigint PRIMARY KEY, customer text NOT NULL)")
    _ = try await database.query("CREATE PUBLICATION \(id) FOR TABLE \(id)")
    var params = try ReplicationParams(url: url, slot: id, publications: [id])
    params.createsSlot = true
    try await Client(params).ensureSlot()

    // Two runs of the connector, each up to where the log ends when it starts.
    for orders in ["(1, 'ada'), (2, 'ada')", "(3, 'grace'), (4, 'ada')"] {
      _ = try await database.query("INSERT INTO \(id) VALUES \(orders)")
      let client = try Client(params)
      params.stopAt = try await client.insertLSN()
      client.close()
      let file = try TotalsFile(path: path)
      try await countOrders(Subscription(params, checkpoints: file), in: file)
    }

    let file = try TotalsFile(path: path)
    #expect(await file.totals == ["ada": 3, "grace": 1])

    try await Client(params).dropSlot(waitingUntil: .now + .seconds(10))
    _ = try await database.query("DROP PUBLICATION \(id)")
    _ = try await database.query("DROP TABLE \(id)")
    try FileManager.default.removeItem(atPath: path)
  }
}
