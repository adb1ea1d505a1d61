import PGWire
import Testing

/// RFC 7677, section 3, and the same without the user's name, as PostgreSQL's clients send it.
private enum Vector {
  static let password = Password("pencil")
  static let nonce = "rOprNGfwEbeRWgbNEkqO"
  static let fullNonce = #"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"#
  static let salt = "W22ZaJ0SNY7soEsUEjb6gQ=="
  static let serverFirst = "r=\(fullNonce),s=\(salt),i=4096"
  static let serverFinal = "v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="
}

extension SCRAMExchange {
  fileprivate mutating func answer(_ serverFirst: String) throws(AuthenticationError) -> String {
    let bytes = Array(serverFirst.utf8)
    let final = try clientFinal(
      answering: bytes.span, secret: SCRAMSecret(password: Vector.password))
    return String(decoding: final, as: UTF8.self)
  }

  fileprivate mutating func verify(_ serverFinal: String) throws(AuthenticationError) {
    let bytes = Array(serverFinal.utf8)
    try verify(serverFinal: bytes.span)
  }
}

@Suite struct SCRAMExchangeTests {
  @Test(
    arguments: [
      (
        "user", "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
        "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
      ),
      (
        "", "qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=",
        "3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg="
      ),
    ])
  func `proves and verifies the RFC's example`(user: String, proof: String, signature: String)
    throws
  {
    var exchange = SCRAMExchange(nonce: Vector.nonce, user: user)
    #expect(exchange.mechanism == "SCRAM-SHA-256")
    #expect(
      String(decoding: exchange.clientFirst, as: UTF8.self) == "n,,n=\(user),r=\(Vector.nonce)")
    let final = try exchange.answer(Vector.serverFirst)
    #expect(final == "c=biws,r=\(Vector.fullNonce),p=\(proof)")
    try exchange.verify("v=\(signature)")
  }

  @Test(
    arguments: [
      (.none, "n,,", "biws", "SCRAM-SHA-256"),
      (.notOffered, "y,,", "eSws", "SCRAM-SHA-256"),
      (
        .tlsServerEndPoint(certificateHash: [1, 2, 3]), "p=tls-server-end-point,,",
        "cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAQID", "SCRAM-SHA-256-PLUS"
      ),
    ] as [(SCRAMExchange.ChannelBinding, String, String, String)])
  func `says how it is bound`(
    binding: SCRAMExchange.ChannelBinding, header: String, encoded: String, mechanism: String
  ) throws {
    var exchange = SCRAMExchange(nonce: Vector.nonce, channelBinding: binding)
    #expect(exchange.mechanism == mechanism)
    #expect(
      String(decoding: exchange.clientFirst, as: UTF8.self) == "\(header)n=,r=\(Vector.nonce)")
    #expect(try exchange.answer(Vector.serverFirst).hasPrefix("c=\(encoded),r="))
  }

  @Test func `escapes a user's name`() {
    let exchange = SCRAMExchange(nonce: "x", user: "a=b,c")
    #expect(String(decoding: exchange.clientFirst, as: UTF8.self) == "n,,n=a=3Db=2Cc,r=x")
  }

  @Test(
    arguments: [
      ("", .malformedMessage(step: .serverFirst, problem: .missingAttribute("r"))),
      (
        "s=\(Vector.salt),i=1",
        .malformedMessage(step: .serverFirst, problem: .missingAttribute("r"))
      ),
      (
        "m=x,\(Vector.serverFirst)",
        .malformedMessage(step: .serverFirst, problem: .missingAttribute("r"))
      ),
      (
        "r=\(Vector.fullNonce)",
        .malformedMessage(step: .serverFirst, problem: .missingAttribute("s"))
      ),
      (
        "r=\(Vector.fullNonce),i=1,s=\(Vector.salt)",
        .malformedMessage(step: .serverFirst, problem: .missingAttribute("s"))
      ),
      (
        "r=\(Vector.fullNonce),s=\(Vector.salt)",
        .malformedMessage(step: .serverFirst, problem: .missingAttribute("i"))
      ),
      ("\(Vector.serverFirst),x=1", .malformedMessage(step: .serverFirst, problem: .trailingData)),
      ("\(Vector.serverFirst),", .malformedMessage(step: .serverFirst, problem: .trailingData)),
      ("\(Vector.serverFirst)\0", .malformedMessage(step: .serverFirst, problem: .zeroByte)),
      ("r=\(Vector.nonce),s=\(Vector.salt),i=1", .nonceMismatch),
      ("r=,s=\(Vector.salt),i=1", .nonceMismatch),
      ("r=x\(Vector.fullNonce),s=\(Vector.salt),i=1", .nonceMismatch),
      ("r=ROprNGfwEbeRWgbNEkqOxx,s=\(Vector.salt),i=1", .nonceMismatch),
      (
        "r=\(Vector.fullNonce) ,s=\(Vector.salt),i=1",
        .malformedMessage(step: .serverFirst, problem: .invalidAttribute("r"))
      ),
      ("e=other-error", .serverRefused(reason: "other-error")),
    ] as [(String, AuthenticationError)])
  func `refuses a bad first message`(message: String, error: AuthenticationError) {
    var exchange = SCRAMExchange(nonce: Vector.nonce)
    #expect(throws: error) { try exchange.answer(message) }
    #expect(throws: AuthenticationError.unexpectedMessage(step: .serverFirst)) {
      try exchange.answer(Vector.serverFirst)
    }
  }

  @Test(arguments: [
    "", "W22Z=", "W22ZaJ0SNY7soEsUEjb6gQ=", "W22ZaJ0SNY7soEsUEjb6gR==", "W2 Z", "====",
  ])
  func `refuses a bad salt`(salt: String) {
    var exchange = SCRAMExchange(nonce: Vector.nonce)
    #expect(
      throws: AuthenticationError.malformedMessage(
        step: .serverFirst, problem: .invalidAttribute("s"))
    ) { try exchange.answer("r=\(Vector.fullNonce),s=\(salt),i=4096") }
  }

  @Test(arguments: ["", "0", "-1", "+1", "1x", " 1", "01", "1.0", "٣"])
  func `refuses an iteration count that is none`(count: String) {
    var exchange = SCRAMExchange(nonce: Vector.nonce)
    #expect(
      throws: AuthenticationError.malformedMessage(
        step: .serverFirst, problem: .invalidAttribute("i"))
    ) { try exchange.answer("r=\(Vector.fullNonce),s=\(Vector.salt),i=\(count)") }
  }

  @Test(arguments: ["10000001", "2147483648", "99999999999999999999999999"])
  func `refuses an iteration count above its limit`(count: String) {
    var exchange = SCRAMExchange(nonce: Vector.nonce)
    #expect(throws: AuthenticationError.tooManyIterations(limit: 10_000_000)) {
      try exchange.answer("r=\(Vector.fullNonce),s=\(Vector.salt),i=\(count)")
    }
  }

  @Test func `takes a count at its limit`() throws {
    var exchange = SCRAMExchange(nonce: Vector.nonce, iterationLimit: 4096)
    _ = try exchange.answer(Vector.serverFirst)
    exchange = SCRAMExchange(nonce: Vector.nonce, iterationLimit: 4095)
    #expect(throws: AuthenticationError.tooManyIterations(limit: 4095)) {
      try exchange.answer(Vector.serverFirst)
    }
  }

  @Test(
    arguments: [
      ("", .malformedMessage(step: .serverFinal, problem: .missingAttribute("v"))),
      ("x=1", .malformedMessage(step: .serverFinal, problem: .missingAttribute("v"))),
      ("\(Vector.serverFinal),x=1", .malformedMessage(step: .serverFinal, problem: .trailingData)),
      ("\(Vector.serverFinal)\0", .malformedMessage(step: .serverFinal, problem: .zeroByte)),
      ("v=3HO6", .malformedMessage(step: .serverFinal, problem: .invalidAttribute("v"))),
      ("v=", .malformedMessage(step: .serverFinal, problem: .invalidAttribute("v"))),
      ("v=4HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=", .serverNotAuthentic),
      ("v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOk=", .serverNotAuthentic),
      ("e=invalid-proof", .serverRefused(reason: "invalid-proof")),
      ("e=a\nb,v=x", .serverRefused(reason: "ab")),
    ] as [(String, AuthenticationError)])
  func `refuses a bad last message`(message: String, error: AuthenticationError) throws {
    var exchange = SCRAMExchange(nonce: Vector.nonce)
    _ = try exchange.answer(Vector.serverFirst)
    #expect(throws: error) { try exchange.verify(message) }
    #expect(throws: AuthenticationError.unexpectedMessage(step: .serverFinal)) {
      try exchange.verify(Vector.serverFinal)
    }
  }

  /// Where a cut leaves a shorter count, the message is a valid one, of another exchange.
  @Test func `refuses messages cut anywhere`() throws {
    for end in Vector.serverFirst.indices.dropLast(3) {
      var exchange = SCRAMExchange(nonce: Vector.nonce)
      let cut = String(Vector.serverFirst[..<end])
      #expect(throws: AuthenticationError.self, "\(cut)") { try exchange.answer(cut) }
    }
    for end in Vector.serverFinal.indices {
      var exchange = SCRAMExchange(nonce: Vector.nonce)
      _ = try exchange.answer(Vector.serverFirst)
      #expect(throws: AuthenticationError.self) {
        try exchange.verify(String(Vector.serverFinal[..<end]))
      }
    }
  }

  @Test func `refuses a last message that comes first`() {
    var exchange = SCRAMExchange(nonce: Vector.nonce)
    #expect(throws: AuthenticationError.unexpectedMessage(step: .serverFinal)) {
      try exchange.verify(Vector.serverFinal)
    }
  }

  @Test func `makes nonces of its own that differ`() throws {
    let nonces = (SCRAMExchange.randomNonce(), SCRAMExchange.randomNonce())
    #expect(nonces.0 != nonces.1)
    #expect(nonces.0.utf8.count == 24)
    #expect(!nonces.0.contains(","))
  }

  @Test func `keeps secrets out of its errors`() {
    let errors: [AuthenticationError] = [
      .passwordRequired, .nonceMismatch, .serverNotAuthentic, .tooManyIterations(limit: 1),
      .serverRefused(reason: "r"), .unexpectedMessage(step: .serverFinal),
      .malformedMessage(step: .serverFirst, problem: .invalidAttribute("s")),
      .cryptography(operation: "MD5", reason: "unsupported"),
    ]
    #expect(errors.allSatisfy { !$0.description.contains("\n") && $0.description.count > 20 })
  }
}
