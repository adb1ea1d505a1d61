extension ConnectionOptions {
  /// Options for one server, value by value; as the initializer with a list of hosts otherwise.
  ///
  /// - Parameters:
  ///   - host: A name, a literal address, or the absolute path of a Unix socket's directory.
  ///   - hostAddress: A literal address to use without asking a resolver for `host`.
  public init(
    host: String,
    port: UInt16 = ConnectionOptions.defaultPort,
    user: String,
    password: Password? = nil,
    database: String? = nil,
    hostAddress: String? = nil,
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
    try self.init(
      hosts: [ConnectionHost(host, address: hostAddress, port: port)], user: user,
      password: password, database: database, minimumProtocol: minimumProtocol,
      maximumProtocol: maximumProtocol, tls: tls, authentication: authentication,
      applicationName: applicationName, serverOptions: serverOptions,
      connectTimeout: connectTimeout, keepalive: keepalive, tcpUserTimeout: tcpUserTimeout)
  }

  /// The first host's name, or its address if it has none; never empty.
  public var host: String { hosts[0].nameOrAddress }
  /// The first host's literal address, if one was given.
  public var hostAddress: String? { hosts[0].address }
  /// The first host's port.
  public var port: UInt16 { hosts[0].port }
  /// Where the first host is connected to.
  package var endpoint: Endpoint { hosts[0].endpoint }
}
