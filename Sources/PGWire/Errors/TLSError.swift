/// Why a connection could not be encrypted, or why the encrypted connection ended.
///
/// A file is named by its path. No case holds a key or a password.
@nonexhaustive public enum TLSError: Error, Hashable, Sendable {
  /// The server does not support TLS.
  case notOffered
  /// The server answered the request for TLS with an error.
  ///
  /// Its text is not shown: before TLS starts, anyone in the network could have written it.
  case refused
  /// The server answered the request for TLS with a byte that is not a valid answer.
  case unexpectedAnswer(UInt8)
  /// The server's certificate is not acceptable.
  case certificate(CertificateProblem)
  /// The server's certificate is for other names or addresses: these.
  case wrongHost(String, names: [String])
  /// The server ended the connection with this alert, by its name in the standard.
  case alert(String)
  /// The handshake or a record failed; OpenSSL's reason.
  case failed(reason: String)
  /// The server did not agree on the protocol that is spoken inside TLS (ALPN).
  case wrongApplicationProtocol
  /// The server did not ask for a certificate, and `sslcertmode=require` says that it must.
  case certificateNotRequested
  /// A certificate of ours is to be sent, and there is none.
  case noClientCertificate
  /// A file can't be used: the parameter, the path, and why.
  case file(String, path: String, reason: String)
  /// Others than its owner could read the private key.
  case exposedKey(path: String)
  /// The private key is not that of the certificate.
  case keyMismatch(certificate: String, key: String)
  /// OpenSSL could not do what was needed.
  case unavailable(String, reason: String)
}

extension TLSError: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .notOffered:
      "the server does not support TLS, which sslmode requires; turn ssl on there"
    case .refused:
      """
      the server answered the request for TLS with an error, whose text can't be trusted before \
      TLS; see the server's log
      """
    case .unexpectedAnswer(let byte):
      "byte \(byte) came in answer to the request for TLS; is this a PostgreSQL server?"
    case .certificate(let problem): "\(problem)"
    case .wrongHost(let host, let names) where names.isEmpty:
      "the server's certificate names no host, so it can't be that of \"\(host)\""
    case .wrongHost(let host, let names):
      """
      the server's certificate is for \(names.map { "\"\($0)\"" }.joined(separator: ", ")), not \
      for host "\(host)"
      """
    case .alert(let name): "the server ended the TLS connection: \(name)\(Self.hint(alert: name))"
    case .failed(let reason): "TLS failed: \(reason)"
    case .wrongApplicationProtocol:
      """
      the server did not agree to speak PostgreSQL inside TLS (ALPN); is this port that of another \
      service, or the server older than 17?
      """
    case .certificateNotRequested:
      "the server did not ask for a client certificate, and sslcertmode=require says that it must"
    case .noClientCertificate:
      "the server asked for a client certificate and there is none to send; set sslcert and sslkey"
    case .file(let key, let path, let reason): "\(key) \"\(path)\" can't be used: \(reason)"
    case .exposedKey(let path):
      """
      private key file "\(path)" is open to others; it must have permissions u=rw (0600) or less, \
      or u=rw,g=r (0640) or less if root owns it
      """
    case .keyMismatch(let certificate, let key):
      "certificate \"\(certificate)\" does not belong to the private key \"\(key)\""
    case .unavailable(let what, let reason):
      "OpenSSL has no \(what)\(reason.isEmpty ? "" : " (\(reason))")"
    }
  }

  private static func hint(alert name: String) -> String {
    switch String(decoding: name.utf8.lowercased, as: UTF8.self) {
    case "certificate required", "handshake failure":
      "; it may want a client certificate (sslcert, sslkey)"
    case "unknown ca", "bad certificate", "certificate expired", "certificate revoked",
      "unsupported certificate", "decrypt error":
      "; it does not accept the client certificate (sslcert)"
    case "protocol version":
      "; see ssl_min_protocol_version and ssl_max_protocol_version on both sides"
    case "no application protocol": "; it does not speak PostgreSQL inside TLS at this port"
    default: ""
    }
  }
}
