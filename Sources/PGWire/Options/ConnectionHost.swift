/// One of the servers that a connection may be made to.
public struct ConnectionHost: Hashable, Sendable {
  /// A name, a literal address, or the absolute path of a Unix socket's directory.
  ///
  /// `nil` if there is an address alone.
  public var name: String?
  /// A literal address to connect to, without asking a resolver for the name: `hostaddr`.
  public var address: String?
  /// The TCP port, or the number in the Unix socket's name.
  public var port: UInt16

  /// A host by its name, by an address, or by a name that certificates are checked against and an
  /// address to connect to.
  ///
  /// - Parameters:
  ///   - name: A name, a literal address, or the absolute path of a Unix socket's directory.
  ///   - address: A literal address to connect to; `nil` to ask a resolver for the name.
  ///   - port: The TCP port, or the number in the Unix socket's name.
  public init(
    _ name: String? = nil, address: String? = nil, port: UInt16 = ConnectionOptions.defaultPort
  ) {
    self.name = name
    self.address = address
    self.port = port
  }

  /// Where to connect: at the address if there is one, or else at the name.
  ///
  /// A name that starts with `/` is the directory of the server's Unix socket.
  package var endpoint: Endpoint {
    if let address { return .tcpAddress(address, port: port) }
    let name = name ?? ""
    if name.utf8.first == UInt8(ascii: "/") {
      return .unixSocket(path: "\(name)/.s.PGSQL.\(port)")
    }
    return .tcp(host: name, port: port)
  }

  /// The name, or else the address: what a password file and a certificate call it.
  var nameOrAddress: String { name ?? address ?? "" }
}

extension ConnectionHost {
  /// The same with empty texts left out.
  var normalized: ConnectionHost {
    ConnectionHost(name.nonEmpty, address: address.nonEmpty, port: port)
  }

  /// Checks that a resolver or a socket could take it; its texts are normalized.
  func check() throws(ConnectionOptionsError) {
    guard !nameOrAddress.isEmpty else { throw .missingHost }
    guard port > 0 else { throw .invalidValue("port", expected: ConnectionOptions.portRange) }
    if let name {
      if name.utf8.first == UInt8(ascii: "@") {
        throw .invalidValue(
          ConnectionKey.host.name,
          expected:
            "a name, an address or an absolute directory; abstract sockets are not supported")
      }
      guard !name.utf8.contains(0) else {
        throw .invalidValue(ConnectionKey.host.name, expected: ConnectionOptions.noZeroByte)
      }
      guard !name.utf8.contains(UInt8(ascii: ",")) else {
        throw .invalidValue(
          ConnectionKey.host.name, expected: "one name in each host, without a comma")
      }
    }
    if let address { try Self.checkAddress(address) }
  }

  /// Distinguishes a name from an address; the system checks later whether the address is valid.
  private static func checkAddress(_ address: String) throws(ConnectionOptionsError) {
    guard !address.utf8.contains(0) else {
      throw .invalidValue(ConnectionKey.hostaddr.name, expected: ConnectionOptions.noZeroByte)
    }
    let isIPv6 = address.utf8.contains(UInt8(ascii: ":"))
    let isIPv4 = address.utf8.allSatisfy { byte in
      byte == UInt8(ascii: ".") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    guard isIPv6 || isIPv4, !address.utf8.contains(UInt8(ascii: ",")) else {
      throw .invalidValue(
        ConnectionKey.hostaddr.name, expected: "an IPv4 or IPv6 address; use host for a name")
    }
  }
}
