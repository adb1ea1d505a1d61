/// What one needs to know to connect to a server, checked.
///
/// Read from a libpq URI, a `key=value` string and the environment, or given value by value. Once
/// made, the values are right in form: no text holds a zero byte, the host and the user are there.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-connect.html>
public struct ConnectionOptions: Sendable {
  /// The server's name or address, or the directory of its Unix socket; never empty.
  public let host: String
  /// A literal address to connect to in place of what `host` resolves to.
  public let hostAddress: String?
  /// The TCP port, or the number in the Unix socket's name.
  public let port: UInt16
  /// The role to connect as.
  public let user: String
  /// The password, if one was given that is not empty.
  public let password: Password?
  /// The database; the user's name unless another was given.
  public let database: String
  /// Whether and how the connection is encrypted, and which certificates count.
  public let tls: TLSOptions
  /// How the client proves who it is, and what it demands of the server.
  public let authentication: AuthenticationOptions
  /// What the server shows in `pg_stat_activity` and `pg_stat_replication`.
  public let applicationName: String?
  /// Command-line options for the server, such as `-c statement_timeout=0`.
  public let serverOptions: String?
  /// How long connecting may take, authentication included, or `nil` for no limit.
  public let connectTimeout: Duration?
  /// How a dead peer is noticed on an idle connection.
  public let keepalive: TCPKeepalive
  /// How long sent data may stay unacknowledged, or `nil` for the operating system's choice.
  public let tcpUserTimeout: Duration?

  /// Options given value by value.
  ///
  /// An empty text, and a time or count that is zero or negative, is the same as `nil`.
  ///
  /// - Parameters:
  ///   - host: A name, a literal address, or the absolute path of a Unix socket's directory.
  ///   - hostAddress: A literal address to use without asking a resolver for `host`.
  ///   - database: The user's name if `nil`.
  ///   - tcpUserTimeout: Linux's `TCP_USER_TIMEOUT`, in whole milliseconds.
  /// - Throws: ``ConnectionOptionsError`` if host or user is empty, the port is 0, `hostAddress` is
  ///   no address, `host` is an abstract socket or a list, a text holds a zero byte, or options
  ///   about TLS contradict each other.
  public init(
    host: String,
    port: UInt16 = ConnectionOptions.defaultPort,
    user: String,
    password: Password? = nil,
    database: String? = nil,
    hostAddress: String? = nil,
    tls: TLSOptions = TLSOptions(),
    authentication: AuthenticationOptions = AuthenticationOptions(),
    applicationName: String? = nil,
    serverOptions: String? = nil,
    connectTimeout: Duration? = nil,
    keepalive: TCPKeepalive = TCPKeepalive(),
    tcpUserTimeout: Duration? = nil
  ) throws(ConnectionOptionsError) {
    self.host = try Self.checkedHost(host)
    self.port = port
    self.user = user
    self.password = password?.withBytes { $0.isEmpty } == false ? password : nil
    self.database = database.nonEmpty ?? user
    self.hostAddress = hostAddress.nonEmpty
    self.tls = tls
    self.authentication = authentication
    self.applicationName = applicationName.nonEmpty
    self.serverOptions = serverOptions.nonEmpty
    self.connectTimeout = connectTimeout.positive
    self.keepalive = TCPKeepalive(
      isEnabled: keepalive.isEnabled, idle: keepalive.idle.positive,
      interval: keepalive.interval.positive, count: keepalive.count.positive)
    self.tcpUserTimeout = tcpUserTimeout.positive
    try checkForm()
  }

  /// The port of a server that was not told otherwise.
  public static let defaultPort: UInt16 = 5432
}

extension ConnectionOptions: CustomStringConvertible {
  /// Who, where and how, for logs; neither the password nor the server options.
  public var description: String {
    "\(user)@\(endpoint)/\(database) sslmode=\(tls.mode.rawValue)"
  }
}

extension String? {
  fileprivate var nonEmpty: String? { self?.isEmpty == false ? self : nil }
}

extension Duration? {
  fileprivate var positive: Duration? { flatMap { $0 > .zero ? $0 : nil } }
}

extension Int32? {
  fileprivate var positive: Int32? { flatMap { $0 > 0 ? $0 : nil } }
}
