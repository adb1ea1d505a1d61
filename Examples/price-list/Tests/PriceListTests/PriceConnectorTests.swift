import Foundation
import PriceList
import ReplicationCore
import ReplicationTestKit
import Testing

/// The connector as it is, and the library as it is; only the server is simulated.
@Suite(.timeLimit(.minutes(10))) struct PriceConnectorTests {
  private let path = FileManager.default.temporaryDirectory
    .appending(path: "prices-\(UUID()).json").path

  /// What the program does from its start, up to what is committed by now.
  private func runProgram(
    _ params: ReplicationParams, upTo database: TestDatabase, _ faults: FaultInjector? = nil
  ) async throws {
    let file = try PriceFile(path: path) { step in try faults?.reach(step) }
    var options = SubscriptionOptions.impatient
    options.snapshot = .initial()
    var params = params
    params.stopAt = database.currentLSN
    let subscription = try Subscription(params, checkpoints: file, options: options)
    try await PriceConnector(file).run(subscription)
  }

  /// The prices in the file, as a new process finds them.
  private func storedPrices() async throws -> [String: Price] {
    try await PriceFile(path: path).prices.byArticle
  }

  private func removeFile() {
    try? FileManager.default.removeItem(atPath: path)
  }

  @Test func `the rows from before come first, then what changes`() async throws {
    defer { removeFile() }
    let database = try TestDatabase.withPrices()
    try await runProgram(database.parameters(), upTo: database)
    #expect(try await storedPrices() == database.expectedPrices())

    try database.changePrices()
    try await runProgram(database.parameters(), upTo: database)
    #expect(try await storedPrices() == database.expectedPrices())
  }

  @Test func `a description that is not sent again stays`() async throws {
    defer { removeFile() }
    let database = try TestDatabase.withPrices()
    try await runProgram(database.parameters(), upTo: database)
    try database.changePrices()
    try await runProgram(database.parameters(), upTo: database)
    let prices = try await storedPrices()
    #expect(prices["apple"] == Price(cents: 45, description: "red"))
    #expect(prices["big pear"] == Price(cents: 60, description: "green"))
    #expect(prices["pear"] == nil)
  }

  @Test func `a table that is emptied is empty in the file`() async throws {
    defer { removeFile() }
    let database = try TestDatabase.withPrices()
    try await runProgram(database.parameters(), upTo: database)
    #expect(try await storedPrices().count == 3)
    try database.commit { try $0.truncate(["prices"]) }
    try await runProgram(database.parameters(), upTo: database)
    #expect(try await storedPrices().isEmpty)
  }

  @Test func `it ends equal, whatever fails`() async throws {
    defer { removeFile() }
    let count = try await forEachFault { faults in
      removeFile()
      let database = try TestDatabase.withPrices()
      database.faults = faults
      // The process ends where something fails, and is started again.
      try await faults.restarting {
        try await runProgram(database.parameters(), upTo: database, faults)
      }
      try database.changePrices()
      try await faults.restarting {
        try await runProgram(database.parameters(), upTo: database, faults)
      }
      #expect(try await storedPrices() == database.expectedPrices())
    }
    // Connections, rows, messages, and the file before and after each replacement.
    #expect(count > 20)
  }

  @Test func `it works over a socket as well`() async throws {
    defer { removeFile() }
    let database = try TestDatabase.withPrices()
    let server = try SimulatedServer(database)
    defer { server.stop() }
    try await runProgram(server.parameters(), upTo: database)
    try database.changePrices()
    database.interruptStream(afterMessages: 3)
    try await runProgram(server.parameters(), upTo: database)
    #expect(try await storedPrices() == database.expectedPrices())
  }

  @Test func `a slot that was created again stops it`() async throws {
    defer { removeFile() }
    let database = try TestDatabase.withPrices()
    try await runProgram(database.parameters(), upTo: database)
    let prices = try await storedPrices()
    try database.dropSlot("test_slot")
    try database.changePrices()
    try database.createSlot("test_slot")
    await #expect(throws: ReplicationError.self) {
      try await runProgram(database.parameters(), upTo: database)
    }
    #expect(try await storedPrices() == prices)
  }
}
