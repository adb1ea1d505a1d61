/// Why the client could not authenticate, or refused to.
///
/// A refusal by the server is a ``ServerError``. No case holds a password, nonce, salt or proof.
@nonexhaustive public enum AuthenticationError: Error, Hashable, Sendable {
  /// The server wants a password and none was given.
  case passwordRequired
  /// The server wants a password, none was given, and the password file could not be used.
  case passwordFileIgnored(IgnoredPasswordFile)
  /// The server's message is not a valid SCRAM message of this step.
  case malformedMessage(step: Step, problem: Problem)
  /// A SCRAM message came out of order.
  case unexpectedMessage(step: Step)
  /// The server's nonce does not continue ours: it does not answer our message.
  case nonceMismatch
  /// The server wants more hashing than the limit, or a count that does not fit any number.
  case tooManyIterations(limit: Int32)
  /// The server ended the exchange with this reason.
  case serverRefused(reason: String)
  /// The server could not prove that it knows the password's verifier.
  case serverNotAuthentic
  /// The server ended the exchange successfully before it had proved that it knows the password.
  case exchangeUnfinished
  /// The server asked for something out of order.
  case unexpectedRequest
  /// The server wants a method that is not supported: Kerberos, GSSAPI, SSPI.
  case unsupportedMethod(code: Int32)
  /// The server offers no SASL mechanism that is supported.
  case unsupportedMechanisms([String])
  /// The server asks for a method that `require_auth` does not allow, or for nothing (`none`).
  case methodNotAllowed(AuthenticationMethod, allowed: [String])
  /// `channel_binding=require` can't be satisfied, with the reason.
  case noChannelBinding(BindingObstacle)
  /// The server offers channel binding without TLS, which makes no sense.
  case bindingOfferedWithoutTLS
  /// The server offers channel binding, and its certificate's signature has no hash to bind to; its
  /// algorithm.
  case certificateCannotBeBound(signature: String)
  /// `scram_client_key` was given without `scram_server_key` or a password.
  case serverKeyRequired
  /// The server wants a bearer token and none was given.
  case tokenRequired
  /// A bearer token would go over a network without TLS.
  case tokenNeedsTLS
  /// The bearer token contains characters that are not allowed in a token.
  case malformedToken
  /// The provider of passwords or tokens failed; its error's description.
  case providerFailed(String)
  /// The server's process belongs to another user than `requirepeer` says.
  case wrongPeer(expected: String, found: String)
  /// OpenSSL would not perform a function that the method needs.
  case cryptography(operation: String, reason: String)

  /// What keeps an authentication from being bound to its TLS connection.
  @nonexhaustive public enum BindingObstacle: Hashable, Sendable {
    /// The connection has no TLS.
    case noTLS
    /// The server asks for another method, or for none.
    case method(AuthenticationMethod)
    /// The server offers SCRAM without it.
    case notOffered
    /// The certificate's signature has no hash to bind to; its algorithm.
    case certificate(String)
  }

  /// A message of the SCRAM exchange.
  @nonexhaustive public enum Step: String, Hashable, Sendable {
    /// The server's first message, with its nonce, the salt and the number of iterations.
    case serverFirst = "server-first-message"
    /// The server's last message, with its signature.
    case serverFinal = "server-final-message"
  }

  /// What is wrong with a message.
  @nonexhaustive public enum Problem: Hashable, Sendable {
    /// It has a zero byte.
    case zeroByte
    /// The attribute with this letter is missing where it must be.
    case missingAttribute(Character)
    /// The attribute with this letter has an invalid value.
    case invalidAttribute(Character)
    /// It continues after its end.
    case trailingData
  }
}

extension AuthenticationError {
  init(_ error: CryptoError) {
    self = .cryptography(operation: error.operation, reason: error.reason)
  }
}

