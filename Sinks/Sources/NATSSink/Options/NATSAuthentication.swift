/// Who a connection is made as.
public enum NATSAuthentication: Hashable, Sendable {
  /// Nobody in particular.
  case none
  /// A user with a password.
  case user(String, password: NATSSecret)
  /// Who has the token.
  case token(NATSSecret)
  /// The user of a credentials file, which has a JWT and a seed (`nats-server` calls it chained).
  case credentialsFile(String)
}
