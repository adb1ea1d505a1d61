extension ConnectionOptions {
  static let portRange = "a number from 1 to 65535"

  /// Refuses what no resolver or socket could take.
  static func checkedHost(_ host: String) throws(ConnectionOptionsError) -> String {
    switch host.utf8.first {
    case nil: throw .missingHost
    case UInt8(ascii: "@"):
      throw .invalidValue(
        ConnectionKey.host.name,
        expected: "a name, an address or an absolute directory; abstract sockets are not supported")
    default: break
    }
    guard !host.utf8.contains(UInt8(ascii: ",")) else { throw .severalHosts("host") }
    return host
  }

  func checkForm() throws(ConnectionOptionsError) {
    guard !user.isEmpty else { throw .missingUser }
    guard port > 0 else { throw .invalidValue("port", expected: Self.portRange) }
    if let hostAddress { try Self.checkAddress(hostAddress) }

    let texts: [(key: ConnectionKey, text: String?)] = [
      (.host, host), (.user, user), (.dbname, database), (.hostaddr, hostAddress),
      (.applicationName, applicationName), (.options, serverOptions),
    ]
    for (key, text) in texts where text?.utf8.contains(0) == true {
      throw .invalidValue(key.name, expected: Self.noZeroByte)
    }
    if let password, password.hasZeroByte {
      throw .invalidValue(ConnectionKey.password.name, expected: Self.noZeroByte)
    }
    try tls.check()
    try authentication.check()
  }

  static let noZeroByte = "text without a zero byte"

  /// Tells a name from an address; whether the address is a valid one the system says later.
  private static func checkAddress(_ address: String) throws(ConnectionOptionsError) {
    let isIPv6 = address.utf8.contains(UInt8(ascii: ":"))
    let isIPv4 = address.utf8.allSatisfy { byte in
      byte == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    guard isIPv6 || isIPv4 else {
      throw .invalidValue(
        ConnectionKey.hostaddr.name, expected: "an IPv4 or IPv6 address; a name belongs into host")
    }
  }
}
