internal import PGWire

extension ScriptStep {
  /// The server's side of a SCRAM-SHA-256 exchange, from its offer to its proof.
  ///
  /// A client with another password gets FATAL 28P01 and the end of the connection. On success
  /// ``letIn(serverVersion:processID:)`` is what should follow.
  public static func scram(password: String, iterations: Int32 = 4096) -> ScriptStep {
    ScriptStep("authenticate with SCRAM-SHA-256") { peer in
      try peer.send(BackendEncoder.authenticationSASL())
      guard let first = try peer.nextPassword().saslInitialResponse,
        let bare = String(decoding: first.data, as: UTF8.self).dropping("n,,"),
        let nonce = bare.dropping("n=,r=")
      else { throw ScriptFailure(.stepThrew("no SASLInitialResponse of SCRAM")) }

      let salt = Array("scripted server's".utf8)
      let serverFirst =
        "r=\(nonce)scripted,s=\(String(decoding: Base64.encode(salt.span), as: UTF8.self)),"
        + "i=\(iterations)"
      try peer.send(BackendEncoder.authenticationSASLContinue(serverFirst))

      let final = String(decoding: try peer.nextPassword().body, as: UTF8.self)
      let parts = final.split(separator: ",p=", maxSplits: 1)
      guard parts.count == 2 else { throw ScriptFailure(.stepThrew("no SCRAM proof")) }
      let keys = try Keys(
        password: password, salt: salt, iterations: iterations,
        authMessage: "\(bare),\(serverFirst),\(parts[0])")
      guard try keys.accepts(proof: Array(parts[1].utf8)) else {
        try peer.send(
          BackendEncoder.errorResponse(
            severity: "FATAL", .invalidPassword, "password authentication failed"))
        peer.isClosed = true
        return
      }
      let signature = String(decoding: Base64.encode(keys.serverSignature.span), as: UTF8.self)
      try peer.send(BackendEncoder.authenticationSASLFinal("v=\(signature)"))
    }
  }
}

extension ScriptedPeer {
  fileprivate mutating func nextPassword() throws(ScriptFailure) -> PasswordMessage {
    let message = try next()
    guard case .password(let password) = message else {
      throw ScriptFailure(.unexpected(message))
    }
    return password
  }
}

/// What the server knows of the password, by the names of RFC 5802.
private struct Keys {
  let storedKey: [UInt8]
  let clientSignature: [UInt8]
  let serverSignature: [UInt8]

  init(password: String, salt: [UInt8], iterations: Int32, authMessage: String) throws {
    let password = Array(password.utf8)
    let message = Array(authMessage.utf8)
    let hashing = try PBKDF2(password: password.span, salt: salt.span, iterations: iterations)
    _ = try hashing.run(iterations)
    let salted = hashing.result.withBytes { $0.copied() }
    let clientKey = try Digest.hmacSHA256(key: salted.span, "Client Key".utf8.span)
    let serverKey = try Digest.hmacSHA256(key: salted.span, "Server Key".utf8.span)
    let storedKey = try Digest.sha256(clientKey.span)
    self.storedKey = storedKey
    clientSignature = try Digest.hmacSHA256(key: storedKey.span, message.span)
    serverSignature = try Digest.hmacSHA256(key: serverKey.span, message.span)
  }

  func accepts(proof text: [UInt8]) throws -> Bool {
    guard let proof = Base64.decode(text.span), proof.count == clientSignature.count else {
      return false
    }
    let clientKey = zip(proof, clientSignature).map { $0 ^ $1 }
    return try Digest.sha256(clientKey.span) == storedKey
  }
}

extension StringProtocol {
  fileprivate func dropping(_ prefix: String) -> String? {
    utf8.starts(with: prefix.utf8) ? String(dropFirst(prefix.count)) : nil
  }
}
