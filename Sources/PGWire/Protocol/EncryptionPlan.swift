/// In which order a connection is tried with and without TLS: `sslmode`, as in libpq.
///
///     disable                plain
///     allow                  plain, then TLS if the server refuses that
///     prefer                 TLS if offered; plain if the handshake or the server's rules fail it
///     require, verify-…      TLS
///
/// A Unix socket never gets TLS, whatever the mode. Unlike libpq, `prefer` never continues without
/// TLS after the server got a proof of the password, or when one of our own files can't be used.
///
/// libpq: `select_next_encryption_method` in fe-connect.c
package struct EncryptionPlan: Sendable {
  /// What to try now.
  package private(set) var encryption: SessionMachine.Encryption
  private let mode: SSLMode
  private var isFirst = true

  package init(_ options: TLSOptions, isLocal: Bool) {
    mode = isLocal ? .disable : options.mode
    encryption =
      switch mode {
      case .disable, .allow: .none
      case .prefer: .ifOffered
      case .require, .verifyCA, .verifyFull:
        options.negotiation == .direct ? .direct : .required
      }
  }

  /// A connection has failed.
  ///
  /// - Parameters:
  ///   - isEncrypted: Whether the connection was encrypted.
  ///   - credentialsShown: Whether the server got a proof of the password, or more.
  /// - Returns: Whether ``encryption`` has changed and is worth another connection.
  package mutating func failed(
    with error: PGWireError, isEncrypted: Bool, credentialsShown: Bool
  ) -> Bool {
    guard isFirst else { return false }
    switch (mode, error) {
    case (.allow, .server): encryption = .required
    case (.prefer, .transport(.tls(let problem))) where problem.isHandshake: encryption = .none
    case (.prefer, .server(let server))
    where isEncrypted && !credentialsShown && server.mayDependOnTLS:
      encryption = .none
    default: return false
    }
    isFirst = false
    return true
  }
}

extension TLSError {
  /// Whether the two sides failed to agree; a problem with our own files is something else.
  fileprivate var isHandshake: Bool {
    switch self {
    case .certificate, .alert, .failed: true
    default: false
    }
  }
}

extension ServerError {
  /// Whether the server may accept a connection without TLS: access rules can depend on it.
  fileprivate var mayDependOnTLS: Bool {
    // 28 is authorization; poolers report a protocol violation, 08.
    ["28", "08"].contains(sqlState.classCode)
  }
}
