import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// A server that answers a statement of the control connection with more than an answer.
@Suite struct ControlFloodTests {
  private func failure(answering bytes: [UInt8], times: Int) async throws -> ReplicationError? {
    let answer = ScriptStep("answer without end") { peer in
      // Parse, Bind, Describe, Execute, Sync.
      for _ in 1...5 { _ = try peer.next() }
      let head: [UInt8] = [0x31, 0, 0, 0, 4, 0x32, 0, 0, 0, 4] + Backend.rowDescription(["a"])
      try peer.send(head)
      // It ends when the client has closed.
      for _ in 0..<times { try peer.send(bytes) }
    }
    let server = try ScriptedServer([.handshake(), answer, .awaitEnd()])
    let options = try server.connectionOptions()
    return await #expect(throws: ReplicationError.self) { _ = try await Client.slots(options) }
  }

  @Test func `rows without end are refused`() async throws {
    let row = Backend.dataRow([String(repeating: "x", count: 1 << 20)])
    let error = try await failure(answering: row, times: 200)
    guard case .control(.unexpectedResult(let what)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(what.contains("67108864 bytes"))
  }

  @Test func `notices and settings without end are no answer`() async throws {
    let status = Backend.parameterStatus("name", String(repeating: "x", count: 20_000))
    let error = try await failure(answering: status, times: 30_000)
    guard case .control(.unexpectedResult(let what)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(what.contains("without end"))
  }
}
