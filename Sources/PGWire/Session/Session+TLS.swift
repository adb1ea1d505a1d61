/// How a session switches to TLS, and which server it expects.
package struct TLSTarget: Sendable {
  let options: TLSOptions
  /// The host that was asked for, which the certificate has to name.
  let host: String
  /// Where libpq's default files are.
  let home: String?

  package init(_ options: TLSOptions, host: String, home: String? = Environment.homeDirectory) {
    self.options = options
    self.host = host
    self.home = home
  }

  /// The name that is sent to the server (SNI): none for an address, as in libpq.
  var serverName: String? {
    let isAddress =
      host.utf8.contains(UInt8(ascii: ":"))
      || host.utf8.allSatisfy { byte in
        byte == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
    return options.sendsServerName && !isAddress && !host.isEmpty ? host : nil
  }
}

extension Session {
  /// Does the handshake, checks the server's certificate, and continues with the machine.
  ///
  /// All bytes that were received before must have been used up: what came in cleartext is not part
  /// of the session that begins now.
  mutating func startTLS() throws(PGWireError) -> SessionMachine.Action {
    guard let tls, hasNothingReceived else { throw broken(.unexpectedMessage) }
    _ = try attempt { (session) throws(TransportError) in
      do throws(TLSError) {
        let context = try TLSContext.client(tls.options, home: tls.home)
        try session.transport.startTLS(context, serverName: tls.serverName)
      } catch {
        throw .tls(error)
      }
    }
    while true {
      switch try attempt({ (session) throws(TransportError) in try session.transport.handshake() })
      {
      case .done:
        let hash = try attempt { (session) throws(TransportError) in
          try session.checkServer(tls)
        }
        return machine.tlsStarted(hash)
      case .wouldBlock(let readiness): try wait(for: readiness)
      }
    }
  }

  /// What the handshake itself does not check.
  ///
  /// - Returns: What an authentication can be bound to.
  private func checkServer(_ tls: TLSTarget) throws(TransportError) -> CertificateHash {
    let result = transport.withTLS { session -> Result<CertificateHash, TLSError> in
      do throws(TLSError) {
        return .success(try tls.check(session))
      } catch {
        return .failure(error)
      }
    }
    do throws(TLSError) {
      guard let result else { throw .failed(reason: "no handshake") }
      return try result.get()
    } catch {
      throw .tls(error)
    }
  }
}

extension TLSTarget {
  fileprivate func check(_ session: borrowing TLSSession) throws(TLSError) -> CertificateHash {
    switch session.agreesOnProtocol {
    case true: break
    case nil where options.negotiation == .postgres: break  // Servers before 17 know no ALPN.
    default: throw .wrongApplicationProtocol
    }
    if options.certificateMode == .require {
      guard session.wasAskedForCertificate else { throw .certificateNotRequested }
      guard session.hasSentCertificate else { throw .noClientCertificate }
    }
    guard let certificate = session.certificate else {
      throw .failed(reason: "the server showed no certificate")
    }
    if options.mode == .verifyFull {
      let names = certificate.names
      guard names.matches(host: host) else { throw .wrongHost(host, names: names.texts) }
    }
    return certificate.endPointHash()
  }
}
