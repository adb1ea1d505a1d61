import PGWire
import Testing

/// The options about TLS and authentication, as libpq 18 reads them.
@Suite struct SecurityOptionsTests {
  private func options(_ text: String) throws -> ConnectionOptions {
    try ConnectionOptions("host=h user=u " + text)
  }

  @Test func `have libpq's defaults`() throws {
    let tls = try options("").tls
    #expect(tls.mode == .prefer)
    #expect(tls.negotiation == .postgres)
    #expect(tls.rootCertificates == nil)
    #expect(tls.certificateMode == .allow)
    #expect(tls.sendsServerName)
    #expect(tls.minimumVersion == .tls12)
    #expect(tls.maximumVersion == nil)
    let authentication = try options("").authentication
    #expect(authentication.channelBinding == .prefer)
    #expect(authentication.allowedMethods == nil)
    #expect(authentication.oauth.issuer == nil && authentication.oauth.token == nil)
  }

  @Test func `take every key about TLS`() throws {
    let tls = try options(
      "sslmode=verify-ca sslnegotiation=direct sslrootcert=/ca sslcert=/c sslkey=/k sslpassword=p"
        + " sslcertmode=require sslcrl=/l sslcrldir=/d sslsni=0 ssl_min_protocol_version=tlsV1.3"
        + " ssl_max_protocol_version=TLSv1.3"
    ).tls
    #expect(tls.mode == .verifyCA)
    #expect(tls.negotiation == .direct)
    #expect(tls.rootCertificates == .file("/ca"))
    #expect(tls.certificate == "/c")
    #expect(tls.privateKey == "/k")
    #expect(tls.privateKeyPassword?.withBytes { $0.lossyString() } == "p")
    #expect(tls.certificateMode == .require)
    #expect(tls.revocationList == "/l")
    #expect(tls.revocationDirectory == "/d")
    #expect(!tls.sendsServerName)
    #expect(tls.minimumVersion == .tls13)
    #expect(tls.maximumVersion == .tls13)
  }

  @Test func `take every key about authentication`() throws {
    let key = String(repeating: "A", count: 43) + "="
    let authentication = try options(
      "channel_binding=require requirepeer=postgres scram_client_key=\(key) scram_server_key=\(key)"
        + " oauth_issuer=https://i oauth_client_id=c oauth_client_secret=s oauth_scope=o"
        + " oauth_ca_file=/f"
    ).authentication
    #expect(authentication.channelBinding == .require)
    #expect(authentication.requiredPeer == "postgres")
    let zeros = [UInt8](repeating: 0, count: 32)
    #expect(authentication.scramClientKey?.withBytes { $0.copied() } == zeros)
    #expect(authentication.scramServerKey?.withBytes { $0.copied() } == zeros)
    #expect(authentication.oauth.issuer == "https://i")
    #expect(authentication.oauth.clientID == "c")
    #expect(authentication.oauth.clientSecret?.withBytes { $0.lossyString() } == "s")
    #expect(authentication.oauth.scope == "o")
    #expect(authentication.oauth.authorityFile == "/f")
  }

  @Test(
    arguments: [
      ("''", nil), ("scram-sha-256", [.scramSHA256]), ("md5,none", [.md5, .none]),
      ("!none", [.password, .md5, .gss, .sspi, .scramSHA256, .oauth]),
      ("!password,!md5,!gss,!sspi", [.scramSHA256, .oauth, .none]),
    ] as [(String, Set<AuthenticationMethod>?)])
  func `take the methods that are allowed, or that are not`(
    text: String, methods: Set<AuthenticationMethod>?
  ) throws {
    #expect(try options("require_auth=\(text)").authentication.allowedMethods == methods)
  }

  @Test func `insist on the name where the system's authorities are trusted`() throws {
    #expect(try options("sslrootcert=system").tls.mode == .verifyFull)
    #expect(throws: ConnectionOptionsError.self) {
      try options("sslrootcert=system sslmode=require")
    }
  }

  @Test(
    arguments: [
      ("sslnegotiation", "direct sslmode=prefer", "sslmode"), ("sslnegotiation", "tls", nil),
      ("sslnegotiation", "''", nil), ("sslcertmode", "''", nil), ("sslcertmode", "yes", nil),
      ("sslsni", "true", nil), ("ssl_min_protocol_version", "TLSv2", nil),
      ("ssl_max_protocol_version", "TLSv1.1", "ssl_min_protocol_version"),
      ("channel_binding", "''", nil), ("channel_binding", "on", nil),
      ("require_auth", "md5,!none", nil), ("require_auth", "!md5,none", nil),
      ("require_auth", "md5,md5", nil), ("require_auth", "md5,", nil),
      ("require_auth", "peer", nil), ("require_auth", "!", nil), ("scram_client_key", "AAAA", nil),
      ("scram_server_key", "not base64", nil),
    ] as [(String, String, String?)])
  func `are refused by name`(key: String, value: String, culprit: String?) {
    let error = #expect(throws: ConnectionOptionsError.self) {
      try options(value.contains(" s") ? "\(key)=\(value)" : "\(key)=\(value.quotedValue)")
    }
    guard case .invalidValue(culprit ?? key, _) = error else {
      Issue.record("\(key)=\(value): \(String(describing: error))")
      return
    }
  }

  @Test func `are checked when they come one by one`() throws {
    _ = try ConnectionOptions(host: "h", user: "u", tls: TLSOptions(minimumVersion: nil))
    #expect(throws: ConnectionOptionsError.self) {
      try ConnectionOptions(host: "h", user: "u", tls: TLSOptions(rootCertificates: .system))
    }
    #expect(throws: ConnectionOptionsError.self) {
      try ConnectionOptions(
        host: "h", user: "u", authentication: AuthenticationOptions(scramClientKey: Password("x")))
    }
  }

  /// What could not be kept is refused by name before anything is opened.
  @Test func `are never ignored`() async throws {
    let options = try options("hostaddr=127.0.0.1 port=1 oauth_issuer=https://i")
    await #expect(throws: PGWireError.options(.unsupportedKey("oauth_issuer", accepted: []))) {
      try await WireConnection.connect(options)
    }
  }
}

extension String {
  /// It as a value in a `key=value` string; `''` stays what it is.
  fileprivate var quotedValue: String { self == "''" ? self : "'\(self)'" }
}
