/// How the client authenticates, and what it requires of the server.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS>
public struct AuthenticationOptions: Sendable {
  /// Whether a password's exchange is tied to the TLS connection: `channel_binding`.
  public var channelBinding = ChannelBinding.prefer
  /// The methods that are acceptable, or `nil` for any: `require_auth`.
  ///
  /// With ``AuthenticationMethod/none`` in it a server that asks for nothing is acceptable too.
  public var allowedMethods: Set<AuthenticationMethod>?
  /// The operating system's user that must be running the server: `requirepeer`.
  ///
  /// Checked on Unix sockets only.
  public var requiredPeer: String?
  /// 32 bytes to use in SCRAM instead of a password: `scram_client_key`.
  public var scramClientKey: Password?
  /// 32 bytes to check the server's signature with, if there is no password: `scram_server_key`.
  public var scramServerKey: Password?
  /// What OAUTHBEARER needs.
  public var oauth = OAuthOptions()

  /// libpq's defaults; set what differs afterwards.
  public init() {}

  /// The length of SCRAM-SHA-256's keys in bytes.
  static let scramKeyLength = 32
}

extension AuthenticationOptions {
  /// Checks what can be found wrong before anything is sent.
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
