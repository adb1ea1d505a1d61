/// Whether the client shows a certificate of its own.
@nonexhaustive public enum SSLCertificateMode: String, Hashable, Sendable, CaseIterable {
  /// Never.
  case disable
  /// If the server asks for one and there is one.
  case allow
  /// The server must ask for one.
  case require
}
