/// What the options require of the server's authentication: `require_auth`, `channel_binding`.
///
/// libpq: `check_expected_areq` and `pg_SASL_init` in fe-auth.c
struct AuthenticationPolicy: Sendable {
  private let allowed: Set<AuthenticationMethod>?
  private let channelBinding: ChannelBinding
  private let tls: TLSBinding
  private let isLocal: Bool

  enum Choice: Hashable, Sendable {
    case scram(SCRAMExchange.ChannelBinding)
    case bearerToken
  }

  /// - Parameter isLocal: Whether the server is reached by a Unix socket.
  init(_ options: AuthenticationOptions, tls: TLSBinding, isLocal: Bool) {
    self.isLocal = isLocal
    allowed = options.allowedMethods
    channelBinding = options.channelBinding
    self.tls = tls
  }

  /// Throws if a method is not what was demanded.
  ///
  /// Only SCRAM provides channel binding.
  func check(_ method: AuthenticationMethod) throws(AuthenticationError) {
    guard isAllowed(method) else {
      throw .methodNotAllowed(method, allowed: allowedNames)
    }
    if channelBinding == .require, method != .scramSHA256 {
      throw .noChannelBinding(.method(method))
    }
  }

  /// Throws if a bearer token could be read on the network: anyone who has it can log in.
  ///
  /// Standard: RFC 7628, section 4
  func checkToken() throws(AuthenticationError) {
    if case .none = tls, !isLocal { throw .tokenNeedsTLS }
  }

  /// Which of the offered mechanisms to use, and how SCRAM is bound.
  func choose(
    from mechanisms: [String], hasToken: Bool, hasPassword: Bool
  ) throws(AuthenticationError) -> Choice {
    let offersPlus = mechanisms.contains(Self.scramPlus)
    let offersSCRAM = offersPlus || mechanisms.contains(Self.scram)
    let offersToken = mechanisms.contains(Self.oauth)
    guard offersSCRAM || offersToken else { throw .unsupportedMechanisms(mechanisms) }
    let canSCRAM = offersSCRAM && isAllowed(.scramSHA256)
    let canToken = offersToken && isAllowed(.oauth) && channelBinding != .require
    if canToken, hasToken, !(canSCRAM && hasPassword) { return .bearerToken }
    if canSCRAM || offersSCRAM {
      try check(.scramSHA256)
      return .scram(
        try binding(offersPlus: offersPlus, offersPlain: mechanisms.contains(Self.scram)))
    }
    try check(.oauth)
    return .bearerToken
  }

  private func binding(
    offersPlus: Bool, offersPlain: Bool
  ) throws(AuthenticationError) -> SCRAMExchange.ChannelBinding {
    let chosen = try unforcedBinding(offersPlus: offersPlus)
    if case .tlsServerEndPoint = chosen { return chosen }
    if channelBinding == .require { throw .noChannelBinding(.notOffered) }
    guard offersPlain else { throw .unsupportedMechanisms([Self.scramPlus]) }
    return chosen
  }

  /// How SCRAM is bound over this connection, by what the server offers.
  ///
  /// `y` means that the server did not offer to bind. It is never sent to a server that did: such a
  /// server concludes from it that its list was shortened.
  private func unforcedBinding(
    offersPlus: Bool
  ) throws(AuthenticationError) -> SCRAMExchange.ChannelBinding {
    switch tls {
    case .none:
      // Without TLS there is nothing to bind to, so the list was forged.
      if offersPlus { throw .bindingOfferedWithoutTLS }
      if channelBinding == .require { throw .noChannelBinding(.noTLS) }
      return .none
    case .encrypted where channelBinding == .disable: return .none
    case .encrypted(.none(let signature)):
      // Otherwise anyone who has such a certificate could relay the exchange.
      if channelBinding == .require { throw .noChannelBinding(.certificate(signature)) }
      if offersPlus { throw .certificateCannotBeBound(signature: signature) }
      return .notOffered
    case .encrypted(.hash(let hash)):
      return offersPlus ? .tlsServerEndPoint(certificateHash: hash) : .notOffered
    }
  }

  private func isAllowed(_ method: AuthenticationMethod) -> Bool {
    allowed?.contains(method) ?? true
  }

  private var allowedNames: [String] { (allowed ?? []).map(\.rawValue).sorted() }

  private static let scram = "SCRAM-SHA-256"
  private static let scramPlus = "SCRAM-SHA-256-PLUS"
  private static let oauth = "OAUTHBEARER"
}
