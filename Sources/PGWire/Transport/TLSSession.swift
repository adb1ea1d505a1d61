internal import CReplicationOpenSSL

/// One encrypted connection over a socket that it owns.
///
/// It never waits, and works as `Transport` does. When it is released it sends close_notify, as far
/// as the socket accepts that.
@safe struct TLSSession: ~Copyable, @unchecked Sendable {
  private let ssl: OpaquePointer
  private let link: TLSLink
  private let socket: FileDescriptor

  /// What came of one attempt to continue the handshake.
  enum Progress {
    case done
    case wouldBlock(Readiness)
  }

  /// A session without a socket.
  @safe struct Unattached: ~Copyable {
    fileprivate let ssl: OpaquePointer

    /// A session that has not begun its handshake.
    ///
    /// - Parameter serverName: The name to send to the server (SNI); none for an address.
    init(_ context: borrowing TLSContext, serverName: String?) throws(TLSError) {
      ERR_clear_error()
      guard let ssl = unsafe SSL_new(context.raw) else { throw .unavailable("TLS") }
      if context.isServer {
        unsafe SSL_set_accept_state(ssl)
      } else {
        unsafe SSL_set_connect_state(ssl)
      }
      if let serverName, unsafe pgrepl_ssl_set_server_name(ssl, serverName) != 1 {
        unsafe SSL_free(ssl)
        throw .unavailable("SNI for this host")
      }
      unsafe self.ssl = ssl
    }

    deinit {
      unsafe SSL_free(ssl)
    }
  }

  /// Takes the socket over.
  init(_ session: consuming Unattached, over socket: consuming FileDescriptor) {
    let link = TLSLink(socket: socket.raw)
    let ssl = unsafe session.ssl
    _ = unsafe SSL_up_ref(ssl)
    // Without a BIO (out of memory) every call fails with an error.
    let bio = unsafe link.makeBIO()
    unsafe SSL_set_bio(ssl, bio, bio)
    unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(link).toOpaque())
    unsafe self.ssl = ssl
    self.link = link
    self.socket = socket
  }

  deinit {
    if link.end == nil {
      ERR_clear_error()
      _ = unsafe SSL_shutdown(ssl)
    }
    unsafe SSL_free(ssl)
  }

  /// Continues the handshake as far as it can without waiting.
  func handshake() throws(TransportError) -> Progress {
    if let end = link.end { throw end }
    ERR_clear_error()
    let result = unsafe SSL_do_handshake(ssl)
    if result == 1 { return .done }
    switch try outcome(result) {
    case .wouldBlock(let readiness): return .wouldBlock(readiness)
    case .end, .moved: throw fail(.closedByServer)
    }
  }

  /// Reads what is there, as much as `buffer` holds: a record holds 16 KiB at most.
  func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(TransportError) -> TransferResult {
    if let end = link.end { throw end }
    guard let base = buffer.baseAddress else { return .moved(0) }
    var filled = 0
    while filled < buffer.count {
      var count = 0
      ERR_clear_error()
      let result = unsafe SSL_read_ex(ssl, base + filled, buffer.count - filled, &count)
      if result == 1 {
        filled += count
        continue
      }
      do throws(TransportError) {
        let outcome = try outcome(result)
        return filled > 0 ? .moved(filled) : outcome
      } catch {
        // What was read before the failure is delivered before it.
        if filled > 0 { return .moved(filled) }
        throw error
      }
    }
    return .moved(filled)
  }

  /// Writes as much of `bytes` as the socket takes now.
  ///
  /// What could not be written must be offered again from where this stopped, more of it behind if
  /// there is more.
  func write(_ bytes: Span<UInt8>) throws(TransportError) -> TransferResult {
    if let end = link.end { throw end }
    var sent = 0
    while sent < bytes.count {
      var count = 0
      ERR_clear_error()
      // A record a time, whose failure does not hide what went before.
      let result = unsafe bytes.extracting(droppingFirst: sent).withUnsafeBytes {
        unsafe SSL_write_ex(ssl, $0.baseAddress, $0.count, &count)
      }
      guard result == 1 else {
        let outcome = try outcomeOfWrite(result)
        return sent > 0 ? .moved(sent) : outcome
      }
      sent += count
    }
    return .moved(sent)
  }

  /// What OpenSSL means by a result that is not a success.
  private func outcome(_ result: Int32) throws(TransportError) -> TransferResult {
    switch unsafe SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .wouldBlock(.read)
    case SSL_ERROR_WANT_WRITE: return .wouldBlock(.write)
    case SSL_ERROR_ZERO_RETURN: return .end
    case SSL_ERROR_SYSCALL:
      throw fail(link.failure == 0 ? .closedByServer : .lost(errno: link.failure))
    default: throw fail(.tls(link.problem.map { .certificate($0) } ?? .latest()))
    }
  }

  /// When nothing more can be sent, the peer's last data, such as an alert, may still be readable.
  private func outcomeOfWrite(_ result: Int32) throws(TransportError) -> TransferResult {
    do throws(TransportError) {
      return try outcome(result)
    } catch {
      if case .lost = error { link.end = nil }
      throw error
    }
  }

  private func fail(_ error: TransportError) -> TransportError {
    link.end = error
    return error
  }
}

// MARK: - What the handshake has shown

extension TLSSession {
  /// Whether the server agreed to speak PostgreSQL; `nil` if it did not say.
  var agreesOnProtocol: Bool? {
    var name: UnsafePointer<UInt8>?
    var length: UInt32 = 0
    unsafe SSL_get0_alpn_selected(ssl, &name, &length)
    guard length > 0, let name = unsafe name else { return nil }
    let bytes = unsafe UnsafeBufferPointer(start: name, count: Int(length))
    return unsafe bytes.elementsEqual(TLSContext.protocolName)
  }

  /// Whether the server asked for a certificate.
  var wasAskedForCertificate: Bool { link.wasAskedForCertificate }

  /// Whether there was a certificate to send.
  var hasSentCertificate: Bool {
    unsafe wasAskedForCertificate && SSL_get_certificate(ssl) != nil
  }

  /// The server's certificate.
  var certificate: Certificate? {
    unsafe SSL_get1_peer_certificate(ssl).map { unsafe Certificate(owning: $0) }
  }
}

extension TLSError {
  /// What OpenSSL's newest error says: an alert of the peer, or anything else.
  fileprivate static func latest() -> TLSError {
    let code = ERR_peek_error()
    let reason = ERR_GET_REASON(code)
    guard ERR_GET_LIB(code) == ERR_LIB_SSL, reason >= SSL_AD_REASON_OFFSET,
      reason < SSL_AD_REASON_OFFSET + 256,
      let text = unsafe SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET)
    else {
      return .failed(
        reason: unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) }
          ?? "no reason given")
    }
    let name = unsafe String(cString: text)
    // OpenSSL's table of names stops short of some that its own servers send.
    let number = reason - SSL_AD_REASON_OFFSET
    return .alert(name == "unknown" ? Self.alertNames[number] ?? "alert \(number)" : name)
  }

  private static let alertNames: [Int32: String] = [
    109: "missing extension", 116: "certificate required", 120: "no application protocol",
  ]
}
