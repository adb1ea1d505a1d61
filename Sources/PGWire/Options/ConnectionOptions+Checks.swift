extension ConnectionOptions {
  static let portRange = "a number from 1 to 65535"
  static let noZeroByte = "text without a zero byte"

  /// Checks what can be found wrong before anything is sent.
  package func check() throws(ConnectionOptionsError) {
    guard !hosts.isEmpty else { throw .missingHost }
    for host in hosts { try host.check() }
    guard !user.isEmpty else { throw .missingUser }
    let texts: [(key: ConnectionKey, text: String?)] = [
      (.user, user), (.dbname, database), (.applicationName, applicationName),
      (.options, serverOptions),
    ]
    for (key, text) in texts where text?.utf8.contains(0) == true {
      throw .invalidValue(key.name, expected: Self.noZeroByte)
    }
    if let password, password.hasZeroByte {
      throw .invalidValue(ConnectionKey.password.name, expected: Self.noZeroByte)
    }
    guard minimumProtocol <= maximumProtocol else {
      throw .invalidValue(
        ConnectionKey.minProtocolVersion.name,
        expected: "a version that is not above max_protocol_version")
    }
    try tls.check()
    try authentication.check()
  }
}
