/// How TLS begins on a connection.
@nonexhaustive public enum SSLNegotiation: String, Hashable, Sendable, CaseIterable {
  /// The server is asked for TLS first, in PostgreSQL's protocol.
  case postgres
  /// The handshake comes first, which saves a round trip.
  ///
  /// Since server 17.
  case direct
}
