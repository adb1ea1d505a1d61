public import ChangeSinks
public import Logging
internal import PGWire

/// How to reach a server of Redis or Valkey, and how records are written into its streams.
public struct RedisOptions: Sendable {
  /// Where the server is.
  public var address: RedisAddress
  /// The user to log in as; the default user if `nil`.
  ///
  /// Since Redis 6.
  public var user: String?
  /// The user's password; `nil` if it needs none.
  public var password: RedisPassword?
  /// The number of the database.
  public var database = 0

  /// What the names of all keys begin with: those of streams, which are followed by the topic, and
  /// that of the state, which is followed by `pgcdc:` and the slot's name.
  ///
  /// Sinks of several databases that have tables of the same name need different prefixes. In a
  /// cluster it needs a part in braces, `{shop}:`, so that all keys are on the same node.
  public var prefix = ""
  /// The names of the fields that entries have.
  public var fields = RedisFieldNames()
  /// About how many entries a stream keeps: `MAXLEN ~`; `nil` for all.
  ///
  /// Older ones are removed, whether they were read or not.
  public var maximumLength: Int?

  /// Refuse a server that may lose what it has acknowledged when it crashes.
  ///
  /// With `false` nothing is checked, and nobody waits for the server's disk: for a server that is
  /// durable in another way, or if a loss is acceptable. See ``/RedisSink``.
  public var requiresDurability = true
  /// How many replicas must have a batch before it is acknowledged.
  ///
  /// Command: `WAIT`. A replica may still lose it if it is not durable itself.
  public var replicas = 0

  /// How long to wait for a connection, and for each answer.
  public var timeout = Duration.seconds(30)
  /// The log for what is noticed about the server.
  public var logger = Logger(label: "swift-postgres-replication")

  /// Options for a server, without a password.
  public init(host: String = "localhost", port: UInt16 = 6379) {
    address = .host(host, port: port)
  }

  /// Options for a server at a Unix socket.
  public init(unixSocket path: String) {
    address = .unixSocket(path)
  }

  /// Options from a URL: `redis://user:password@host:6379/0` or `unix://user:password@/path?db=0`.
  ///
  /// All parts but the scheme may be missing: the host is then `localhost`, the port 6379. `valkey`
  /// means the same as `redis`. What has a meaning in a URL is percent-encoded in user, password
  /// and path.
  ///
  /// - Throws: ``/ChangeSinks/SinkError`` if it is another text, or asks for TLS (`rediss`), which
  ///   hiredis 0.14 does not have.
  public init(url: String) throws(SinkError) {
    let parts: RedisURL
    do throws(RedisURL.Fault) {
      parts = try RedisURL(url)
    } catch {
      throw SinkError(engine: "Redis", .fatal, "the URL of the server: \(error.reason)")
    }
    address = parts.address
    user = parts.user
    password = parts.password.map { RedisPassword.text($0) }
    database = parts.database
  }

  /// The key of the state of a slot.
  func stateKey(of slot: String) -> String { "\(prefix)pgcdc:\(slot)" }

  /// The key of the stream for a topic.
  func streamKey(of topic: String) -> String { prefix + topic }
}
