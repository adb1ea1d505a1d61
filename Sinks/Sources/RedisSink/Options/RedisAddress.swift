/// Where a server is.
@nonexhaustive public enum RedisAddress: Hashable, Sendable {
  /// A name or an address, and a port.
  case host(String, port: UInt16)
  /// The path of a Unix socket.
  case unixSocket(String)
}

extension RedisAddress: CustomStringConvertible {
  /// As errors name it: `localhost:6379`, `[::1]:6379` or a path.
  public var description: String {
    switch self {
    case .host(let name, let port): name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
    case .unixSocket(let path): path
    }
  }
}
