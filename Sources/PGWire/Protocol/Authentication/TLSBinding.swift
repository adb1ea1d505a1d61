/// What an authentication can be bound to.
enum TLSBinding: Hashable, Sendable {
  /// There is no TLS.
  case none
  case encrypted(CertificateHash)
}

/// What the server's certificate can bind an authentication to: `tls-server-end-point`, RFC 5929.
package enum CertificateHash: Hashable, Sendable {
  case hash([UInt8])
  /// The certificate's signature has no hash of its own, as with Ed25519.
  case none(signature: String)
}
