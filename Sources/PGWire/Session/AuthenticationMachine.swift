/// What is needed to prove who we are.
package struct Credentials: Sendable {
  package let user: String
  package let password: Password?
  /// The random part of SCRAM's first message, printable and without a comma.
  package let nonce: String

  package init(user: String, password: Password?, nonce: String) {
    self.user = user
    self.password = password
    self.nonce = nonce
  }
}

/// The server's questions before it lets us in, and our answers.
///
/// AuthenticationOk is refused while a SASL exchange is unfinished: without the server's signature
/// we don't know that it knows the password either.
///
/// Protocol: <https://www.postgresql.org/docs/current/sasl-authentication.html>
struct AuthenticationMachine: Sendable {
  private enum Step: Sendable {
    case waiting
    case passwordSent
    case scram(SCRAMExchange)
    case saslFinished
  }

  private var step = Step.waiting
  private let credentials: Credentials

  init(credentials: Credentials) {
    self.credentials = credentials
  }

  mutating func receive(_ message: borrowing BackendMessage) -> SessionMachine.Action {
    switch message {
    case .error(let error): return .fail(.server(error))
    case .authentication(let request):
      do throws(AuthenticationError) {
        return try answer(request)
      } catch {
        return .fail(.authentication(error))
      }
    default: return .fail(.unexpectedMessage)
    }
  }

  private mutating func answer(
    _ request: AuthenticationRequest
  ) throws(AuthenticationError) -> SessionMachine.Action {
    switch (request, step) {
    case (.ok, .waiting), (.ok, .passwordSent), (.ok, .saslFinished):
      return .authenticated
    case (.ok, .scram):
      throw .unfinishedExchange
    case (.cleartextPassword, .waiting):
      step = .passwordSent
      return .send(.password(SecretBytes(try password(for: "cleartext").bytes)))
    case (.md5Password(let salt), .waiting):
      step = .passwordSent
      let password = try password(for: "MD5")
      return .send(
        .password(try MD5Password.response(user: credentials.user, password: password, salt: salt)))
    case (.sasl(let mechanisms), .waiting):
      return try startSCRAM(mechanisms)
    case (.saslContinue(let data), .scram(var exchange)):
      let answer = try exchange.receiveServerFirst(data)
      step = .scram(exchange)
      return .send(.saslResponse(answer))
    case (.saslFinal(let data), .scram(var exchange)):
      try exchange.receiveServerFinal(data)
      step = .saslFinished
      return .wait
    case (.unsupported(let code), _):
      throw .unsupportedMethod(code: code)
    default:
      throw .unexpectedRequest
    }
  }

  private mutating func startSCRAM(
    _ mechanisms: [String]
  ) throws(AuthenticationError) -> SessionMachine.Action {
    guard mechanisms.contains(SCRAMExchange.mechanism) else {
      throw .unsupportedMechanisms(mechanisms)
    }
    let exchange = SCRAMExchange(
      password: try password(for: SCRAMExchange.mechanism), nonce: credentials.nonce)
    step = .scram(exchange)
    return .send(
      .saslInitialResponse(mechanism: SCRAMExchange.mechanism, data: exchange.clientFirst))
  }

  private func password(for method: String) throws(AuthenticationError) -> Password {
    guard let password = credentials.password else { throw .passwordMissing(method: method) }
    return password
  }
}
