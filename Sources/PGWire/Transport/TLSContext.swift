internal import CReplicationOpenSSL

/// OpenSSL's settings for one connection, made from the options as libpq makes them.
///
/// libpq: `initialize_SSL` in fe-secure-openssl.c
@safe struct TLSContext: ~Copyable {
  let raw: OpaquePointer
  /// Whether the peer's certificate is checked against authorities.
  private(set) var verifiesCertificate = false
  /// Whether there is a certificate of ours.
  private(set) var hasCertificate = false
  /// Which side of the handshake it is for.
  let isServer: Bool

  /// Settings for connecting.
  static func client(_ options: TLSOptions, home: String?) throws(TLSError) -> TLSContext {
    var context = unsafe try TLSContext(TLS_client_method(), isServer: false)
    try context.setVersions(options)
    try context.setProtocol()
    unsafe SSL_CTX_set_cert_cb(context.raw, TLSLink.noteRequest, nil)
    try context.loadAuthorities(options, home: home)
    try context.loadCertificate(options, home: home)
    return context
  }

  /// Settings for serving, for tests: with these two files.
  static func server(certificate: String, key: String) throws(TLSError) -> TLSContext {
    let context = unsafe try TLSContext(TLS_server_method(), isServer: true)
    guard unsafe SSL_CTX_use_certificate_chain_file(context.raw, certificate) == 1,
      unsafe SSL_CTX_use_PrivateKey_file(context.raw, key, SSL_FILETYPE_PEM) == 1
    else { throw .file("certificate", path: certificate, reason: latestReason()) }
    unsafe SSL_CTX_set_alpn_select_cb(context.raw, selectProtocol, nil)
    return context
  }

  private init(_ method: OpaquePointer?, isServer: Bool) throws(TLSError) {
    ERR_clear_error()
    guard let context = unsafe SSL_CTX_new(method) else { throw .unavailable("TLS") }
    unsafe raw = context
    self.isServer = isServer
    unsafe pgrepl_ssl_set_options(context)
    // Several records a system call; one holds 16 KiB at most.
    unsafe SSL_CTX_set_default_read_buffer_len(context, 1 << 17)
  }

  deinit {
    unsafe SSL_CTX_free(raw)
  }

  private func setVersions(_ options: TLSOptions) throws(TLSError) {
    // If no version is set, OpenSSL's own configuration decides.
    let minimum = options.minimumVersion?.number ?? -1
    let maximum = options.maximumVersion?.number ?? -1
    guard unsafe pgrepl_ssl_set_versions(raw, minimum, maximum) == 1 else {
      throw .unavailable("such a range of TLS versions")
    }
  }

  /// Names the protocol inside TLS (ALPN), so that no other kind of server can be tricked into
  /// answering.
  private func setProtocol() throws(TLSError) {
    let list = Self.protocolList
    let result = unsafe list.withUnsafeBufferPointer {
      unsafe SSL_CTX_set_alpn_protos(raw, $0.baseAddress, UInt32($0.count))
    }
    guard result == 0 else { throw .unavailable("ALPN") }
  }

  static let protocolName = Array("postgresql".utf8)
  static var protocolList: [UInt8] { [UInt8(protocolName.count)] + protocolName }
}

// MARK: - Whom to trust

extension TLSContext {
  private mutating func loadAuthorities(
    _ options: TLSOptions, home: String?
  ) throws(TLSError) {
    switch options.rootCertificates {
    case .system:
      guard unsafe SSL_CTX_set_default_verify_paths(raw) == 1 else {
        throw .unavailable("the system's authorities")
      }
      verifiesCertificate = true
    case .file(let path): try loadAuthorities(path, isNamed: true, options, home: home)
    case nil:
      if let home {
        try loadAuthorities("\(home)/.postgresql/root.crt", isNamed: false, options, home: home)
      } else if options.mode.verifies {
        throw .file(
          "sslrootcert", path: "~/.postgresql/root.crt",
          reason: "there is no home directory; set sslrootcert, or sslrootcert=system")
      }
    }
    guard verifiesCertificate else { return }
    unsafe SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, CertificateProblem.noteProblem)
  }

  /// As in libpq, an existing file makes any sslmode check the certificate, and a missing one is an
  /// error only if the mode says to check.
  private mutating func loadAuthorities(
    _ path: String, isNamed: Bool, _ options: TLSOptions, home: String?
  ) throws(TLSError) {
    if let reason = unreadable(path) {
      guard options.mode.verifies else { return }
      throw .file(
        "sslrootcert", path: path,
        reason: "\(reason); sslmode=\(options.mode.rawValue) needs the authority's certificate, or "
          + "sslrootcert=system")
    }
    ERR_clear_error()
    guard unsafe SSL_CTX_load_verify_locations(raw, path, nil) == 1 else {
      throw .file("sslrootcert", path: path, reason: latestReason())
    }
    verifiesCertificate = true
    try loadRevocationLists(options, home: home)
  }

  /// Unlike libpq: a list that was named and can't be used is an error, since continuing would
  /// accept a revoked certificate.
  private func loadRevocationLists(_ options: TLSOptions, home: String?) throws(TLSError) {
    let store = unsafe SSL_CTX_get_cert_store(raw)
    let file = options.revocationList
    let directory = options.revocationDirectory
    if let file, let reason = unreadable(file) {
      throw .file("sslcrl", path: file, reason: reason)
    }
    if let directory, let reason = unreadable(directory) {
      throw .file("sslcrldir", path: directory, reason: reason)
    }
    let inHome = file == nil && directory == nil
    var path = file
    if inHome, let home { path = "\(home)/.postgresql/root.crl" }
    if path == nil, directory == nil { return }
    if inHome, let path, unreadable(path) != nil { return }
    ERR_clear_error()
    guard unsafe X509_STORE_load_locations(store, path, directory) == 1 else {
      throw .file(
        file == nil && directory != nil ? "sslcrldir" : "sslcrl",
        path: path ?? directory ?? "", reason: latestReason())
    }
    let flags = UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)
    unsafe X509_STORE_set_flags(store, flags)
  }
}

