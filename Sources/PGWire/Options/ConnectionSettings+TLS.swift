/// The keywords about TLS, as values.
extension ConnectionSettings {
  mutating func tlsOptions() throws(ConnectionOptionsError) -> TLSOptions {
    var tls = TLSOptions()
    tls.rootCertificates = try text(.sslrootcert).map { $0 == "system" ? .system : .file($0) }
    // With the system's authorities trusted, at least the name must be checked.
    let mode = tls.rootCertificates == .system ? SSLMode.verifyFull : .prefer
    tls.mode = try choice(.sslmode) ?? mode
    tls.negotiation = try choice(.sslnegotiation) ?? tls.negotiation
    tls.certificate = try text(.sslcert)
    tls.privateKey = try text(.sslkey)
    tls.privateKeyPassword = takeSecret(.sslpassword)
    tls.certificateMode = try choice(.sslcertmode) ?? tls.certificateMode
    tls.revocationList = try text(.sslcrl)
    tls.revocationDirectory = try text(.sslcrldir)
    tls.sendsServerName = try flag(.sslsni) ?? true
    if isNamed(.sslMinProtocolVersion) {
      tls.minimumVersion = try version(.sslMinProtocolVersion)
    }
    tls.maximumVersion = try version(.sslMaxProtocolVersion)
    return tls
  }

  /// A version of TLS, in upper or lower case; `nil` for an empty value.
  private func version(_ key: ConnectionKey) throws(ConnectionOptionsError) -> TLSVersion? {
    guard let name = try text(key) else { return nil }
    let known = TLSVersion.allCases.first { $0.rawValue.utf8.lowercased == name.utf8.lowercased }
    guard let known else { throw invalid(key, expected: Self.names(of: TLSVersion.self)) }
    return known
  }
}

extension ConnectionSettings {
  /// One of a set of words, or `nil` if the key is absent; an empty value is an error.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: ConnectionKey
  ) throws(ConnectionOptionsError) -> Choice? {
    guard isNamed(key) else { return nil }
    guard let choice = Choice(rawValue: try text(key) ?? "") else {
      throw invalid(key, expected: Self.names(of: Choice.self))
    }
    return choice
  }

  /// `1` or `0`; `nil` if the key is absent or empty.
  func flag(_ key: ConnectionKey) throws(ConnectionOptionsError) -> Bool? {
    switch try text(key) {
    case nil: nil
    case "1": true
    case "0": false
    default: throw invalid(key, expected: "0 or 1")
    }
  }

  /// Takes a secret out; `nil` if the key is absent or empty.
  mutating func takeSecret(_ key: ConnectionKey) -> Password? {
    guard let bytes = take(key), !bytes.isEmpty else { return nil }
    return Password(bytes: bytes)
  }

  static func names<Choice: RawRepresentable<String> & CaseIterable>(
    of type: Choice.Type
  ) -> String {
    "one of " + type.allCases.map(\.rawValue).joined(separator: ", ")
  }
}

extension String.UTF8View {
  /// With A to Z as a to z.
  var lowercased: [UInt8] {
    map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
  }
}
