/// An address of a server.
public struct NATSServer: Hashable, Sendable {
  /// A name or an address; one of IPv6 has no brackets.
  public var host: String
  /// The port, by default 4222.
  public var port: UInt16

  /// An address of a server.
  public init(host: String, port: UInt16 = 4222) {
    self.host = host
    self.port = port
  }
}

extension NATSServer: CustomStringConvertible {
  public var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  /// As the client library takes it; it has no user.
  var url: String { "nats://\(description)" }
}
