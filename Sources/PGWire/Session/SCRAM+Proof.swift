/// The keys of SCRAM-SHA-256, by the names of RFC 5802, section 3.
extension SCRAMExchange {
  struct Answer {
    var proof: [UInt8]
    var serverSignature: [UInt8]
  }

  func prove(
    _ authMessage: [UInt8], challenge: Challenge, password: Password
  ) throws(AuthenticationError) -> Answer {
    do throws(CryptoError) {
      var salted = try password.withBytes { (password) throws(CryptoError) in
        try Self.saltedPassword(password, challenge: challenge)
      }
      defer { wipe(&salted) }
      var clientKey = try Digest.hmacSHA256(key: salted.span, "Client Key".utf8.span)
      defer { wipe(&clientKey) }
      let storedKey = try Digest.sha256(clientKey.span)
      let clientSignature = try Digest.hmacSHA256(key: storedKey.span, authMessage.span)
      let serverKey = try Digest.hmacSHA256(key: salted.span, "Server Key".utf8.span)
      return Answer(
        proof: zip(clientKey, clientSignature).map { $0 ^ $1 },
        serverSignature: try Digest.hmacSHA256(key: serverKey.span, authMessage.span))
    } catch {
      throw AuthenticationError(error)
    }
  }

  static func saltedPassword(
    _ password: Span<UInt8>, challenge: Challenge
  ) throws(CryptoError) -> [UInt8] {
    let salt = challenge.salt.span
    guard var prepared = prepared(password) else {
      return try Digest.pbkdf2(password: password, salt: salt, iterations: challenge.iterations)
    }
    defer { wipe(&prepared) }
    return try Digest.pbkdf2(password: prepared.span, salt: salt, iterations: challenge.iterations)
  }

  /// The password by the rules of SASLprep (RFC 4013), or `nil` if it is to be hashed as it is.
  ///
  /// Pure ASCII is its own preparation. Of other passwords this does not prepare any yet, so those
  /// that SASLprep would change are not accepted by servers.
  static func prepared(_ password: Span<UInt8>) -> [UInt8]? {
    nil
  }
}
