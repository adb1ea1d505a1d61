/// How a connection is encrypted, and how the two sides prove who they are by certificates.
///
/// Files are named here and read when a connection is made. A path that is `nil` means libpq's
/// default: the file of that kind in `~/.postgresql`, if it is there.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-ssl.html>
public struct TLSOptions: Sendable {
  /// How much to insist on TLS: `sslmode`.
  public var mode: SSLMode
  /// How TLS begins: `sslnegotiation`.
  public var negotiation = SSLNegotiation.postgres
  /// The authorities that may have signed the server's certificate: `sslrootcert`.
  public var rootCertificates: RootCertificates?
  /// The file of the client's certificate: `sslcert`.
  public var certificate: String?
  /// The file of the client's private key: `sslkey`.
  public var privateKey: String?
  /// What the private key is encrypted with: `sslpassword`.
  public var privateKeyPassword: Password?
  /// Whether the client's certificate is sent: `sslcertmode`.
  public var certificateMode = SSLCertificateMode.allow
  /// A file of revoked certificates: `sslcrl`.
  public var revocationList: String?
  /// A directory of files of revoked certificates, named by hash: `sslcrldir`.
  public var revocationDirectory: String?
  /// Whether the server is told which host name it was reached by: `sslsni`.
  public var sendsServerName = true
  /// The oldest version of TLS to accept: `ssl_min_protocol_version`; `nil` for OpenSSL's choice.
  public var minimumVersion: TLSVersion? = .tls12
  /// The newest version of TLS to accept: `ssl_max_protocol_version`; `nil` for the newest.
  public var maximumVersion: TLSVersion?

  /// libpq's defaults; set what differs afterwards.
  ///
  /// - Parameter mode: How much to insist on TLS.
  public init(mode: SSLMode = .prefer) {
    self.mode = mode
  }
}

extension TLSOptions {
  /// Whether a connection without TLS must not be made.
  package var isRequired: Bool {
    switch mode {
    case .disable, .allow, .prefer: false
    case .require, .verifyCA, .verifyFull: true
    }
  }

  /// What libpq checks before it connects.
  func check() throws(ConnectionOptionsError) {
    if rootCertificates == .system, mode != .verifyFull {
      throw .invalidValue(
        ConnectionKey.sslmode.name,
        expected: "verify-full, which sslrootcert=system needs: anyone can have such a certificate")
    }
    if negotiation == .direct, !isRequired {
      throw .invalidValue(
        ConnectionKey.sslmode.name,
        expected: "require, verify-ca or verify-full, one of which sslnegotiation=direct needs")
    }
    if let minimumVersion, let maximumVersion, minimumVersion > maximumVersion {
      throw .invalidValue(
        ConnectionKey.sslMinProtocolVersion.name,
        expected: "a version that is not above ssl_max_protocol_version")
    }
    let paths: [(key: ConnectionKey, path: String?)] = [
      (.sslcert, certificate), (.sslkey, privateKey), (.sslcrl, revocationList),
      (.sslcrldir, revocationDirectory), (.sslrootcert, rootCertificates?.path),
    ]
    for (key, path) in paths {
      guard let path else { continue }
      guard !path.isEmpty, !path.utf8.contains(0) else {
        throw .invalidValue(key.name, expected: "a path that is not empty and has no zero byte")
      }
    }
    if let privateKeyPassword, privateKeyPassword.hasZeroByte {
      throw .invalidValue(
        ConnectionKey.sslpassword.name, expected: ConnectionOptions.noZeroByte)
    }
  }
}
