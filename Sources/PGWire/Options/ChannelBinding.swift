/// Whether SCRAM is tied to the TLS connection that it runs over.
@nonexhaustive public enum ChannelBinding: String, Hashable, Sendable, CaseIterable {
  /// Never.
  case disable
  /// If the server can.
  case prefer
  /// A server that can't, or asks for less than SCRAM, is refused.
  case require
}
