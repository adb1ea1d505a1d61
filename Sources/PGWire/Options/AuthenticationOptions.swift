/// How the client proves who it is, and what it demands of the server in turn.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>
public struct AuthenticationOptions: Sendable {
  /// Whether a password's exchange is tied to the TLS connection: `channel_binding`.
  public var channelBinding: ChannelBinding
  /// The methods that are acceptable, or `nil` for any: `require_auth`.
  ///
  /// With ``AuthenticationMethod/none`` in it a server that asks for nothing is acceptable too.
  public var allowedMethods: Set<AuthenticationMethod>?
  /// The operating system's user that must be running the server: `requirepeer`.
  ///
  /// Only Unix sockets can tell.
  public var requiredPeer: String?
  /// 32 bytes to use in SCRAM instead of a password: `scram_client_key`.
  public var scramClientKey: Password?
  /// 32 bytes to check the server's signature with, if there is no password: `scram_server_key`.
  public var scramServerKey: Password?
  /// What OAUTHBEARER needs.
  public var oauth: OAuthOptions

  /// libpq's defaults, apart from what is given.
  public init(
    channelBinding: ChannelBinding = .prefer,
    allowedMethods: Set<AuthenticationMethod>? = nil,
    requiredPeer: String? = nil,
    scramClientKey: Password? = nil,
    scramServerKey: Password? = nil,
    oauth: OAuthOptions = OAuthOptions()
  ) {
    self.channelBinding = channelBinding
    self.allowedMethods = allowedMethods
    self.requiredPeer = requiredPeer
    self.scramClientKey = scramClientKey
    self.scramServerKey = scramServerKey
    self.oauth = oauth
  }

  /// The length of SCRAM-SHA-256's keys in bytes.
  static let scramKeyLength = 32
}

/// Whether SCRAM is tied to the TLS connection that it runs over.
@nonexhaustive public enum ChannelBinding: String, Hashable, Sendable, CaseIterable {
  /// Never.
  case disable
  /// If the server can.
  case prefer
  /// A server that can't, or asks for less than SCRAM, is refused.
  case require
}

/// A way to prove who one is, by libpq's names.
@nonexhaustive public enum AuthenticationMethod: String, Hashable, Sendable, CaseIterable {
  /// The password in clear.
  case password
  case md5
  case gss
  case sspi
  case scramSHA256 = "scram-sha-256"
  /// OAUTHBEARER; since server 18.
  case oauth
  /// The server asks for nothing.
  case none
}

/// Where a bearer token comes from.
public struct OAuthOptions: Sendable {
  /// A token that was handed out already, and no libpq keyword.
  public var token: Password?
  /// The issuer that is trusted to hand out tokens, as a URL: `oauth_issuer`.
  public var issuer: String?
  /// The name of this client at the issuer: `oauth_client_id`.
  public var clientID: String?
  /// The client's password at the issuer: `oauth_client_secret`.
  public var clientSecret: Password?
  /// What the token is to be good for, instead of what the server asks for: `oauth_scope`.
  public var scope: String?
  /// A file of the authorities that may have signed the issuer's certificate: `oauth_ca_file`.
  public var authorityFile: String?

  /// Nothing, apart from what is given.
  public init(
    token: Password? = nil, issuer: String? = nil, clientID: String? = nil,
    clientSecret: Password? = nil, scope: String? = nil, authorityFile: String? = nil
  ) {
    self.token = token
    self.issuer = issuer
    self.clientID = clientID
    self.clientSecret = clientSecret
    self.scope = scope
    self.authorityFile = authorityFile
  }

  /// Refuses what libpq gets a token with by itself, which is not done here.
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

extension AuthenticationOptions {
  /// What can be told to be wrong before anything is sent.
  func check() throws(ConnectionOptionsError) {
    for (key, secret) in [
      (ConnectionKey.scramClientKey, scramClientKey), (.scramServerKey, scramServerKey),
    ] {
      guard let secret else { continue }
      guard secret.withBytes({ $0.count }) == Self.scramKeyLength else {
        throw .invalidValue(key.name, expected: "a key of \(Self.scramKeyLength) bytes")
      }
    }
    if allowedMethods?.isEmpty == true {
      throw .invalidValue(ConnectionKey.requireAuth.name, expected: "at least one method")
    }
    let texts: [(key: ConnectionKey, text: String?)] = [
      (.requirepeer, requiredPeer), (.oauthIssuer, oauth.issuer), (.oauthClientID, oauth.clientID),
      (.oauthScope, oauth.scope), (.oauthCAFile, oauth.authorityFile),
    ]
    for (key, text) in texts where text?.utf8.contains(0) == true {
      throw .invalidValue(key.name, expected: ConnectionOptions.noZeroByte)
    }
  }
}
