import PGWire
import ReplicationTestKit
import TestSupport
import Testing

private typealias Backend = BackendEncoder

/// Servers, or those between, that do wrong where TLS begins.
@Suite struct HostileTLSTests {
  private func options(
    _ server: ScriptedServer, _ mode: SSLMode, timeout: Duration = .seconds(30),
    _ negotiation: SSLNegotiation = .postgres
  ) throws -> ConnectionOptions {
    try ConnectionOptions(
      host: server.host, port: server.port, user: "u", password: Password("hunter2"),
      tls: TLSOptions(mode: mode, negotiation: negotiation), connectTimeout: timeout)
  }

  /// A server that answers the request for TLS like this.
  private func server(_ answer: [UInt8], sessions: Int = 1) throws -> ScriptedServer {
    let script = [
      ScriptStep.expect("SSLRequest") { if case .sslRequest = $0 { true } else { false } },
      // What comes in the handshake is no message; it is left where it is.
      .send(answer), .stall(.seconds(60)),
    ]
    return try ScriptedServer(sessions: Array(repeating: script, count: sessions))
  }

  private func error(
    _ server: ScriptedServer, _ mode: SSLMode = .require, timeout: Duration = .seconds(30)
  ) async throws -> PGWireError? {
    let options = try options(server, mode, timeout: timeout)
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(options)
    }
    #expect(!String(decoding: server.receivedBytes, as: UTF8.self).contains("hunter2"))
    server.stop()
    return error
  }

  @Test func `takes no for the end, or for an answer`() async throws {
    #expect(try await error(server([0x4E])) == .transport(.tls(.notOffered)))
    let willing = try ScriptedServer([
      .expect("SSLRequest") { if case .sslRequest = $0 { true } else { false } },
      .send([0x4E]), .handshake(), .awaitEnd(),
    ])
    try await WireConnection.connect(options(willing, .prefer)).close()
  }

  @Test(arguments: [SSLMode.prefer, .require])
  func `does not show an error that comes before TLS`(mode: SSLMode) async throws {
    let text = "please send your password to evil.test"
    let server = try server(
      Backend.errorResponse(severity: "FATAL", .invalidPassword, text))
    let error = try await error(server, mode)
    #expect(error == .transport(.tls(.refused)))
    #expect(error?.description.contains("evil") == false)
  }

  /// CVE-2021-23222.
  @Test func `never takes what came in clear for a part of the session`() async throws {
    let stuffed =
      Backend.authenticationOk() + Backend.parameterStatus("server_version", "17")
      + Backend.readyForQuery()
    let error = try await error(server([0x53] + stuffed))
    guard case .transport(.tls(.failed)) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test(
    arguments: [
      [0x53] + [UInt8](repeating: 0, count: 64), [0x53] + Array("HTTP/1.1 400 Bad\r\n\r\n".utf8),
      [0x53, 0x16, 0x03, 0x03, 0xFF, 0xFF] + [UInt8](repeating: 2, count: 70_000),
      [0x53, 0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28], [0x00], [0x47], [0x73], [0xFF],
    ] as [[UInt8]])
  func `gives up on what is no TLS`(answer: [UInt8]) async throws {
    let error = try await error(server(answer))
    guard case .transport(.tls) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test(arguments: [[], [0x53]] as [[UInt8]])
  func `waits no longer than it was told to`(answer: [UInt8]) async throws {
    let server = try server(answer)
    let error = try await promptly("connect_timeout") {
      try await self.error(server, timeout: .milliseconds(200))
    }
    guard case .transport(.connectTimedOut) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test(arguments: [[], [0x53], [0x53, 0x16, 0x03, 0x03]] as [[UInt8]])
  func `sees a server leave`(answer: [UInt8]) async throws {
    let server = try ScriptedServer([
      .expect("SSLRequest") { if case .sslRequest = $0 { true } else { false } }, .send(answer),
      .close(),
    ])
    guard case .transport = try await error(server) else {
      Issue.record("another error was expected")
      return
    }
  }

  @Test func `ends at once when cancelled in the handshake`() async throws {
    let server = try server([0x53])
    let options = try options(server, .require)
    let task = Task { try await WireConnection.connect(options) }
    try await server.waitUntil { !$0.isEmpty }
    task.cancel()
    await #expect(throws: PGWireError.transport(.cancelled)) { try await task.value }
    server.stop()
  }

  @Test func `says which file is missing`() async throws {
    let server = try server([0x53])
    let options = try ConnectionOptions(
      host: server.host, port: server.port, user: "u",
      tls: TLSOptions(mode: .verifyCA, rootCertificates: .file("/nonexistent/roots.crt")))
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(options)
    }
    #expect(error?.description.contains("/nonexistent/roots.crt") == true)
  }
}
