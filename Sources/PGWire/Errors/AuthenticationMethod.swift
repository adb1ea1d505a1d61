/// An authentication method, with libpq's name.
@nonexhaustive public enum AuthenticationMethod: String, Hashable, Sendable, CaseIterable {
  /// The password in cleartext.
  case password
  case md5
  case gss
  case sspi
  case scramSHA256 = "scram-sha-256"
  /// OAUTHBEARER; since server 18.
  case oauth
  /// The server asks for no authentication.
  case none
}
