/// Why a connection could not be made or used.
@nonexhaustive public enum PGWireError: Error, Hashable, Sendable {
  /// The connection string, a parameter or the environment can't be right.
  case options(ConnectionOptionsError)
  /// No bytes could be exchanged.
  case transport(TransportError)
  /// The peer sent what is no PostgreSQL message.
  case wire(WireError)
  /// We could not, or would not, prove who we are.
  case authentication(AuthenticationError)
  /// The server reported an error.
  case server(ServerError)
  /// A message came that has no meaning at that moment.
  case unexpectedMessage
  /// What was asked for is not supported, and what is.
  case unsupported(String)
  /// Another task is using the connection.
  case busy
  /// The connection was closed, or broke earlier.
  case closed

  /// Whether the wait ended because the task was cancelled or the connection closed by us.
  public var isCancelled: Bool { self == .transport(.cancelled) }
}
