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
