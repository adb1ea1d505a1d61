import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

/// A password goes to the server that asks for it, and nowhere else.
@Suite struct PasswordSecrecyTests {
  private let secret = "hunter2-correct-horse"

  @Test func `sends it where it is asked for`() async throws {
    let server = try ScriptedServer([
      .expectStartup(), .send(Backend.authenticationCleartextPassword()),
      .expectPassword(secret), .letIn(), .awaitEnd(),
    ])
    let connection = try await WireConnection.connect(
      server.connectionOptions(password: Password(secret)))
    expectSecrecy(of: connection)
    connection.close()
  }

  @Test func `never puts it on the wire with SCRAM`() async throws {
    let server = try ScriptedServer([
      .expectStartup(), .scram(password: secret), .letIn(), .awaitEnd(),
    ])
    let connection = try await WireConnection.connect(
      server.connectionOptions(password: Password(secret)))
    #expect(!String(decoding: server.receivedBytes, as: UTF8.self).contains(secret))
    expectSecrecy(of: connection)
    connection.close()
  }

  @Test(
    arguments: [
      Backend.authenticationRequest(code: 7), Backend.authenticationSASL(mechanisms: ["X"]),
      Backend.errorResponse(severity: "FATAL", .invalidPassword, "wrong"),
      Backend.authenticationSASLFinal("v=x"), Backend.readyForQuery(), [],
    ])
  func `keeps it out of errors`(answer: [UInt8]) async throws {
    let server = try ScriptedServer([.expectStartup(), .send(answer), .close()])
    let options = try server.connectionOptions(password: Password(secret))
    expectSecrecy(of: options)
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(options)
    }
    expectSecrecy(of: error as Any)
  }

  @Test func `keeps it out of errors after it was sent`() async throws {
    for request in [
      Backend.authenticationCleartextPassword(), Backend.authenticationMD5Password(salt: 1),
    ] {
      let server = try ScriptedServer([
        .expectStartup(), .send(request),
        .expect("a password") { if case .password = $0 { true } else { false } },
        .send(Backend.errorResponse(severity: "FATAL", .invalidPassword, "wrong")), .close(),
      ])
      let error = await #expect(throws: PGWireError.self) {
        try await WireConnection.connect(server.connectionOptions(password: Password(secret)))
      }
      expectSecrecy(of: error as Any)
      try await server.finish()
    }
  }

  private func expectSecrecy(of value: Any, sourceLocation: SourceLocation = #_sourceLocation) {
    var dumped = ""
    dump(value, to: &dumped)
    let texts = ["\(value)", String(reflecting: value), dumped]
    let bytes = secret.utf8.map { "\($0)" }.joined(separator: ", ")
    for text in texts {
      #expect(!text.contains(secret), sourceLocation: sourceLocation)
      #expect(!text.contains(bytes), sourceLocation: sourceLocation)
      #expect(!text.contains("- 104\n"), sourceLocation: sourceLocation)
    }
  }
}
