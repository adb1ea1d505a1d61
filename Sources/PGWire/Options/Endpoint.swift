/// Where a server listens.
package enum Endpoint: Hashable, Sendable {
  /// A name or a literal address, which the resolver turns into addresses.
  case tcp(host: String, port: UInt16)
  /// A literal IPv4 or IPv6 address, to be used without a resolver.
  case tcpAddress(String, port: UInt16)
  /// The path of a Unix socket.
  case unixSocket(path: String)
}

extension Endpoint {
  /// Whether it is a local socket and not a network address: such a connection never has TLS.
  package var isLocal: Bool {
    if case .unixSocket = self { true } else { false }
  }
}

extension Endpoint: CustomStringConvertible {
  /// `host:port`, with brackets around an IPv6 address, or the path.
  package var description: String {
    switch self {
    case .tcp(let host, let port), .tcpAddress(let host, let port):
      host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unixSocket(let path): path
    }
  }
}
