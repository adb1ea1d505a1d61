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

  mutating func receive(_ message: BackendMessage) -> SessionMachine.Action {
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
      throw .exchangeUnfinished
    case (.cleartextPassword, .waiting):
      step = .passwordSent
      return .send(.password(SecretBytes(try password().withBytes { $0.copied() })))
    case (.md5Password(let salt), .waiting):
      step = .passwordSent
      let response = try MD5Password.response(
        user: credentials.user, password: try password(), salt: salt)
      return .send(.password(SecretBytes(response)))
    case (.sasl(let mechanisms), .waiting):
      return try startSCRAM(mechanisms)
    case (.saslContinue(let data), .scram(var exchange)):
      let answer = try exchange.clientFinal(answering: data.span, password: try password())
      step = .scram(exchange)
      return .send(.saslResponse(answer))
    case (.saslFinal(let data), .scram(var exchange)):
      try exchange.verify(serverFinal: data.span)
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
    let mechanism = "SCRAM-SHA-256"
    guard mechanisms.contains(mechanism) else { throw .unsupportedMechanisms(mechanisms) }
    _ = try password()
    let exchange = SCRAMExchange(nonce: credentials.nonce)
    step = .scram(exchange)
    return .send(.saslInitialResponse(mechanism: mechanism, data: exchange.clientFirst))
  }

  private func password() throws(AuthenticationError) -> Password {
    guard let password = credentials.password else { throw .passwordRequired }
    return password
  }
}
