import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

/// What a client checks before it opens anything.
@Suite struct ClientTests {
  private func params() throws -> ReplicationParams {
    let options = try ConnectionOptions(host: "host.invalid", user: "u")
    return ReplicationParams(connection: options, slot: "s", publications: ["p"])
  }

  @Test func `connect checks the parameters, and opens nothing`() throws {
    let params = try params()
    let client = try Client.connect(params)
    #expect(client.params.slot == "s")
    #expect(client.server.withLock { $0 } == nil)
    for change: (inout ReplicationParams) -> Void in [
      { $0.slot = "No Slot" }, { $0.byteBudget = 0 }, { $0.statusInterval = .zero },
      { $0.publications = [""] }, { $0.plugin = "" },
    ] {
      var wrong = params
      change(&wrong)
      #expect(throws: ReplicationError.self) { try Client.connect(wrong) }
    }
  }

  /// The settings of a session are verified once, and not again before the stream.
  @Test func `a stream is opened with one question for settings`() async throws {
    let (duplex, server) = try await openStream([.endStream()])
    await duplex.close()
    try await server.finish()
    let questions = server.received.filter { message in
      if case .query(let sql) = message { sql.contains("wal_sender_timeout") } else { false }
    }
    #expect(questions.count == 1)
  }
}
