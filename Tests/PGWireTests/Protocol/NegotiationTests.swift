import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

/// Which version of the protocol is spoken.
@Suite struct NegotiationTests {
  @Test func `speaks what it asked for when the server does not object`() throws {
    var script = MachineScript(versions: .v30...(.v32))
    let key = [UInt8](1...32)
    try script.receive(Backend.authenticationOk(), .authenticated)
    try script.receive(Backend.backendKeyData(processID: 7, secret: key))
    try script.receive(Backend.readyForQuery(), .ready)
    #expect(script.machine.cancelKey.withBytes { $0.copied() } == key)
  }

  @Test func `speaks less when the server says so`() throws {
    var script = MachineScript(versions: .v30...(.v32))
    try script.receive(Backend.negotiateProtocolVersion(version: 196_608))
    #expect(script.machine.version == .v30)
    try script.receive(Backend.authenticationOk(), .authenticated)
    try script.receive(
      Backend.backendKeyData(processID: 7, secret: [UInt8](1...32)),
      .fail(.wire(.invalidValue(field: "secret key length", value: 32))))
  }

  @Test func `goes no lower than it must`() throws {
    var script = MachineScript(versions: .v32...(.v32))
    try script.receive(
      Backend.negotiateProtocolVersion(version: 196_608),
      .fail(.protocolTooOld(server: .v30, minimum: .v32)))
  }

  /// A version above what was asked for, the same without a reason, 3.1, another major version,
  /// a bare minor one, and options that nobody asked for.
  @Test(
    arguments: [
      (196_611, []), (196_610, []), (196_609, []), (131_072, []), (0, []), (-1, []),
      (196_608, ["_pq_.x"]), (196_610, ["_pq_.x"]),
    ] as [(Int32, [String])])
  func `refuses an answer that can't be`(version: Int32, options: [String]) throws {
    var script = MachineScript(versions: .v30...(.v32))
    try script.receive(
      Backend.negotiateProtocolVersion(version: version, unknownOptions: options),
      .fail(
        .wire(.invalidValue(field: "protocol version to agree on", value: Int64(version)))))
  }

  @Test func `takes the answer once, and first`() throws {
    var twice = MachineScript(versions: .v30...(.v32))
    try twice.receive(Backend.negotiateProtocolVersion(version: 196_608))
    try twice.receive(
      Backend.negotiateProtocolVersion(version: 196_608), .fail(.unexpectedMessage))
    var late = MachineScript(password: "p", versions: .v30...(.v32))
    try late.receive(
      Backend.authenticationCleartextPassword(), .send(.password(SecretBytes(Array("p".utf8)))))
    try late.receive(
      Backend.negotiateProtocolVersion(version: 196_608), .fail(.unexpectedMessage))
    var unasked = MachineScript()
    try unasked.receive(
      Backend.negotiateProtocolVersion(version: 196_608),
      .fail(.wire(.invalidValue(field: "protocol version to agree on", value: 196_608))))
  }

  @Test(arguments: [0, 3, 257])
  func `takes no key of a length that none has`(length: Int) throws {
    #expect(throws: (any Error).self) {
      var script = MachineScript(versions: .v30...(.v32))
      try script.receive(Backend.authenticationOk(), .authenticated)
      try script.receive(
        Backend.backendKeyData(processID: 1, secret: [UInt8](repeating: 1, count: length)))
    }
  }
}
