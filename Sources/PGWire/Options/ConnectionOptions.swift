/// The checked options for connecting to a server.
///
/// Read from a libpq URI, a `key=value` string and the environment, or given value by value. Once
/// made, the values are right in form: no text holds a zero byte, there are a host and a user.
///
///     let options = try ConnectionOptions(
///       hosts: [ConnectionHost("db1.example.com"), ConnectionHost("db2.example.com")],
///       user: "cdc", database: "shop", targetSession: .primary)
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-connect.html>
public struct ConnectionOptions: Sendable {
  /// The servers to try, in this order; at least one.
  public private(set) var hosts: [ConnectionHost]
  /// The role to connect as.
  public let user: String
  /// The password for all hosts, if one was given that is not empty.
  public internal(set) var password: Password?
  /// The database; the user's name unless another was given.
  public let database: String
  /// Which kind of server is wanted.
  public let targetSession: TargetSession
  /// In which order the servers are tried.
  public let hostOrder: HostOrder
  /// The oldest version of the protocol to accept.
  public let minimumProtocol: WireProtocolVersion
  /// The newest version of the protocol to ask for.
  public let maximumProtocol: WireProtocolVersion
  /// Whether and how the connection is encrypted, and which certificates count.
  public let tls: TLSOptions
  /// How the client authenticates, and what it requires of the server.
  public internal(set) var authentication: AuthenticationOptions
  /// Where a password comes from, for each connection and host; ``password`` is not used then.
  public var passwordProvider: SecretProvider?
  /// Where a bearer token comes from, for each connection.
  public var tokenProvider: SecretProvider?
  /// What the server shows in `pg_stat_activity` and `pg_stat_replication`.
  public let applicationName: String?
  /// Command-line options for the server, such as `-c statement_timeout=0`.
  public let serverOptions: String?
  /// How long connecting to one address may take, authentication included; `nil` for no limit.
  public package(set) var connectTimeout: Duration?
  /// How a dead peer is noticed on an idle connection.
  public let keepalive: TCPKeepalive
  /// How long sent data may stay unacknowledged, or `nil` for the operating system's choice.
  public let tcpUserTimeout: Duration?

  /// What a password file or provider says for each host, where no password was given for all.
  var hostPasswords: [Password?] = []
  /// Why a password file was not used.
  public internal(set) var ignoredPasswordFile: IgnoredPasswordFile?
  /// A server in this process, which is connected to whatever the hosts are.
  package var inProcessServer: (any InProcessServer)?

  /// Options given value by value.
  ///
  /// An empty text, and a time or count that is zero or negative, is the same as `nil`.
  ///
  /// - Parameters:
  ///   - hosts: The servers to try; at least one.
  ///   - database: The user's name if `nil`.
  ///   - maximumProtocol: What libpq asks for if `nil`: 3.0, or more where `minimumProtocol` is.
  ///   - tcpUserTimeout: Linux's `TCP_USER_TIMEOUT`, in whole milliseconds.
  /// - Throws: ``ConnectionOptionsError`` if a host or the user is empty, a port is 0, an address
  ///   is not an IP address, a host is an abstract socket or a list, a text holds a zero byte, or
  ///   options contradict each other.
  public init(
    hosts: [ConnectionHost],
    user: String,
    password: Password? = nil,
    database: String? = nil,
    targetSession: TargetSession = .any,
    hostOrder: HostOrder = .asGiven,
    minimumProtocol: WireProtocolVersion = .v30,
    maximumProtocol: WireProtocolVersion? = nil,
    tls: TLSOptions = TLSOptions(),
    authentication: AuthenticationOptions = AuthenticationOptions(),
    applicationName: String? = nil,
    serverOptions: String? = nil,
    connectTimeout: Duration? = nil,
    keepalive: TCPKeepalive = TCPKeepalive(),
    tcpUserTimeout: Duration? = nil
  ) throws(ConnectionOptionsError) {
    self.hosts = []
    self.user = user
    self.password = password?.withBytes { $0.isEmpty } == false ? password : nil
    self.database = database.nonEmpty ?? user
    self.targetSession = targetSession
    self.hostOrder = hostOrder
    self.minimumProtocol = minimumProtocol
    self.maximumProtocol = maximumProtocol ?? minimumProtocol
    self.tls = tls
    self.authentication = authentication
    self.applicationName = applicationName.nonEmpty
    self.serverOptions = serverOptions.nonEmpty
    self.connectTimeout = connectTimeout.positive
    self.keepalive = TCPKeepalive(
      isEnabled: keepalive.isEnabled, idle: keepalive.idle.positive,
      interval: keepalive.interval.positive, count: keepalive.count.positive)
    self.tcpUserTimeout = tcpUserTimeout.positive
    guard !hosts.isEmpty else { throw .missingHost }
    for host in hosts { self.hosts.append(try host.checked()) }
    try checkForm()
  }

  /// The port of a server if none was given.
  public static let defaultPort: UInt16 = 5432
}

extension ConnectionOptions {
  /// The same for only one of the hosts, or for another host in its place.
  ///
  /// - Parameter address: The address to connect to, if it is known already.
  package func pinned(toHost index: Int, address: String? = nil) -> ConnectionOptions {
    var pinned = self
    var host = hosts[index]
    if let address { host.address = address }
    pinned.hosts = [host]
    if hostPasswords.indices.contains(index) {
      pinned.password = password ?? hostPasswords[index]
      pinned.hostPasswords = []
    }
    return pinned
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

extension Duration? {
  fileprivate var positive: Duration? { flatMap { $0 > .zero ? $0 : nil } }
}

extension Int32? {
  fileprivate var positive: Int32? { flatMap { $0 > 0 ? $0 : nil } }
}
