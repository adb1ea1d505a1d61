import CDCTime
import Testing

@testable import ReplicationCore

/// Whose sessions may be ended.
@Suite struct TakeOverPolicyTests {
  private func session(
    _ name: String = "app", user: String? = "u", address: String? = "10.0.0.7", seen: Bool = true
  ) throws -> ServerSession {
    let texts = [
      "pid": "42", "application_name": name, "usename": user, "client_addr": address,
      "backend_start_us": seen ? "1700000000000000" : nil,
    ]
    return try #require(ServerSession(ResultRow(texts)))
  }

  @Test func `all that is named has to fit`() throws {
    let whole = TakeOverPolicy(
      applicationName: "app", user: "u", clientAddress: "10.0.0.7", pid: 42)
    #expect(whole.mismatch(try session()) == nil)
    #expect(whole.mismatch(try session("App"))?.contains("\"App\"") == true)
    #expect(whole.mismatch(try session(user: "v")) != nil)
    #expect(whole.mismatch(try session(user: nil)) != nil)
    #expect(whole.mismatch(try session(address: "10.0.0.8")) != nil)
    #expect(TakeOverPolicy(pid: 41).mismatch(try session()) != nil)
    #expect(TakeOverPolicy(pid: 42).mismatch(try session()) == nil)
  }

  @Test func `an address that is hidden is not taken for a Unix socket`() throws {
    let local = TakeOverPolicy(clientAddress: "")
    #expect(local.mismatch(try session(address: nil)) == nil)
    #expect(local.mismatch(try session(address: nil, seen: false))?.contains("pg_read_all") == true)
  }

  @Test func `a policy has to name something`() {
    #expect(TakeOverPolicy().namesNothing)
    #expect(!TakeOverPolicy(applicationName: "").namesNothing)
  }

  @Test func `a session without a process is none`() throws {
    #expect(ServerSession(ResultRow(["usename": "u"])) == nil)
    #expect(
      "\(try session())" == """
        process 42 (application_name "app", role u, from 10.0.0.7, \
        connected since 2023-11-14T22:13:20Z)
        """)
    #expect(ServerSession(ResultRow(["pid": "7"]))?.description == "process 7")
  }
}
