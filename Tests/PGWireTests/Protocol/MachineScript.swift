import PGWire
import ReplicationTestKit
import Testing

/// Drives a session's machine as a server would, and checks each answer.
struct MachineScript {
  var machine: SessionMachine

  /// A machine that has sent its StartupMessage.
  init(
    user: String = "user", password: String? = nil, nonce: String = "nonce",
    versions: ClosedRange<WireProtocolVersion> = .v30...(.v30)
  ) {
    machine = SessionMachine(
      startup: [StartupParameter(name: "user", value: user)],
      credentials: Credentials(user: user, password: password.map { Password($0) }, nonce: nonce))
    machine.versions = versions
    #expect(
      machine.start()
        == .send(
          .startup(
            version: versions.upperBound == .v30 ? 196_608 : 196_610,
            parameters: [StartupParameter(name: "user", value: user)])))
  }

  /// A machine that is idle after startup.
  static func idle() throws -> MachineScript {
    var script = MachineScript()
    try script.receive(BackendEncoder.authenticationOk(), .authenticated)
    try script.receive(BackendEncoder.readyForQuery(), .ready)
    return script
  }

  /// A machine that has sent a query.
  static func querying(_ sql: String = "SELECT 1") throws -> MachineScript {
    var script = try idle()
    #expect(script.machine.query(sql) == .send(.query(sql)))
    return script
  }

  /// The server sends this message; the machine must answer so.
  mutating func receive(
    _ frame: [UInt8], _ expected: SessionMachine.Action,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var action = try withMessage(frame) { machine.receive($0) }
    while action == .hash { action = machine.hashOn() }
    #expect(action == expected, sourceLocation: sourceLocation)
  }

  /// The server sends these messages; the machine has nothing to say to any.
  mutating func receive(
    _ frames: [UInt8]..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for frame in frames { try receive(frame, .wait, sourceLocation: sourceLocation) }
  }
}

extension SCRAMExchange {
  /// The answer to the server's first message, hashed to the end.
  mutating func clientFinal(
    answering serverFirst: Span<UInt8>, secret: SCRAMSecret
  ) throws(AuthenticationError) -> [UInt8] {
    let hashing = try beginHashing(answering: serverFirst, secret: secret)
    while try !hashing.goOn() {}
    return try clientFinal(hashing, secret: secret)
  }
}
