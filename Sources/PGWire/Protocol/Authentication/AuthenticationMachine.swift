/// The server's questions before it lets us in, and our answers.
///
/// What the options require (`require_auth`, `channel_binding`) is checked before each answer, so
/// that nothing is sent to a server that asks for less. AuthenticationOk is refused while a SASL
/// exchange is unfinished: without the server's signature we don't know that it knows the password
/// either.
///
/// Protocol: <https://www.postgresql.org/docs/current/sasl-authentication.html>
struct AuthenticationMachine: Sendable {
  enum Action: Equatable, Sendable {
    /// Nothing to do until the next message.
    case wait
    /// The password is being hashed: call ``AuthenticationMachine/hashOn()`` until it returns
    /// something else.
    case hash
    case send(FrontendMessage)
    /// The server knows who we are.
    case authenticated
    case fail(PGWireError)
  }

  private enum Step: Sendable {
    case waiting
    case passwordSent
    case scram(SCRAMExchange)
    case hashing(SCRAMExchange, PasswordHashing)
    case scramFinished
    case tokenSent
    case tokenRefused
  }

  private var step = Step.waiting
  private let credentials: Credentials
  private let policy: AuthenticationPolicy
  private let iterationLimit: Int32

  init(credentials: Credentials, tls: TLSBinding = .none, iterationLimit: Int32) {
    self.iterationLimit = iterationLimit
    self.credentials = credentials
    policy = AuthenticationPolicy(
      credentials.authentication, tls: tls, isLocal: credentials.isLocal)
  }

  /// Whether anything was sent that was made from a password or token.
  var hasAnswered: Bool {
    if case .waiting = step { false } else { true }
  }

  mutating func receive(_ message: BackendMessage) -> Action {
    switch message {
    case .error(let error): return .fail(.server(error))
    case .authentication(let request):
      return failing { (machine) throws(AuthenticationError) in try machine.answer(request) }
    default: return .fail(.unexpectedMessage)
    }
  }

  /// Continues hashing the password, for a few milliseconds at most.
  mutating func hashOn() -> Action {
    failing { (machine) throws(AuthenticationError) in
      guard case .hashing(var exchange, let hashing) = machine.step else {
        throw .unexpectedRequest
      }
      guard try hashing.goOn() else {
        machine.step = .hashing(exchange, hashing)
        return .hash
      }
      let answer = try exchange.clientFinal(hashing, secret: try machine.scramSecret())
      machine.step = .scram(exchange)
      return .send(.saslResponse(answer))
    }
  }

  private mutating func failing(
    _ step: (inout Self) throws(AuthenticationError) -> Action
  ) -> Action {
    do throws(AuthenticationError) {
      return try step(&self)
    } catch {
      return .fail(.authentication(error))
    }
  }

  private mutating func answer(
    _ request: AuthenticationRequest
  ) throws(AuthenticationError) -> Action {
    switch (request, step) {
    case (.ok, .waiting):
      try policy.check(.none)
      return .authenticated
    case (.ok, .passwordSent), (.ok, .scramFinished), (.ok, .tokenSent):
      return .authenticated
    case (.ok, .scram), (.ok, .hashing), (.ok, .tokenRefused):
      throw .exchangeUnfinished
    case (.cleartextPassword, .waiting):
      try policy.check(.password)
      let password = try password()
      step = .passwordSent
      return .send(.password(SecretBytes(password.withBytes { $0.copied() })))
    case (.md5Password(let salt), .waiting):
      try policy.check(.md5)
      let response = try MD5Password.response(
        user: credentials.user, password: try password(), salt: salt)
      step = .passwordSent
      return .send(.password(SecretBytes(response)))
    case (.sasl(let mechanisms), .waiting):
      return try startSASL(mechanisms)
    case (.saslContinue(let data), .scram(var exchange)):
      let hashing = try exchange.beginHashing(answering: data.span, secret: try scramSecret())
      step = .hashing(exchange, hashing)
      return .hash
    case (.saslFinal(let data), .scram(var exchange)):
      try exchange.verify(serverFinal: data.span)
      step = .scramFinished
      return .wait
    case (.saslContinue, .tokenSent):
      // The server says why in a form for programs; an error follows once we have said this.
      step = .tokenRefused
      return .send(.saslResponse(BearerToken.acknowledgement))
    case (.unsupported(let code), _):
      throw .unsupportedMethod(code: code)
    default:
      throw .unexpectedRequest
    }
  }

  private mutating func startSASL(
    _ mechanisms: [String]
  ) throws(AuthenticationError) -> Action {
    let choice = try policy.choose(
      from: mechanisms, hasToken: credentials.authentication.oauth.token != nil,
      hasPassword: (try? scramSecret()) != nil)
    switch choice {
    case .scram(let binding):
      _ = try scramSecret()
      let exchange = SCRAMExchange(
        nonce: credentials.nonce, channelBinding: binding, iterationLimit: iterationLimit)
      step = .scram(exchange)
      return .send(
        .saslInitialResponse(mechanism: exchange.mechanism, data: exchange.clientFirst))
    case .bearerToken:
      guard let token = credentials.authentication.oauth.token else { throw .tokenRequired }
      try policy.checkToken()
      let message = try BearerToken.initialResponse(token)
      step = .tokenSent
      return .send(.bearerToken(message))
    }
  }

  private func password() throws(AuthenticationError) -> Password {
    guard let password = credentials.password else { throw .passwordRequired }
    return password
  }

  private func scramSecret() throws(AuthenticationError) -> SCRAMSecret {
    let authentication = credentials.authentication
    let secret = SCRAMSecret(
      password: credentials.password, clientKey: authentication.scramClientKey,
      serverKey: authentication.scramServerKey)
    guard secret.canProve else { throw .passwordRequired }
    guard secret.canVerify else { throw .serverKeyRequired }
    return secret
  }
}
