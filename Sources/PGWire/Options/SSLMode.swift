/// How much a connection insists on TLS and on the server's certificate, by libpq's names.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-ssl.html>
@nonexhaustive public enum SSLMode: String, Hashable, Sendable, CaseIterable {
  /// Never TLS.
  case disable
  /// TLS only if the server refuses a connection without it.
  case allow
  /// TLS if the server offers it.
  case prefer
  /// TLS, whatever the certificate.
  case require
  /// TLS with a certificate from a trusted authority.
  case verifyCA = "verify-ca"
  /// TLS with a certificate from a trusted authority for the host that was asked for.
  case verifyFull = "verify-full"
}
