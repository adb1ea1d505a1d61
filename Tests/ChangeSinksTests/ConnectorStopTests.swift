import ChangeFormats
import ChangeSinks
import ReplicationCore
import ReplicationTestKit
import PGOutput
import Testing

/// A connector that is stopped before it has opened anything.
@Suite(.timeLimit(.minutes(2))) struct ConnectorStopTests {
  @Test func `stopping does not wait for a server that is silent`() async throws {
    let server = try ScriptedServer([.awaitEnd()], timeout: .seconds(600))
    let params = ReplicationParams(
      connection: try server.connectionOptions(connectTimeout: .seconds(3600)),
      slot: "test_slot", publications: ["test_pub"])
    let engine = MemoryEngine()
    let connector = Connector(params, into: RecordSink(engine, format: JSONLineFormat()))
    async let running: Void = connector.run()
    while server.received.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    connector.stop()
    try await running
    #expect(engine.opens == 0)
  }

  @Test func `stopping does not wait until the slot is free`() async throws {
    let table = TestTable("notes", columns: [.key("id", .int8)])
    let database = TestDatabase([table])
    let holder = try database.subscription()
    async let held: Void = hold(holder)
    while holder.statistics.stream == nil { try await Task.sleep(for: .milliseconds(5)) }
    let engine = MemoryEngine()
    let connector = Connector(
      try database.parameters(), into: RecordSink(engine, format: JSONLineFormat()))
    async let running: Void = connector.run()
    try await Task.sleep(for: .milliseconds(20))
    connector.stop()
    try await running
    #expect(engine.opens == 0)
    holder.stop()
    try await held
  }

  /// Streams until it is stopped, so that the slot is held.
  private func hold(_ subscription: Subscription) async throws {
    for try await transaction in subscription.transactions { transaction.acknowledge() }
    try await subscription.close()
  }

  @Test func `one that is cancelled while a server is silent says so`() async throws {
    let server = try ScriptedServer([.awaitEnd()], timeout: .seconds(600))
    let params = ReplicationParams(
      connection: try server.connectionOptions(connectTimeout: .seconds(3600)),
      slot: "test_slot", publications: ["test_pub"])
    let connector = Connector(params, into: RecordSink(MemoryEngine(), format: JSONLineFormat()))
    let running = Task { try await connector.run() }
    while server.received.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    running.cancel()
    let result = await running.result
    guard case .failure(let error) = result else {
      Issue.record("it has ended as if it had been stopped")
      return
    }
    #expect(isCancellation(error))
  }
}