// MARK: - Who we are

extension TLSContext {
  private mutating func loadCertificate(_ options: TLSOptions, home: String?) throws(TLSError) {
    guard options.certificateMode != .disable,
      let certificate = options.certificate ?? home.map({ "\($0)/.postgresql/postgresql.crt" })
    else { return }
    if let problem = FileFacts.problem(with: certificate) {
      // It may not be needed, so a missing file is not an error yet.
      if problem.isAbsence { return }
      throw .file("sslcert", path: certificate, reason: problem.reason)
    }
    ERR_clear_error()
    guard unsafe SSL_CTX_use_certificate_chain_file(raw, certificate) == 1 else {
      throw .file("sslcert", path: certificate, reason: latestReason())
    }
    guard let key = options.privateKey ?? home.map({ "\($0)/.postgresql/postgresql.key" }) else {
      throw .file("sslkey", path: "~/.postgresql/postgresql.key", reason: "no home directory")
    }
    try loadKey(key, of: certificate, options.privateKeyPassword)
    guard unsafe SSL_CTX_check_private_key(raw) == 1 else {
      throw .keyMismatch(certificate: certificate, key: key)
    }
    hasCertificate = true
  }

  private func loadKey(
    _ path: String, of certificate: String, _ password: Password?
  ) throws(TLSError) {
    if let problem = FileFacts.problem(with: path) {
      throw .file("sslkey", path: path, reason: problem.reason)
    }
    guard FileFacts.isRegular(path) else {
      throw .file("sslkey", path: path, reason: "it is not a regular file")
    }
    guard FileFacts.isPrivate(path) else { throw .exposedKey(path: path) }
    ERR_clear_error()
    // Always a callback of ours: OpenSSL's own would ask at the terminal.
    let request = KeyPasswordRequest(password)
    unsafe SSL_CTX_set_default_passwd_cb(raw, giveKeyPassword)
    unsafe SSL_CTX_set_default_passwd_cb_userdata(raw, Unmanaged.passUnretained(request).toOpaque())
    defer { unsafe SSL_CTX_set_default_passwd_cb_userdata(raw, nil) }
    if unsafe SSL_CTX_use_PrivateKey_file(raw, path, SSL_FILETYPE_PEM) == 1 { return }
    let code = ERR_peek_last_error()
    if ERR_GET_LIB(code) == ERR_LIB_X509 {
      throw .keyMismatch(certificate: certificate, key: path)
    }
    let reason = request.wasAsked ? request.complaint : latestReason()
    // A key in DER, which has no password.
    if unsafe SSL_CTX_use_PrivateKey_file(raw, path, SSL_FILETYPE_ASN1) == 1 { return }
    throw .file("sslkey", path: path, reason: reason)
  }
}

extension SSLMode {
  /// Whether the server's certificate has to come from a trusted authority.
  var verifies: Bool { self == .verifyCA || self == .verifyFull }
}

extension TLSVersion {
  /// OpenSSL's number for it.
  fileprivate var number: Int32 {
    switch self {
    case .tls10: TLS1_VERSION
    case .tls11: TLS1_1_VERSION
    case .tls12: TLS1_2_VERSION
    case .tls13: TLS1_3_VERSION
    }
  }
}

private func unreadable(_ path: String) -> String? { FileFacts.problem(with: path)?.reason }

/// OpenSSL's newest reason, for people.
func latestReason() -> String {
  let code = ERR_peek_last_error()
  guard let text = unsafe ERR_reason_error_string(code) else { return "error \(code)" }
  return unsafe String(cString: text)
}

extension TLSError {
  /// The error for a call of OpenSSL that has just failed.
  static func unavailable(_ what: String) -> TLSError {
    .unavailable(what, reason: ERR_peek_last_error() == 0 ? "" : latestReason())
  }
}
