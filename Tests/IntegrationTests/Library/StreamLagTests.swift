import PGWire
import ReplicationCore
import Testing

/// Which step of a stream is behind, as the server and the stream say it together.
@Suite struct StreamLagTests {
  /// On a server of its own: what others write is behind too, and may be more.
  @Test(arguments: TestServer.startable)
  func `the step that holds the stream up is named`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      try await onSite(own.server) { site in try await check(site) }
    }
  }

  private func check(_ site: Site) async throws {
    try await site.prepare("id int PRIMARY KEY, filler text")
    let subscription = try Subscription(
      site.params {
        $0.byteBudget = 64 << 10
        $0.statusInterval = .milliseconds(100)
      })
    try await insert(1...100, site)
    let transactions = subscription.transactions.makeAsyncIterator()
    var held = try await transactions.next()
    #expect(try await count(held) == 100)

    // It is delivered, and nobody acknowledges it.
    try await eventually("the acknowledgement is missing") {
      try await subscription.lag().bottleneck == .acknowledged
    }
    let open = try await subscription.lag()
    #expect(open.steps.first?.stage == .server && open.steps.last?.stage == .confirmed)
    #expect(open[.sent] != nil && open[.saved] == nil)
    #expect(try #require(open[.acknowledged]).bytes > 10_000)
    #expect(try #require(open.time) >= .seconds(1))
    #expect(subscription.statistics.lag.bottleneck == .acknowledged)

    // Far more waits, and nobody takes it.
    try await insert(101...12_000, site)
    // The server takes its time to send all that it can.
    try await eventually("the consumer is to blame") {
      let lag = try await subscription.lag()
      return lag.bottleneck == .delivered && lag.bytes > 10_000_000
        && (lag[.received]?.bytes ?? 0) > 1 << 20
    }

    held?.acknowledge()
    held = nil
    let consumer = Task {
      var rows = 0
      for try await transaction in subscription.transactions {
        rows += try await count(transaction)
        transaction.acknowledge()
      }
      return rows
    }
    try await eventually("nothing waits") {
      let lag = try await subscription.lag()
      return lag.bottleneck == nil && lag.bytes < 64 << 10
    }
    #expect(try await subscription.close(confirmedWithin: .seconds(10)))
    #expect(try await consumer.value == 11_900)
  }

  private func insert(_ ids: ClosedRange<Int>, _ site: Site) async throws {
    try await site.sql.run(
      """
      INSERT INTO t SELECT n, repeat('x', 1000)
      FROM generate_series(\(ids.lowerBound), \(ids.upperBound)) AS n
      """)
  }

  private func count(_ transaction: ReplicationTransaction?) async throws -> Int {
    var rows = 0
    guard let transaction else { return rows }
    for try await change in transaction.changes where change.row != nil { rows += 1 }
    return rows
  }
}
