/// The options for connecting to a server.
///
/// Read from a libpq URI, a `key=value` string and the environment, or given value by value: what
/// every connection needs with the initializer, and the rest as properties.
///
///     var options = try ConnectionOptions(host: "db1.example.com", user: "cdc", database: "shop")
///     options.hosts.append(ConnectionHost("db2.example.com"))
///     options.targetSession = .primary
///     options.tls.mode = .verifyFull
///
/// The initializers check their values at once. Properties that are set later are checked when a
/// connection is made. An empty text, and a time or count that is zero or negative, is the same as
/// `nil`.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-connect.html>
public struct ConnectionOptions: Sendable {
  /// The servers to try, in this order; at least one.
  ///
  /// A password file is read for the hosts of the connection string; set ``password`` or
  /// ``passwordProvider`` for hosts that are added or changed afterwards.
  public var hosts: [ConnectionHost] { didSet { hosts = hosts.map(\.normalized) } }
  /// The role to connect as.
  public let user: String
  /// The password for all hosts, if there is one.
  public var password: Password? { didSet { password = password.nonEmpty } }
  /// The database; the user's name unless another was given.
  public let database: String
  /// Which kind of server is wanted.
  public var targetSession = TargetSession.any
  /// In which order the servers are tried.
  public var hostOrder = HostOrder.asGiven
  /// The oldest version of the protocol to accept.
  ///
  /// Setting it raises ``maximumProtocol`` to the same version, if that is older.
  public var minimumProtocol = WireProtocolVersion.v30 {
    didSet { maximumProtocol = max(maximumProtocol, minimumProtocol) }
  }
  /// The newest version of the protocol to ask for: 3.0 as in libpq, unless another is set.
  public var maximumProtocol = WireProtocolVersion.v30
  /// Whether and how the connection is encrypted, and which certificates count.
  public var tls = TLSOptions()
  /// How the client authenticates, and what it requires of the server.
  public var authentication = AuthenticationOptions()
  /// Where a password comes from, for each connection and host; ``password`` is not used then.
  public var passwordProvider: SecretProvider?
  /// Where a bearer token comes from, for each connection.
  public var tokenProvider: SecretProvider?
  /// What the server shows in `pg_stat_activity` and `pg_stat_replication`.
  public var applicationName: String? { didSet { applicationName = applicationName.nonEmpty } }
  /// Command-line options for the server, such as `-c statement_timeout=0`.
  public var serverOptions: String? { didSet { serverOptions = serverOptions.nonEmpty } }
  /// How long connecting to one address may take, authentication included; `nil` for no limit.
  public var connectTimeout: Duration? { didSet { connectTimeout = connectTimeout.positive } }
  /// How a dead peer is noticed on an idle connection.
  public var keepalive = TCPKeepalive() { didSet { keepalive = keepalive.normalized } }
  /// How long sent data may stay unacknowledged, or `nil` for the operating system's choice:
  /// Linux's `TCP_USER_TIMEOUT`, in whole milliseconds.
  public var tcpUserTimeout: Duration? { didSet { tcpUserTimeout = tcpUserTimeout.positive } }

  /// What a password file or provider says for a host, where no password was given for all.
  var hostPasswords: [ConnectionHost: Password] = [:]
  /// Why a password file was not used.
  public internal(set) var ignoredPasswordFile: IgnoredPasswordFile?
  /// A server in this process, which is connected to whatever the hosts are.
  package var inProcessServer: (any InProcessServer)?

  /// Options for one server; set the rest afterwards, further ``hosts`` included.
  ///
  /// - Parameters:
  ///   - host: A name, a literal address, or the absolute path of a Unix socket's directory.
  ///   - port: The TCP port, or the number in the Unix socket's name.
  ///   - user: The role to connect as.
  ///   - password: The role's password; `nil` if it needs none, or a provider has it.
  ///   - database: The user's name if `nil`.
  /// - Throws: ``ConnectionOptionsError`` if the host or the user is empty, the port is 0, the host
  ///   is an abstract socket or a list, or a text holds a zero byte.
  public init(
    host: String,
    port: UInt16 = ConnectionOptions.defaultPort,
    user: String,
    password: Password? = nil,
    database: String? = nil
  ) throws(ConnectionOptionsError) {
    try self.init(
      hosts: [ConnectionHost(host, port: port)], user: user, password: password,
      database: database)
  }

  /// The same for a list of servers.
  package init(
    hosts: [ConnectionHost], user: String, password: Password? = nil, database: String? = nil
  ) throws(ConnectionOptionsError) {
    self.hosts = hosts.map(\.normalized)
    self.user = user
    self.password = password.nonEmpty
    self.database = database.nonEmpty ?? user
    try check()
  }

  /// The port of a server if none was given.
  public static let defaultPort: UInt16 = 5432
}

extension ConnectionOptions {
  /// The first host's name, or its address if it has none; not for options without hosts.
  package var host: String { hosts[0].nameOrAddress }
  /// The first host's port.
  package var port: UInt16 { hosts[0].port }
  /// Where the first host is connected to.
  package var endpoint: Endpoint { hosts[0].endpoint }

  /// The same for only one of the hosts, or for another host in its place.
  ///
  /// - Parameter address: The address to connect to, if it is known already.
  package func pinned(toHost index: Int, address: String? = nil) -> ConnectionOptions {
    var pinned = self
    var host = hosts[index]
    pinned.password = password ?? hostPasswords[host]
    pinned.hostPasswords = [:]
    if let address { host.address = address }
    pinned.hosts = [host]
    return pinned
  }
}

extension ConnectionOptions {
  /// The same for the one of the hosts that was reached at a place; `nil` if it is none of them.
  package func pinned(to place: ConnectionHost) -> ConnectionOptions? {
    let index = hosts.firstIndex { host in
      host.name == place.name && host.port == place.port
        && (host.address == nil || host.address == place.address)
    }
    return index.map { pinned(toHost: $0, address: place.address) }
  }
}

extension ConnectionOptions: CustomStringConvertible {
  /// User, hosts, database and `sslmode`, for logs; neither the password nor the server options.
  public var description: String {
    let hosts = hosts.map { "\($0.endpoint)" }.joined(separator: ",")
    return "\(user)@\(hosts)/\(database) sslmode=\(tls.mode.rawValue)"
  }
}

extension String? {
  var nonEmpty: String? { self?.isEmpty == false ? self : nil }
}

extension Password? {
  var nonEmpty: Password? { self?.withBytes { $0.isEmpty } == false ? self : nil }
}

extension TCPKeepalive {
  fileprivate var normalized: TCPKeepalive {
    TCPKeepalive(
      isEnabled: isEnabled, idle: idle.positive, interval: interval.positive,
      count: count.positive)
  }
}

extension Duration? {
  fileprivate var positive: Duration? { flatMap { $0 > .zero ? $0 : nil } }
}

extension Int32? {
  fileprivate var positive: Int32? { flatMap { $0 > 0 ? $0 : nil } }
}
