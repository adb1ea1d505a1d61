/// An authentication method, with libpq's name.
@nonexhaustive public enum AuthenticationMethod: String, Hashable, Sendable, CaseIterable {
  /// The password in cleartext.
  case password
  /// The MD5 hash of the password.
  case md5
  /// GSSAPI, such as Kerberos.
  case gss
  /// SSPI of Windows.
  case sspi
  /// SCRAM-SHA-256, with or without channel binding.
  case scramSHA256 = "scram-sha-256"
  /// OAUTHBEARER; since server 18.
  case oauth
  /// The server asks for no authentication.
  case none
}
