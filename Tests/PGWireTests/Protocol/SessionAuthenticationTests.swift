import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

/// RFC 7677's example without the user's name, as PostgreSQL's clients send it.
private enum Vector {
  static let nonce = "rOprNGfwEbeRWgbNEkqO"
  static let fullNonce = #"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"#
  static let serverFirst = "r=\(fullNonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
  static let clientFinal = "c=biws,r=\(fullNonce),p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k="
  static let serverFinal = "v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="
}

@Suite struct SessionAuthenticationTests {
  /// A machine that has answered the server's first SASL message.
  private func scramUnderWay() throws -> MachineScript {
    var script = MachineScript(password: "pencil", nonce: Vector.nonce)
    try script.receive(
      Backend.authenticationSASL(),
      .send(
        .saslInitialResponse(
          mechanism: "SCRAM-SHA-256", data: Array("n,,n=,r=\(Vector.nonce)".utf8))))
    try script.receive(
      Backend.authenticationSASLContinue(Vector.serverFirst),
      .send(.saslResponse(Array(Vector.clientFinal.utf8))))
    return script
  }

  private func fail(_ error: AuthenticationError) -> SessionMachine.Action {
    .fail(.authentication(error))
  }

  @Test func `is let in without being asked`() throws {
    var script = MachineScript()
    try script.receive(Backend.authenticationOk(), .authenticated)
  }

  @Test func `answers with the password in clear`() throws {
    var script = MachineScript(password: "secret")
    try script.receive(
      Backend.authenticationCleartextPassword(),
      .send(.password(SecretBytes(Array("secret".utf8)))))
    try script.receive(Backend.authenticationOk(), .authenticated)
  }

  @Test func `answers with the password's MD5`() throws {
    var script = MachineScript(user: "md5user", password: "secret")
    try script.receive(
      Backend.authenticationMD5Password(salt: 0x0102_0304),
      .send(.password(SecretBytes(Array("md56b614f1bd5dc8478f5705c783c9bbdc0".utf8)))))
    try script.receive(Backend.authenticationOk(), .authenticated)
  }

  @Test func `proves the password by SCRAM and has the server prove it`() throws {
    var script = try scramUnderWay()
    try script.receive(Backend.authenticationSASLFinal(Vector.serverFinal))
    try script.receive(Backend.authenticationOk(), .authenticated)
    try script.receive(Backend.readyForQuery(), .ready)
  }

  @Test func `is not let in before the server has proved itself`() throws {
    var script = MachineScript(password: "pencil", nonce: Vector.nonce)
    _ = try withMessage(Backend.authenticationSASL()) { script.machine.receive($0) }
    try script.receive(Backend.authenticationOk(), fail(.exchangeUnfinished))

    script = try scramUnderWay()
    try script.receive(Backend.authenticationOk(), fail(.exchangeUnfinished))
    // Nothing that comes later makes it good again.
    try script.receive(
      Backend.authenticationSASLFinal(Vector.serverFinal), .fail(.unexpectedMessage))
    try script.receive(Backend.authenticationOk(), .fail(.unexpectedMessage))
  }

  @Test func `refuses a server that can't prove itself`() throws {
    var script = try scramUnderWay()
    try script.receive(
      Backend.authenticationSASLFinal("v=4HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="),
      fail(.serverNotAuthentic))
  }

  @Test func `refuses a SASL message out of order`() throws {
    let final = Backend.authenticationSASLFinal(Vector.serverFinal)
    let first = Backend.authenticationSASLContinue(Vector.serverFirst)
    var script = MachineScript(password: "pencil", nonce: Vector.nonce)
    try script.receive(first, fail(.unexpectedRequest))

    script = MachineScript(password: "pencil", nonce: Vector.nonce)
    _ = try withMessage(Backend.authenticationSASL()) { script.machine.receive($0) }
    try script.receive(final, fail(.unexpectedMessage(step: .serverFinal)))

    script = try scramUnderWay()
    try script.receive(first, fail(.unexpectedMessage(step: .serverFirst)))

    script = try scramUnderWay()
    try script.receive(final)
    try script.receive(final, fail(.unexpectedRequest))
  }

