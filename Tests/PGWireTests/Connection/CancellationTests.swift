import ReplicationTestKit
import TestSupport
import Testing

@testable import PGWire

private typealias Backend = BackendEncoder

extension ScriptStep {
  /// Takes one message, or the end of the connection.
  fileprivate static func nextOrEnd() -> ScriptStep {
    ScriptStep("take a message or the end") { peer in _ = try peer.nextOrEnd() }
  }
}

/// A cancelled task ends its wait at once, whatever it waits for.
@Suite struct CancellationTests {
  private func expectCancelled<R: Sendable>(
    _ task: Task<R, any Error>, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    task.cancel()
    await promptly("a cancelled wait", sourceLocation: sourceLocation) {
      let error = await #expect(throws: PGWireError.self, sourceLocation: sourceLocation) {
        try await task.value
      }
      #expect(error?.isCancelled == true, sourceLocation: sourceLocation)
    }
  }

  private func connect(to server: ScriptedServer) throws -> Task<WireConnection, any Error> {
    let options = try server.connectionOptions(password: Password("pw"))
    return Task { try await WireConnection.connect(options) }
  }

  @Test func `before it began`() async throws {
    let server = try ScriptedServer([.awaitEnd()])
    let options = try server.connectionOptions()
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return try await WireConnection.connect(options)
    }
    await expectCancelled(task)
  }

  #if os(Linux)
    @Test func `while connecting to a host that does not answer`() async throws {
      let listener = try FullListener()
      let options = try ConnectionOptions(host: "127.0.0.1", port: listener.port, user: "u")
      let task = Task { try await WireConnection.connect(options) }
      try await Task.sleep(for: .milliseconds(30))
      await expectCancelled(task)
    }
  #endif

  @Test func `while the server says nothing`() async throws {
    let server = try ScriptedServer([.awaitEnd()])
    let task = try connect(to: server)
    try await server.waitUntil { !$0.isEmpty }
    await expectCancelled(task)
    try await server.finish()
  }

  @Test func `while the server checks the password`() async throws {
    let server = try ScriptedServer([
      .expectStartup(), .send(Backend.authenticationCleartextPassword()), .awaitEnd(),
    ])
    let task = try connect(to: server)
    try await server.waitUntil { $0.count == 2 }
    await expectCancelled(task)
    try await server.finish()
  }

  @Test func `while the server starts the session`() async throws {
    let server = try ScriptedServer([
      .expectStartup(), .send(Backend.authenticationOk()), .awaitEnd(),
    ])
    let task = try connect(to: server)
    try await server.waitUntil { !$0.isEmpty }
    await expectCancelled(task)
    try await server.finish()
  }

  @Test func `while a query runs, and the connection with it`() async throws {
    let server = try ScriptedServer([.handshake(), .awaitEnd()])
    let connection = try await connect(to: server).value
    let task = Task { try await connection.query("SELECT pg_sleep(3600)") }
    try await server.waitUntil { $0.count == 2 }
    await expectCancelled(task)
    await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
  }

  @Test func `and the server is told to give the query up`() async throws {
    let key: [UInt8] = [1, 2, 3, 4]
    let server = try ScriptedServer(sessions: [
      [
        .expectStartup(),
        .send(
          Backend.authenticationOk(), Backend.backendKeyData(processID: 77, secret: key),
          Backend.readyForQuery()), .awaitEnd(),
      ],
      [.expect(.cancelRequest(processID: 77, secret: key))],
    ])
    do {
      let connection = try await connect(to: server).value
      let task = Task { try await connection.query("SELECT pg_sleep(3600)") }
      try await server.waitUntil { $0.count == 2 }
      await expectCancelled(task)
    }
    try await server.finish()
  }

  /// The key is worth as much as the session: a peer that has taken the socket over gets nothing.
  @Test(arguments: [true, false])
  func `and nobody else is told`(isRightPeer: Bool) async throws {
    let server = try ScriptedServer([.nextOrEnd()], at: .unixSocket)
    var options = try server.connectionOptions()
    let user = try #require(UserAccount.effective?.name)
    options.authentication.requiredPeer = isRightPeer ? user : "\(user)-else"
    let request = CancelRequest(
      server: options, processID: 77, key: SecretBytes([1, 2, 3, 4]), isEncrypted: false)
    request.send(waiting: .seconds(30))
    try await server.finish()
    #expect(server.received.isEmpty == !isRightPeer)
  }

  @Test func `while a query is too long for the socket`() async throws {
    let server = try ScriptedServer([.handshake(), .stall(.seconds(60))], at: .unixSocket)
    let connection = try await connect(to: server).value
    let sql = String(repeating: "x", count: 1 << 20)
    let task = Task { try await connection.query(sql) }
    try await Task.sleep(for: .milliseconds(30))
    await expectCancelled(task)
    server.stop()
  }

  @Test func `while CopyBoth is silent`() async throws {
    let server = try ScriptedServer([.handshake(), .openCopyBoth(), .awaitEnd()])
    let connection = try await connect(to: server).value
    let stream = try await connection.openCopyBoth("START_REPLICATION …")
    let task = Task { try await stream.receive() }
    try await Task.sleep(for: .milliseconds(30))
    await expectCancelled(task)
  }

  @Test func `when the connection is closed by another task`() async throws {
    let server = try ScriptedServer([.handshake(), .awaitEnd()])
    let connection = try await connect(to: server).value
    let task = Task { try await connection.query("SELECT pg_sleep(3600)") }
    try await server.waitUntil { $0.count == 2 }
    connection.close()
    await promptly("a closed connection") {
      let error = await #expect(throws: PGWireError.self) { try await task.value }
      #expect(error?.isCancelled == true)
    }
  }
}
