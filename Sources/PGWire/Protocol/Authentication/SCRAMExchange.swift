/// One run of SCRAM-SHA-256: each side proves that it knows the password, without revealing it.
///
///     client-first   gs2 header | n=,r=<nonce>                       SASLInitialResponse
///     server-first   r=<nonce + server's nonce>,s=<salt>,i=<count>   AuthenticationSASLContinue
///     client-final   c=<gs2 header + binding>,r=<nonce>,p=<proof>    SASLResponse
///     server-final   v=<signature>, or e=<reason>                    AuthenticationSASLFinal
///
/// A value that takes messages and returns messages. It has succeeded when ``verify(serverFinal:)``
/// has returned: an AuthenticationOk that comes earlier is from a server that proved nothing. After
/// an error the exchange can't be used any more.
///
/// Protocol: <https://www.postgresql.org/docs/current/sasl-authentication.html>, RFC 5802, RFC 7677
package struct SCRAMExchange: Sendable {
  /// What the client says about binding the exchange to the TLS connection below it.
  package enum ChannelBinding: Hashable, Sendable {
    /// There is no TLS, or the client will not or can't bind (`n`).
    case none
    /// The client could bind, but the server did not offer to (`y`).
    ///
    /// Never sent to a server that did offer: it would conclude that the list of mechanisms was
    /// forged.
    case notOffered
    /// Bound to the hash of the server's certificate (RFC 5929), by `SCRAM-SHA-256-PLUS`.
    case tlsServerEndPoint(certificateHash: [UInt8])
  }

  private enum State: Sendable {
    case awaitingServerFirst, hashing, awaitingServerFinal, finished, failed
  }

  let channelBinding: ChannelBinding
  let nonce: String
  let user: String
  let iterationLimit: Int32
  private var state = State.awaitingServerFirst
  /// What the server's last message must hold; only we and the holder of the verifier know it.
  private var serverSignature: [UInt8] = []
  /// Our last message but for the proof, and what the proof is about; neither is secret.
  private var withoutProof: [UInt8] = []
  private var authMessage: [UInt8] = []

  /// An exchange that has not begun.
  ///
  /// - Parameters:
  ///   - nonce: Printable ASCII without a comma, new for each exchange: see ``randomNonce()``.
  ///   - user: Empty for PostgreSQL, which takes the user of the StartupMessage.
  package init(
    nonce: String,
    channelBinding: ChannelBinding = .none,
    user: String = "",
    iterationLimit: Int32 = ConnectionLimits().scramIterations
  ) {
    self.nonce = nonce
    self.channelBinding = channelBinding
    self.user = user
    self.iterationLimit = iterationLimit
  }

  /// A nonce of 144 random bits, as long as libpq's.
  package static func randomNonce() -> String {
    let bytes = Random.bytes(18)
    return String(decoding: Base64.encode(bytes.span), as: UTF8.self)
  }

  /// Takes the server's first message, and says what is to be hashed before it can be answered.
  package mutating func beginHashing(
    answering serverFirst: Span<UInt8>, secret: SCRAMSecret
  ) throws(AuthenticationError) -> PasswordHashing {
    try leave(.awaitingServerFirst, at: .serverFirst)
    let challenge = try challenge(in: serverFirst)
    withoutProof = clientFinalWithoutProof(nonce: challenge.nonce)
    let comma = [UInt8(ascii: ",")]
    authMessage = clientFirstBare + comma + serverFirst.copied() + comma + withoutProof
    state = .hashing
    return try PasswordHashing(secret, challenge: challenge)
  }

  /// The answer to the server's first message, once the password has been hashed.
  package mutating func clientFinal(
    _ hashing: PasswordHashing, secret: SCRAMSecret
  ) throws(AuthenticationError) -> [UInt8] {
    try leave(.hashing, at: .serverFirst)
    let answer = try prove(authMessage, salted: hashing.result, secret: secret)
    serverSignature = answer.serverSignature
    state = .awaitingServerFinal
    return withoutProof + Array(",p=".utf8) + Base64.encode(answer.proof.span)
  }

  /// Checks the server's proof, its last message.
  package mutating func verify(serverFinal: Span<UInt8>) throws(AuthenticationError) {
    try leave(.awaitingServerFinal, at: .serverFinal)
    let signature = try Self.signature(in: serverFinal)
    guard Digest.constantTimeEqual(signature.span, serverSignature.span) else {
      throw .serverNotAuthentic
    }
    state = .finished
  }

  /// The exchange has failed unless the code that follows sets its next state.
  private mutating func leave(
    _ expected: State, at step: AuthenticationError.Step
  ) throws(AuthenticationError) {
    let previous = state
    state = .failed
    guard previous == expected else { throw .unexpectedMessage(step: step) }
  }
}
