/// Where a bearer token comes from.
public struct OAuthOptions: Sendable {
  /// A token that was issued already; this is not a libpq keyword.
  public var token: Password?
  /// The issuer that is trusted to hand out tokens, as a URL: `oauth_issuer`.
  public var issuer: String?
  /// The name of this client at the issuer: `oauth_client_id`.
  public var clientID: String?
  /// The client's password at the issuer: `oauth_client_secret`.
  public var clientSecret: Password?
  /// The scope of the token, instead of the one that the server asks for: `oauth_scope`.
  public var scope: String?
  /// A file of the authorities that may have signed the issuer's certificate: `oauth_ca_file`.
  public var authorityFile: String?

  /// Options without a token; set what is needed afterwards.
  public init() {}

  /// Refuses the options with which libpq gets a token by itself, which is not supported here.
  func refuseDeviceFlow(hasProvider: Bool) throws(PGWireError) {
    let isSet: [(key: ConnectionKey, isSet: Bool)] = [
      (.oauthIssuer, issuer != nil), (.oauthClientID, clientID != nil),
      (.oauthClientSecret, clientSecret != nil), (.oauthScope, scope != nil),
      (.oauthCAFile, authorityFile != nil),
    ]
    for (key, isSet) in isSet where isSet && token == nil && !hasProvider {
      throw .options(.unsupportedKey(key.name, accepted: []))
    }
  }
}