extension AuthenticationError: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .passwordRequired:
      """
      the server requires a password, but none was provided; set password or PGPASSWORD, or add a \
      line for it to the password file
      """
    case .passwordFileIgnored(let file):
      "the server requires a password, but none was provided; \(file)"
    case .malformedMessage(let step, let problem):
      """
      SCRAM authentication failed: the server's \(step.rawValue) \(problem); is this a PostgreSQL \
      server?
      """
    case .unexpectedMessage(let step):
      "SCRAM authentication failed: a \(step.rawValue) came out of order"
    case .nonceMismatch:
      """
      SCRAM authentication failed: the server's nonce does not continue the client's; the message \
      may come from another sender
      """
    case .tooManyIterations(let limit):
      """
      SCRAM authentication refused: the server asks for more than \(limit) iterations; set the \
      password again with a smaller scram_iterations
      """
    case .serverRefused(let reason):
      "SCRAM authentication failed: the server refused (\(reason)); check the user and password"
    case .serverNotAuthentic:
      """
      SCRAM authentication failed: the server does not know this user's password; it may not be \
      the server that it claims to be
      """
    case .exchangeUnfinished:
      """
      authentication refused: the server ended the SCRAM exchange before it had proved that it \
      knows the password; it may not be the server that it claims to be
      """
    case .unexpectedRequest:
      "authentication failed: the server asked for something out of order"
    case .unsupportedMethod(let code):
      """
      the server asks for authentication method \(code) (Kerberos, GSSAPI or SSPI), which is not \
      supported; set scram-sha-256 for this user in pg_hba.conf
      """
    case .unsupportedMechanisms(let names):
      """
      the server offers no authentication mechanism that is supported (\
      \(names.joined(separator: ", "))); set scram-sha-256 for this user in pg_hba.conf
      """
    case .methodNotAllowed(.none, let allowed):
      """
      authentication refused: the server asked for no authentication, and require_auth allows \
      only \(allowed.joined(separator: ", "))
      """
    case .methodNotAllowed(let method, let allowed):
      """
      authentication refused: the server asks for \(method.rawValue), and require_auth allows only \
      \(allowed.joined(separator: ", ")); nothing was sent
      """
    case .noChannelBinding(let obstacle):
      "authentication refused: channel_binding=require can't be satisfied: \(obstacle)"
    case .bindingOfferedWithoutTLS:
      """
      authentication refused: the server offers channel binding on a connection without TLS; \
      the connection may have been intercepted
      """
    case .certificateCannotBeBound(let algorithm):
      """
      authentication refused: the server offers channel binding, but its certificate is signed \
      with \(algorithm), which can't be bound, so that the server could be an impostor; use a \
      certificate with an RSA or ECDSA signature, or channel_binding=disable if it is trusted
      """
    case .serverKeyRequired:
      """
      scram_client_key alone can't prove the server's identity; set scram_server_key \
      too
      """
    case .tokenRequired:
      "the server requires a bearer token (OAUTHBEARER), but none was provided"
    case .tokenNeedsTLS:
      """
      the server asks for a bearer token, and the connection has no TLS: the token was not sent; \
      set sslmode=verify-full (or require) and make sure that the server offers TLS
      """
    case .malformedToken:
      "the bearer token contains characters that are not allowed in a token; nothing was sent"
    case .providerFailed(let reason): "the password or token provider failed: \(reason)"
    case .wrongPeer(let expected, let found):
      "the server runs as \(found), and requirepeer says \(expected); nothing was sent"
    case .cryptography(let operation, let reason):
      """
      authentication failed: OpenSSL has no \(operation)\(reason.isEmpty ? "" : " (\(reason))"); \
      use a method that its policy allows, such as scram-sha-256
      """
    }
  }
}

extension AuthenticationError.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .zeroByte: "holds a zero byte"
    case .missingAttribute(let name): "has no \"\(name)=\" at the required place"
    case .invalidAttribute(let name): "has an invalid \"\(name)=\""
    case .trailingData: "continues after its end"
    }
  }
}

extension AuthenticationError.BindingObstacle: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noTLS: "the connection has no TLS; set sslmode=require or above"
    case .method(.none): "the server asked for no authentication"
    case .method(let method):
      "the server asks for \(method.rawValue), which can't be bound; nothing was sent"
    case .notOffered: "the server does not offer SCRAM-SHA-256-PLUS; nothing was sent"
    case .certificate(let algorithm):
      """
      the server's certificate is signed with \(algorithm), for which no binding is defined; it \
      needs one with an RSA or ECDSA signature
      """
    }
  }
}
