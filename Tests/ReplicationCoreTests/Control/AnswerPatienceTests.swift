import CDCTime
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

/// A control connection whose server falls silent.
@Suite struct AnswerPatienceTests {
  @Test func `a frozen server is given up, and the statement named`() async throws {
    // It lets both connections in: the second one, over which it is asked, is frozen as well.
    let frozen: [ScriptStep] = [.handshake(), .awaitEnd()]
    let server = try ScriptedServer(sessions: [frozen, frozen], at: .unixSocket)
    var params = try server.replicationParams()
    params.logger = quietLogger
    params.answerTimeout = .milliseconds(200)
    let client = try Client(params)
    let error = await #expect(throws: ReplicationError.self) {
      try await promptly("giving up") { _ = try await client.slot() }
    }
    guard case .control(.noAnswer(let statement, _)) = error else {
      Issue.record("\(error as Any)")
      return
    }
    #expect(statement.hasPrefix("SELECT pg_catalog.current_setting"))
    #expect(error?.category == .transient)
  }
}

@Suite struct FormerSessionTests {
  private let former = FormerSession(
    pid: 7, user: "cdc", applicationName: "app", began: .init(unixMicroseconds: 1_000_000))

  private func holder(_ changes: [String: String] = [:]) -> ServerSession? {
    let columns = [
      "pid": "7", "usename": "cdc", "application_name": "app", "backend_start_us": "900000",
    ].merging(changes) { $1 }
    return ServerSession(ResultRow(columns))
  }

  @Test func `is known by all that is known of it`() throws {
    #expect(former.isSame(as: try #require(holder())))
    for other in [
      ["pid": "8"], ["usename": "x"], ["application_name": "b"], ["backend_start_us": "1000001"],
    ] {
      #expect(!former.isSame(as: try #require(holder(other))), "\(other)")
    }
  }
}

@Suite struct SlotObstacleTests {
  private func obstacles(_ columns: [String: String], isStandby: Bool) throws -> [String] {
    let all = ["slot_name": "s", "slot_type": "logical"].merging(columns) { $1 }
    return try ReplicationSlot(ResultRow(all)).obstacles(isStandby: isStandby)
  }

  @Test func `a lost slot and a copy can't be streamed from`() throws {
    #expect(try obstacles([:], isStandby: false) == [])
    #expect(try obstacles(["wal_status": "lost"], isStandby: false).count == 1)
    let idle = try obstacles(["invalidation_reason": "idle_timeout"], isStandby: false)
    #expect(idle.first?.contains("(idle_timeout)") == true)
    #expect(try obstacles(["synced": "t"], isStandby: false) == [])
    #expect(try obstacles(["synced": "t"], isStandby: true).first?.contains("primary") == true)
    let unready = try obstacles(["synced": "t", "temporary": "t"], isStandby: true)
    #expect(unready.first?.contains("being synchronized") == true)
  }
}
