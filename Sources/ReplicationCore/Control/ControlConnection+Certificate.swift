internal import CReplicationLibPQ
internal import PGWire

extension ControlConnection {
  /// Makes sure that the server's certificate names the host by the stream's rules, with
  /// `sslmode=verify-full`.
  ///
  /// libpq's own rules are laxer for addresses: libpq lets a wildcard match a part of an address.
  ///
  /// - Returns: Whether there was a certificate to check: there is none before the TLS handshake.
  /// - Throws: ``TLSError/wrongHost(_:names:)``, before anything is sent that shows the password.
  func checkCertificate() throws(ControlError) -> Bool {
    guard server.tls.mode == .verifyFull, unsafe PQsslInUse(connection) == 1,
      let session = unsafe PQsslStruct(connection, "OpenSSL"),
      let names = unsafe Certificate.names(ofPeer: OpaquePointer(session))
    else { return false }
    guard names.matches(host: server.host) else {
      throw .transport(.tls(.wrongHost(server.host, names: names.texts)))
    }
    return true
  }
}
