import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder
private typealias Action = SessionMachine.Action

/// What leaves, and what does not, under `require_auth` and `channel_binding`.
@Suite struct AuthenticationPolicyTests {
  private static let plus = ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"]
  private static let token = "abc.DEF-1_2~3+4/5=="

  /// The answer to one request of the server.
  private func answer(
    _ request: [UInt8], _ options: AuthenticationOptions, tls: CertificateHash? = nil,
    password: String? = "pw", isLocal: Bool = false
  ) throws -> SessionMachine.Action {
    var machine = SessionMachine(
      startup: [],
      credentials: Credentials(
        user: "u", password: password.map { Password($0) }, authentication: options,
        nonce: "nonce", isLocal: isLocal), encryption: tls == nil ? .none : .direct)
    _ = machine.start()
    if let tls { _ = machine.tlsStarted(tls) }
    return try withMessage(request) { machine.receive($0) }
  }

  private func first(_ mechanism: String, _ header: String) -> SessionMachine.Action {
    .send(
      .saslInitialResponse(mechanism: mechanism, data: Array("\(header)n=,r=nonce".utf8)))
  }

  private func withToken(_ token: String) -> AuthenticationOptions {
    var options = AuthenticationOptions()
    options.oauth.token = Password(token)
    return options
  }

  private func fail(_ error: AuthenticationError) -> SessionMachine.Action {
    .fail(.authentication(error))
  }

  @Test func `binds where both sides can, and says y only where the server can't`() throws {
    let both = Backend.authenticationSASL(mechanisms: Self.plus)
    let plain = Backend.authenticationSASL()
    let hash = CertificateHash.hash([7])
    let none = CertificateHash.none(signature: "ED25519")
    let unbound = first("SCRAM-SHA-256", "n,,")
    for (binding, request, tls, expected) in [
      (.prefer, plain, nil, unbound), (.disable, plain, nil, unbound),
      (.prefer, both, hash, first("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,")),
      (.require, both, hash, first("SCRAM-SHA-256-PLUS", "p=tls-server-end-point,,")),
      (.prefer, plain, hash, first("SCRAM-SHA-256", "y,,")),
      (.disable, both, hash, unbound), (.disable, plain, hash, unbound),
      (.prefer, both, none, fail(.certificateCannotBeBound(signature: "ED25519"))),
      (.disable, both, none, unbound),
      // A list that somebody has shortened: the server knows better than "y", and refuses.
      (.prefer, plain, none, first("SCRAM-SHA-256", "y,,")),
      (.require, plain, nil, fail(.noChannelBinding(.noTLS))),
      (.require, plain, hash, fail(.noChannelBinding(.notOffered))),
      (.require, both, none, fail(.noChannelBinding(.certificate("ED25519")))),
      (.prefer, both, nil, fail(.bindingOfferedWithoutTLS)),
      (.disable, both, nil, fail(.bindingOfferedWithoutTLS)),
      (
        .prefer, Backend.authenticationSASL(mechanisms: ["SCRAM-SHA-256-PLUS"]), none,
        fail(.certificateCannotBeBound(signature: "ED25519"))
      ),
    ] as [(ChannelBinding, [UInt8], CertificateHash?, SessionMachine.Action)] {
      var options = AuthenticationOptions()
      options.channelBinding = binding
      #expect(try answer(request, options, tls: tls) == expected)
    }
  }

