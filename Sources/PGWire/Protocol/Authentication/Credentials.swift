/// What is needed to authenticate, and what is required of the server.
package struct Credentials: Sendable {
  package let user: String
  package let password: Password?
  package let authentication: AuthenticationOptions
  /// The random part of SCRAM's first message, printable and without a comma.
  package let nonce: String
  /// Whether the server is reached without a network: by a Unix socket.
  package let isLocal: Bool

  package init(
    user: String, password: Password?,
    authentication: AuthenticationOptions = AuthenticationOptions(), nonce: String,
    isLocal: Bool = false
  ) {
    self.user = user
    self.password = password
    self.authentication = authentication
    self.nonce = nonce
    self.isLocal = isLocal
  }
}
