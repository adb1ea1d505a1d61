import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// Control connections that can't be made.
@Suite struct ControlConnectTests {
  private func failure(_ script: [ScriptStep]) async throws -> ReplicationError? {
    let server = try ScriptedServer(script)
    let options = try server.connectionOptions()
    let client = try Client(ReplicationParams(connection: options, slot: "s", publications: ["p"]))
    return await #expect(throws: ReplicationError.self) { _ = try await client.slot() }
  }

  @Test func `a server that closes in the middle of it may be back later`() async throws {
    let error = try #require(try await failure([.expectStartup(), .close()]))
    guard case .control(.lost) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.category == .transient)
  }

  @Test func `a server that is not understood is for the operator`() async throws {
    let script: [ScriptStep] = [.expectStartup(), .send([0, 1, 2, 3, 4]), .close()]
    let error = try #require(try await failure(script))
    #expect(error.category == .needsOperator, "\(error)")
  }
}
