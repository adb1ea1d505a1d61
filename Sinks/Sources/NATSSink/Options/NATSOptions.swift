/// How a ``NATSEngine`` reaches its servers, and the stream that it writes into.
///
///     var options = try NATSOptions("nats://connector@n1:4222,nats://n2:4222")
///     options.authentication = .user("connector", password: .file("/run/secrets/nats"))
///     options.stream.replicas = 3
public struct NATSOptions: Hashable, Sendable {
  /// Servers of one cluster, of which any that answers is taken.
  public var servers: [NATSServer]
  /// Who connections are made as.
  public var authentication = NATSAuthentication.none
  /// How connections are encrypted.
  public var tls = NATSTLS()
  /// The stream.
  public var stream = NATSStreamOptions()
  /// The JetStream domain; `nil` for the one of the server that it is connected to.
  public var domain: String?
  /// What the subjects of replies begin with; an account may allow no others.
  public var inboxPrefix = "_INBOX"
  /// What the server's list of connections calls this one.
  public var connectionName = "swift-postgres-replication"
  /// How long to wait for a connection, and for each answer.
  public var timeout = Duration.seconds(30)
  /// How many messages may be without an acknowledgement before the next is published; 50,000 at
  /// most.
  public var maxPending = 2000

  /// Options for servers, with the defaults for all else.
  public init(servers: [NATSServer]) {
    self.servers = servers
  }

  /// How errors call the engine.
  var engineName: String {
    "NATS at \(servers.map(\.description).joined(separator: ", "))"
  }
}
