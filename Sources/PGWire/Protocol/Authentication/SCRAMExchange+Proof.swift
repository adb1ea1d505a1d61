/// What a SCRAM exchange proves and checks with: a password, or keys that were made from it.
package struct SCRAMSecret: Sendable {
  package let password: Password?
  /// Used instead of the password to authenticate the client: RFC 5802's ClientKey.
  package let clientKey: Password?
  /// Used instead of the password to authenticate the server: its ServerKey.
  package let serverKey: Password?

  package init(password: Password?, clientKey: Password? = nil, serverKey: Password? = nil) {
    self.password = password
    self.clientKey = clientKey
    self.serverKey = serverKey
  }

  var canProve: Bool { password != nil || clientKey != nil }
  var canVerify: Bool { password != nil || serverKey != nil }
}

/// The keys of SCRAM-SHA-256, by the names of RFC 5802, section 3.
extension SCRAMExchange {
  struct Answer {
    var proof: [UInt8]
    var serverSignature: [UInt8]
  }

  func prove(
    _ authMessage: [UInt8], salted: SecretBytes, secret: SCRAMSecret
  ) throws(AuthenticationError) -> Answer {
    do throws(CryptoError) {
      var clientKey = try Self.key(secret.clientKey, "Client Key", salted)
      defer { wipe(&clientKey) }
      var serverKey = try Self.key(secret.serverKey, "Server Key", salted)
      defer { wipe(&serverKey) }
      let storedKey = try Digest.sha256(clientKey.span)
      let clientSignature = try Digest.hmacSHA256(key: storedKey.span, authMessage.span)
      return Answer(
        proof: zip(clientKey, clientSignature).map { $0 ^ $1 },
        serverSignature: try Digest.hmacSHA256(key: serverKey.span, authMessage.span))
    } catch {
      throw AuthenticationError(error)
    }
  }

  private static func key(
    _ given: Password?, _ name: StaticString, _ salted: SecretBytes
  ) throws(CryptoError) -> [UInt8] {
    if let given { return given.withBytes { $0.copied() } }
    return try salted.withBytes { (salted) throws(CryptoError) in
      try Digest.hmacSHA256(key: salted, Array("\(name)".utf8).span)
    }
  }
}
