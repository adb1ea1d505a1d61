import ChangeSinks
import ReplicationCore
import ReplicationTestKit
import Testing

@testable import NATSSink

/// Initial snapshots, whose rows are not counted as those of transactions are.
@Suite(
  .enabled(if: TestNATS.url != nil, "PGCDC_NATS_URL is not set to a server with JetStream"),
  .timeLimit(.minutes(10)))
struct NATSSnapshotTests {
  @Test(arguments: [[], [2000], [20_000], [40_000], [20_000, 20_000]])
  func `all rows come, also if the connection is cut`(_ cuts: [Int]) async throws {
    let database = try TestDatabase.withItems(slots: [])
    try database.changeItems()
    try await TestNATS.withStream { options in
      let server = try #require(options.servers.first)
      let proxy = try CuttingProxy(to: server.port, breakingAfter: cuts)
      defer { proxy.stop() }
      var broken = options
      broken.servers = [NATSServer(host: "127.0.0.1", port: proxy.port)]
      try await run(database, into: broken)
      let rows = try await expectRows(of: database, in: options)
      try database.changeItems(from: 5000)
      try await run(database, into: broken)
      let records = try await Replication.records(options, slot: "snapshot")
      #expect(records.isInOrder)
      #expect(records.count == rows + 225)
    }
  }

  private func run(_ database: TestDatabase, into options: NATSOptions) async throws {
    try await Replication.run(database, slot: "snapshot", into: options) { _, connector in
      connector.subscription.snapshot = .initial()
    }
  }

  /// Expects all rows behind the last record that says that the table's rows begin.
  ///
  /// - Returns: How many records there are.
  private func expectRows(of database: TestDatabase, in options: NATSOptions) async throws -> Int {
    let records = try await Replication.records(options, slot: "snapshot")
    #expect(records.isInOrder)
    let lines = records.compactMap { $0.value.flatMap { JSONValue($0) } }
    #expect(lines.count == records.count)
    let begin = try #require(lines.lastIndex { $0["kind"]?.text == "range" })
    let rows = lines[begin...].filter { $0["kind"]?.text == "snapshot" }
    let expected = try database.rows(of: "items").count
    #expect(rows.count == expected)
    #expect(Set(rows.compactMap { $0["new"]?["id"] }).count == rows.count)
    #expect(lines[begin...].count { $0["kind"]?.text == "whole" } == 1)
    return records.count
  }
}
