import Logging
import PGWire
import ReplicationCore
import Testing

/// A network that freezes, without a word to either side.
@Suite struct FrozenNetworkTests {
  @Test(arguments: TestServer.all)
  func `a control connection gives up, and not what only takes long`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let relay = try Relay(to: Int(site.options.hosts[0].port))
      let options = try relay.options(site.options)
      let client = try site.client {
        $0.connection = options
        $0.answerTimeout = .milliseconds(500)
      }
      #expect(try await client.slot() == nil)
      relay.freeze()
      let error = await #expect(throws: ReplicationError.self) { try await client.slot() }
      guard case .control(.noAnswer) = error else {
        Issue.record("\(error as Any)")
        return
      }
      // A new connection works; and a statement that waits for others is waited for.
      let other = try await WireConnection.connect(site.options)
      try await other.run("BEGIN; SELECT txid_current(); CREATE TABLE \(site.name).open ()")
      let waiting = Task { try await client.createSlot() }
      try await Task.sleep(for: .seconds(4))
      try await other.run("COMMIT")
      _ = try await waiting.value
      #expect(try await client.slot() != nil)
      other.close()
    }
  }

  /// Left alone, the server would keep the former session for hours.
  @Test(arguments: TestServer.all)
  func `a subscription takes the slot back from its own former session`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let relay = try Relay(to: Int(site.options.hosts[0].port))
      let options = try relay.options(site.options, settings: "-c wal_sender_timeout=0")
      let subscription = try Subscription(
        site.params {
          $0.connection = options
          $0.stallTimeout = .seconds(2)
        })
      let iterator = subscription.transactions.makeAsyncIterator()
      try await site.client().ensureSlot()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      try #require(try await iterator.next()).acknowledge()
      let former = try await site.sql.value(
        "SELECT active_pid FROM pg_replication_slots WHERE slot_name = '\(site.name)'")
      relay.freeze()
      try await site.sql.run("INSERT INTO t VALUES (2)")
      try #require(try await iterator.next()).acknowledge()
      let now = try await site.sql.value(
        "SELECT active_pid FROM pg_replication_slots WHERE slot_name = '\(site.name)'")
      #expect(now != former)
      try await subscription.close()
    }
  }
}
