import PGWire
import ReplicationTestKit
import TestSupport
import Testing

private typealias Backend = BackendEncoder

/// Servers that never stop talking: deadlines, limits and cancellation hold all the same.
@Suite struct FloodTests {
  private static let asides: [[UInt8]] = [
    Backend.parameterStatus("name", "value"),
    Backend.noticeResponse(.made(severity: "NOTICE", .internalError, "n")),
    Backend.notificationResponse(processID: 1, channel: "c"),
  ]

  /// Sends the same again and again, until the client hangs up.
  private static func flood(_ message: [UInt8]) -> ScriptStep {
    let bytes = Array(repeatElement(message, count: 1000).joined())
    return ScriptStep("send without end") { peer in
      while true { try peer.send(bytes) }
    }
  }

  /// Without limits that would end it before the deadline does.
  private static let unlimited: ConnectionLimits = {
    var limits = ConnectionLimits()
    limits.startupNoticeCount = .max
    limits.startupNoticeBytes = .max
    limits.resultSize = .max
    return limits
  }()

  @Test(arguments: asides.indices, [false, true])
  func `connect_timeout ends an endless startup`(index: Int, isAuthenticated: Bool) async throws {
    let server = try ScriptedServer(
      [.expectStartup()] + (isAuthenticated ? [.send(Backend.authenticationOk())] : [])
        + [Self.flood(Self.asides[index])])
    let options = try server.connectionOptions(connectTimeout: .milliseconds(300))
    await #expect(
      throws: PGWireError.transport(
        .connectTimedOut(
          to: "127.0.0.1:\(server.port)",
          awaiting: isAuthenticated ? .endOfStartup : .startupPacket))
    ) { try await WireConnection.connect(options, limits: Self.unlimited) }
  }

  @Test(arguments: asides.indices)
  func `a cancelled task leaves an endless startup`(index: Int) async throws {
    let server = try ScriptedServer([.expectStartup(), Self.flood(Self.asides[index])])
    let options = try server.connectionOptions(connectTimeout: nil)
    let task = Task { try await WireConnection.connect(options, limits: Self.unlimited) }
    try await server.waitUntil { !$0.isEmpty }
    task.cancel()
    await promptly("a cancelled startup") {
      await #expect(throws: PGWireError.transport(.cancelled)) { try await task.value }
    }
  }

  @Test(arguments: [
    (
      Backend.noticeResponse(.made(severity: "NOTICE", .internalError, "n")),
      ExceededLimit.startupNoticeCount
    ),
    (
      Backend.noticeResponse(
        .made(severity: "NOTICE", .internalError, String(repeating: "n", count: 20_000))),
      .startupNoticeBytes
    ),
  ])
  func `endless notices end at their limit without a deadline`(
    message: [UInt8], limit: ExceededLimit
  ) async throws {
    let server = try ScriptedServer([.expectStartup(), Self.flood(message)])
    let options = try server.connectionOptions(connectTimeout: nil)
    let error = await #expect(throws: PGWireError.self) {
      try await WireConnection.connect(options)
    }
    guard case .limitExceeded(limit, _) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test func `endless settings end at their limit`() async throws {
    let settings = (1...600).map { Backend.parameterStatus("name\($0)", "value") }.joined()
    let server = try ScriptedServer([.expectStartup(), .send(Array(settings)), .awaitEnd()])
    let options = try server.connectionOptions()
    await #expect(throws: PGWireError.limitExceeded(.parameterCount, limit: 500)) {
      try await WireConnection.connect(options)
    }
  }

  @Test(arguments: [Backend.dataRow(["1"])] + asides)
  func `a query is cancelled while its answer comes`(message: [UInt8]) async throws {
    let server = try ScriptedServer([
      .handshake(),
      .expectQuery("SELECT 1", answers: Backend.rowDescription(["a"])), Self.flood(message),
    ])
    let connection = try await WireConnection.connect(
      server.connectionOptions(), limits: Self.unlimited)
    let task = Task { try await connection.query("SELECT 1") }
    try await server.waitUntil { $0.count == 2 }
    task.cancel()
    await promptly("a cancelled query") {
      await #expect(throws: PGWireError.transport(.cancelled)) { try await task.value }
    }
    await #expect(throws: PGWireError.closed) { try await connection.query("SELECT 1") }
  }

  @Test(arguments: asides)
  func `what is no answer does not hold a query up without end`(message: [UInt8]) async throws {
    var limits = Self.unlimited
    limits.answerTimeout = .milliseconds(300)
    let server = try ScriptedServer([
      .handshake(), .expect(.query("SELECT 1")), Self.flood(message),
    ])
    let connection = try await WireConnection.connect(server.connectionOptions(), limits: limits)
    let error = await #expect(throws: PGWireError.self) { try await connection.query("SELECT 1") }
    guard case .transport(.noAnswer(.command("SELECT"), _)) = error else {
      Issue.record("\(error as Any)")
      return
    }
  }

  @Test func `an endless result ends at its limit, and the server is told`() async throws {
    let key: [UInt8] = [1, 2, 3, 4]
    let server = try ScriptedServer(sessions: [
      [
        .expectStartup(),
        .send(
          Backend.authenticationOk(), Backend.backendKeyData(processID: 77, secret: key),
          Backend.readyForQuery()),
        .expectQuery("SELECT 1", answers: Backend.rowDescription(["a"])),
        ScriptStep("send rows until the client hangs up") { peer in
          let rows = Array(repeatElement(Backend.dataRow(["1"]), count: 1000).joined())
          do { while true { try peer.send(rows) } } catch {}
        },
      ],
      [.expect(.cancelRequest(processID: 77, secret: key))],
    ])
    var limits = ConnectionLimits()
    limits.resultSize = 1 << 20
    do {
      let connection = try await WireConnection.connect(server.connectionOptions(), limits: limits)
      await #expect(throws: PGWireError.limitExceeded(.resultSize, limit: 1 << 20)) {
        try await connection.query("SELECT 1")
      }
    }
    try await server.finish()
  }

  @Test(arguments: [Backend.copyData([1])] + asides)
  func `a COPY is cancelled while its data comes`(message: [UInt8]) async throws {
    let server = try ScriptedServer([
      .handshake(), .expectQuery("COPY t", answers: Backend.copyOutResponse(columns: 1)),
      Self.flood(message),
    ])
    let connection = try await WireConnection.connect(server.connectionOptions())
    let stream = try await connection.copyOut("COPY t")
    let task = Task { try await stream.receive(atLeast: .max) }
    try await Task.sleep(for: .milliseconds(30))
    task.cancel()
    await promptly("a cancelled COPY") {
      await #expect(throws: PGWireError.transport(.cancelled)) { try await task.value }
    }
  }

  @Test(arguments: [Backend.copyData([1])] + asides)
  func `the end of CopyBoth is cancelled while data comes`(message: [UInt8]) async throws {
    let server = try ScriptedServer([.handshake(), .openCopyBoth(), Self.flood(message)])
    let connection = try await WireConnection.connect(server.connectionOptions())
    let stream = try await connection.openCopyBoth("START_REPLICATION …")
    let task = Task { try await stream.finish() }
    try await Task.sleep(for: .milliseconds(30))
    task.cancel()
    await promptly("a cancelled end") {
      await #expect(throws: PGWireError.transport(.cancelled)) { try await task.value }
    }
  }
}