  @Test func `gives nothing to a server that can't bind, if it must`() throws {
    var options = AuthenticationOptions()
    options.channelBinding = .require
    for (request, method) in [
      (Backend.authenticationOk(), .none), (Backend.authenticationCleartextPassword(), .password),
      (Backend.authenticationMD5Password(salt: 1), .md5),
    ] as [([UInt8], AuthenticationMethod)] {
      #expect(
        try answer(request, options, tls: .hash([1])) == fail(.noChannelBinding(.method(method))))
    }
  }

  @Test func `gives nothing to a server that asks for what is not allowed`() throws {
    let requests: [AuthenticationMethod: [UInt8]] = [
      .none: Backend.authenticationOk(), .password: Backend.authenticationCleartextPassword(),
      .md5: Backend.authenticationMD5Password(salt: 1), .scramSHA256: Backend.authenticationSASL(),
      .oauth: Backend.authenticationSASL(mechanisms: ["OAUTHBEARER"]),
    ]
    for (method, request) in requests {
      for allowed in AuthenticationMethod.allCases {
        var options = withToken(Self.token)
        options.allowedMethods = [allowed]
        let action = try answer(request, options, isLocal: true)
        if allowed == method {
          if case .fail(let error) = action { Issue.record("\(method): \(error)") }
        } else {
          #expect(action == fail(.methodNotAllowed(method, allowed: [allowed.rawValue])))
        }
      }
    }
  }

  @Test func `sends a bearer token where one is asked for`() throws {
    let request = Backend.authenticationSASL(mechanisms: ["OAUTHBEARER"])
    let options = withToken(Self.token)
    let expected = "n,,\u{1}auth=Bearer \(Self.token)\u{1}\u{1}"
    let action = try answer(request, options, tls: .hash([1]))
    #expect(action == .send(.bearerToken(SecretBytes(Array(expected.utf8)))))
    #expect(try answer(request, options, isLocal: true) == action)
    #expect(try answer(request, options, tls: .none(signature: "ED25519")) == action)
    #expect(!"\(action) \(String(reflecting: action))".contains("abc"))
    // Anyone on the way could read it, and use it.
    #expect(try answer(request, options) == fail(.tokenNeedsTLS))
    #expect(
      try answer(request, AuthenticationOptions(), isLocal: true) == fail(.tokenRequired))
    for bad in ["a b", "a\u{1}b", "", "=", "a=b", "ü"] {
      #expect(try answer(request, withToken(bad), isLocal: true) == fail(.malformedToken))
    }
  }

  @Test func `hears why a token was refused`() throws {
    var machine = SessionMachine(
      startup: [],
      credentials: Credentials(
        user: "u", password: nil,
        authentication: withToken("t"), nonce: "nonce", isLocal: true))
    _ = machine.start()
    _ = try withMessage(Backend.authenticationSASL(mechanisms: ["OAUTHBEARER"])) {
      machine.receive($0)
    }
    let reason = Backend.authenticationSASLContinue(#"{"status":"invalid_token"}"#)
    #expect(try withMessage(reason) { machine.receive($0) } == .send(.saslResponse([1])))
    // A server that lets us in after all has not made up its mind.
    var confused = machine
    #expect(
      try withMessage(Backend.authenticationOk()) { confused.receive($0) }
        == fail(.exchangeUnfinished))
    let refusal = ServerError.made(severity: "FATAL", .invalidPassword, "no")
    #expect(
      try withMessage(Backend.errorResponse(refusal)) { machine.receive($0) }
        == .fail(.server(refusal)))
  }

  @Test func `proves itself by SCRAM's keys in place of a password`() throws {
    let client: [UInt8] = [
      0xa6, 0x0f, 0xc9, 0x23, 0xd6, 0x7e, 0x86, 0x44, 0xa9, 0x2d, 0x16, 0xb9, 0x6e, 0xda, 0x5e,
      0xf4, 0x65, 0x6b, 0x0c, 0x72, 0x5c, 0x48, 0x43, 0x74, 0xbe, 0x25, 0x53, 0x55, 0x76, 0x99,
      0x6e, 0x8b,
    ]
    let server: [UInt8] = [
      0xc1, 0xf3, 0xcb, 0xc1, 0xc1, 0x3a, 0x9d, 0x35, 0xa1, 0x4c, 0x09, 0x90, 0xee, 0xd9, 0x76,
      0x29, 0xea, 0x22, 0x58, 0x63, 0xe5, 0x66, 0xa4, 0x31, 0x4a, 0xb9, 0x9f, 0x3f, 0x00,
      0xe5, 0xd9, 0xd5,
    ]
    // RFC 7677's example without the user's name.
    var exchange = SCRAMExchange(nonce: "rOprNGfwEbeRWgbNEkqO")
    let full = #"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"#
    let challenge = Array("r=\(full),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".utf8)
    let secret = SCRAMSecret(
      password: nil, clientKey: Password(bytes: client), serverKey: Password(bytes: server))
    let final = try exchange.clientFinal(answering: challenge.span, secret: secret)
    #expect(
      String(decoding: final, as: UTF8.self)
        == "c=biws,r=\(full),p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=")
    let signature = Array("v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=".utf8)
    try exchange.verify(serverFinal: signature.span)

    var alone = AuthenticationOptions()
    alone.scramClientKey = Password(bytes: client)
    #expect(
      try answer(Backend.authenticationSASL(), alone, password: nil) == fail(.serverKeyRequired))
  }
}
