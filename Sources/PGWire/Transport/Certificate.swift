internal import CReplicationOpenSSL

/// A certificate as the peer showed it.
@safe package struct Certificate: ~Copyable {
  private let raw: OpaquePointer

  /// Takes over OpenSSL's reference.
  @unsafe init(owning raw: OpaquePointer) {
    unsafe self.raw = raw
  }

  deinit {
    unsafe X509_free(raw)
  }

  /// The DNS names and IP addresses that it is for, and the common name.
  var names: CertificateNames {
    var names = CertificateNames()
    if let list = unsafe X509_get_ext_d2i(raw, NID_subject_alt_name, nil, nil) {
      let list = OpaquePointer(list)
      for index in 0..<(unsafe pgrepl_names_count(list)) {
        guard let name = unsafe pgrepl_names_at(list, index) else { continue }
        let kind = unsafe pgrepl_name_kind(name)
        guard kind != 0, let value = unsafe pgrepl_name_value(name) else { continue }
        let bytes = unsafe Self.bytes(of: value)
        if kind == 1 { names.dns.append(bytes) } else { names.addresses.append(bytes) }
      }
      unsafe GENERAL_NAMES_free(list)
    }
    let subject = unsafe X509_get_subject_name(raw)
    let index = unsafe X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
    if index >= 0, let entry = unsafe X509_NAME_get_entry(subject, index),
      let value = unsafe X509_NAME_ENTRY_get_data(entry)
    {
      names.commonName = unsafe Self.bytes(of: value)
    }
    return names
  }

  /// The hash for `tls-server-end-point`: by the certificate's own signature algorithm.
  ///
  /// MD5 and SHA-1 count as SHA-256 (RFC 5929, section 4.1); that of RSA-PSS is in its parameters.
  /// Ed25519 and the like have none.
  func endPointHash() -> CertificateHash {
    var digest = NID_undef
    let found = unsafe X509_get_signature_info(raw, &digest, nil, nil, nil) == 1
    guard found, digest != NID_undef else {
      return .none(signature: Self.name(unsafe X509_get_signature_nid(raw)))
    }
    if digest == NID_md5 || digest == NID_sha1 { digest = NID_sha256 }
    let algorithm = unsafe OBJ_nid2sn(digest).flatMap { unsafe EVP_get_digestbyname($0) }
    guard let algorithm = unsafe algorithm else { return .none(signature: Self.name(digest)) }
    var hash = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    let isDone = unsafe hash.withUnsafeMutableBufferPointer {
      unsafe X509_digest(raw, algorithm, $0.baseAddress, &length) == 1
    }
    guard isDone else { return .none(signature: Self.name(digest)) }
    return .hash(Array(hash.prefix(Int(length))))
  }

  private static func name(_ identifier: Int32) -> String {
    guard let name = unsafe OBJ_nid2ln(identifier) else { return "unknown" }
    return unsafe String(cString: name)
  }

  /// The names of the peer's certificate of any session of OpenSSL's, libpq's for example; `nil`
  /// before its handshake is done.
  @unsafe package static func names(ofPeer session: OpaquePointer) -> CertificateNames? {
    let certificate = unsafe SSL_get1_peer_certificate(session).map {
      unsafe Certificate(owning: $0)
    }
    return certificate?.names
  }

  private static func bytes(of value: UnsafePointer<ASN1_STRING>) -> [UInt8] {
    let count = Int(unsafe ASN1_STRING_length(value))
    guard count > 0, let start = unsafe ASN1_STRING_get0_data(value) else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: start, count: count))
  }
}

// MARK: - Why one was not accepted

extension CertificateProblem {
  /// Called by OpenSSL for each certificate of the chain; leaves the problem with the connection.
  static let noteProblem: @convention(c) (Int32, OpaquePointer?) -> Int32 = { isFine, context in
    if isFine == 1 { return 1 }
    let index = SSL_get_ex_data_X509_STORE_CTX_idx()
    guard let ssl = unsafe X509_STORE_CTX_get_ex_data(context, index),
      let data = unsafe SSL_get_ex_data(OpaquePointer(ssl), 0)
    else { return 0 }
    let link = unsafe Unmanaged<TLSLink>.fromOpaque(data).takeUnretainedValue()
    if let context = unsafe context { link.problem = unsafe CertificateProblem(context) }
    return 0
  }

  @unsafe private init(_ context: OpaquePointer) {
    let code = unsafe X509_STORE_CTX_get_error(context)
    let certificate = unsafe X509_STORE_CTX_get_current_cert(context)
    reason =
      unsafe X509_verify_cert_error_string(Int(code)).map { unsafe String(cString: $0) } ?? ""
    subject = unsafe Self.text(X509_get_subject_name(certificate))
    issuer = unsafe Self.text(X509_get_issuer_name(certificate))
    switch code {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      kind = .expired
      time = unsafe Self.text(of: X509_get0_notAfter(certificate))
    case X509_V_ERR_CERT_NOT_YET_VALID:
      kind = .notYetValid
      time = unsafe Self.text(of: X509_get0_notBefore(certificate))
    default:
      kind = Self.kind(of: code)
      time = nil
    }
  }

  private static func kind(of code: Int32) -> Kind {
    switch code {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      .unknownAuthority
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: .selfSigned
    case X509_V_ERR_CERT_REVOKED: .revoked
    case X509_V_ERR_UNABLE_TO_GET_CRL: .noRevocationList
    default: .other
    }
  }

  /// A name in one line, cut to what a log can take.
  private static func text(_ name: OpaquePointer?) -> String {
    guard let name = unsafe name, let bio = unsafe BIO_new(BIO_s_mem()) else { return "?" }
    defer { unsafe BIO_free(bio) }
    _ = unsafe pgrepl_print_name(bio, name)
    return unsafe contents(of: bio)
  }

  private static func text(of time: UnsafePointer<ASN1_TIME>?) -> String? {
    guard let time = unsafe time, let bio = unsafe BIO_new(BIO_s_mem()) else { return nil }
    defer { unsafe BIO_free(bio) }
    guard unsafe ASN1_TIME_print(bio, time) == 1 else { return nil }
    return unsafe contents(of: bio)
  }

  private static func contents(of bio: OpaquePointer) -> String {
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe BIO_read(bio, $0.baseAddress, Int32($0.count))
    }
    return String(decoding: bytes.prefix(Int(max(count, 0))), as: UTF8.self)
  }
}