  @Test(
    arguments: [
      Backend.authenticationSASL(), Backend.authenticationCleartextPassword(),
      Backend.authenticationMD5Password(salt: 1),
    ])
  func `refuses a second request, whatever the first was`(request: [UInt8]) throws {
    var script = try scramUnderWay()
    try script.receive(request, fail(.unexpectedRequest))

    script = MachineScript(password: "secret")
    _ = try withMessage(Backend.authenticationCleartextPassword()) { script.machine.receive($0) }
    try script.receive(request, fail(.unexpectedRequest))

    script = try scramUnderWay()
    try script.receive(Backend.authenticationSASLFinal(Vector.serverFinal))
    try script.receive(request, fail(.unexpectedRequest))
  }

  @Test(
    arguments: [
      Backend.authenticationSASL(), Backend.authenticationCleartextPassword(),
      Backend.authenticationMD5Password(salt: 1),
    ])
  func `says so if a password is wanted and none given`(request: [UInt8]) throws {
    var script = MachineScript()
    try script.receive(request, fail(.passwordRequired))
  }

  @Test(arguments: [1, 2, 4, 6, 7, 8, 9, 99, -1] as [Int32])
  func `refuses methods that it does not have`(code: Int32) throws {
    var script = MachineScript(password: "secret")
    try script.receive(
      Backend.authenticationRequest(code: code, data: [1, 2]), fail(.unsupportedMethod(code: code)))
  }

  @Test(arguments: [["SCRAM-SHA-512"], [], ["scram-sha-256"]])
  func `refuses SASL mechanisms that it does not have`(mechanisms: [String]) throws {
    var script = MachineScript(password: "secret")
    try script.receive(
      Backend.authenticationSASL(mechanisms: mechanisms), fail(.unsupportedMechanisms(mechanisms)))
  }

  @Test func `passes the server's refusal on`() throws {
    let refusal = ServerError.made(
      severity: "FATAL", .invalidPassword, "password authentication failed for user \"user\"")
    var script = MachineScript()
    try script.receive(Backend.errorResponse(refusal), .fail(.server(refusal)))
    script = try scramUnderWay()
    try script.receive(Backend.errorResponse(refusal), .fail(.server(refusal)))
  }

  @Test func `hears notices and settings while it is asked`() throws {
    let notice = ServerError.made(severity: "WARNING", .internalError, "expires soon")
    var script = try scramUnderWay()
    try script.receive(Backend.noticeResponse(notice), .notice(notice))
    try script.receive(Backend.parameterStatus("server_version", "19.0"))
    try script.receive(Backend.authenticationSASLFinal(Vector.serverFinal))
    try script.receive(Backend.noticeResponse(notice), .notice(notice))
    try script.receive(Backend.authenticationOk(), .authenticated)
    #expect(script.machine.parameters == ["server_version": "19.0"])
  }

  @Test(
    arguments: [
      Backend.readyForQuery(), Backend.backendKeyData(processID: 1), Backend.commandComplete("x"),
      Backend.copyBothResponse(), Backend.copyData([1]), Backend.dataRow([]),
    ])
  func `takes nothing else before it is let in`(message: [UInt8]) throws {
    var script = MachineScript(password: "secret")
    try script.receive(message, .fail(.unexpectedMessage))
    #expect(script.machine.processID == 0)
  }

  @Test func `prints no password`() {
    let script = MachineScript(password: "hunter2")
    var dumped = ""
    dump(script.machine, to: &dumped)
    #expect(
      !"\(script.machine) \(String(reflecting: script.machine)) \(dumped)".contains("hunter2"))
  }
}
