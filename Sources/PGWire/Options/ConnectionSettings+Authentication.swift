/// The keywords about authentication, as values.
extension ConnectionSettings {
  mutating func authenticationOptions() throws(ConnectionOptionsError) -> AuthenticationOptions {
    var authentication = AuthenticationOptions()
    authentication.channelBinding = try choice(.channelBinding) ?? .prefer
    authentication.allowedMethods = try allowedMethods()
    authentication.requiredPeer = try text(.requirepeer)
    authentication.scramClientKey = try takeKey(.scramClientKey)
    authentication.scramServerKey = try takeKey(.scramServerKey)
    authentication.oauth.issuer = try text(.oauthIssuer)
    authentication.oauth.clientID = try text(.oauthClientID)
    authentication.oauth.clientSecret = takeSecret(.oauthClientSecret)
    authentication.oauth.scope = try text(.oauthScope)
    authentication.oauth.authorityFile = try text(.oauthCAFile)
    return authentication
  }

  /// A list of methods, or of methods that are not allowed: `md5,password` or `!md5,!none`.
  ///
  /// As in libpq, no method comes twice and the two forms are not mixed.
  private func allowedMethods() throws(ConnectionOptionsError) -> Set<AuthenticationMethod>? {
    guard let list = try text(.requireAuth) else { return nil }
    var named: Set<AuthenticationMethod> = []
    var negates: Bool?
    for item in list.split(separator: ",", omittingEmptySubsequences: false) {
      let isNegative = item.utf8.first == UInt8(ascii: "!")
      guard let method = AuthenticationMethod(rawValue: String(item.dropFirst(isNegative ? 1 : 0)))
      else {
        throw invalid(
          .requireAuth,
          expected: "a list with commas between, each \(Self.names(of: AuthenticationMethod.self))")
      }
      guard isNegative == negates ?? isNegative else {
        throw invalid(.requireAuth, expected: "\"!\" before all methods or before none")
      }
      guard named.insert(method).inserted else {
        throw invalid(.requireAuth, expected: "each method once")
      }
      negates = isNegative
    }
    return negates == true ? Set(AuthenticationMethod.allCases).subtracting(named) : named
  }

  /// A key of SCRAM in base64.
  private mutating func takeKey(_ key: ConnectionKey) throws(ConnectionOptionsError) -> Password? {
    guard isGiven(key) else { return nil }
    let expected = invalid(
      key, expected: "base64 of \(AuthenticationOptions.scramKeyLength) bytes")
    guard var encoded = take(key) else { return nil }
    defer { wipe(&encoded) }
    guard let bytes = Base64.decode(encoded.span),
      bytes.count == AuthenticationOptions.scramKeyLength
    else { throw expected }
    return Password(bytes: bytes)
  }
}
