/// What a session is opened with, besides the server's address.
package struct SessionSetup: Sendable {
  let startup: [StartupParameter]
  let limits: ConnectionLimits
  /// Whether it is an error if the server reports a setting with another value than was sent.
  let checksSettings: Bool
  let onNotice: (@Sendable (ServerError) -> Void)?

  package init(
    startup: [StartupParameter], limits: ConnectionLimits = ConnectionLimits(),
    checksSettings: Bool = true, onNotice: (@Sendable (ServerError) -> Void)? = nil
  ) {
    self.startup = startup
    self.limits = limits
    self.checksSettings = checksSettings
    self.onNotice = onNotice
  }
}

extension Session {
  /// Connects to the first acceptable host and goes through startup, until the server is ready for
  /// a query.
  package static func open(
    _ options: ConnectionOptions, _ setup: SessionSetup, interrupt: Interrupt
  ) throws(PGWireError) -> Session {
    try options.firstHost { (options, target) throws(PGWireError) in
      var session = try openHost(options, setup, interrupt: interrupt)
      do throws(PGWireError) {
        if setup.checksSettings { try session.checkSettings(setup) }
        try session.check(target)
      } catch {
        session.terminate()
        throw error
      }
      return session
    }
  }

  /// Tries the addresses of one host.
  ///
  /// The next address is tried if nobody accepts the connection, or if connecting takes too long;
  /// the timeout applies to the look-up of the name, and again to each address. Any other error of
  /// a server ends the attempts for its host.
  private static func openHost(
    _ options: ConnectionOptions, _ setup: SessionSetup, interrupt: Interrupt
  ) throws(PGWireError) -> Session {
    let timeout = options.connectTimeout
    let addresses = try addresses(options, interrupt: interrupt)
    var failures: [TransportError.ConnectFailure] = []
    for address in addresses {
      let deadline = timeout.map { MonotonicTime.now() + $0 }
      do throws(PGWireError) {
        return try openAddress(address, options, setup, interrupt, until: deadline)
      } catch .transport(.cannotConnect(_, let causes)) {
        failures += causes
      } catch .transport(.noAnswer(let awaited, _)) {
        failures.append(
          .init(address: address.description, errno: timedOutErrno, awaiting: awaited))
      }
    }
    let target = options.endpoint.description
    if failures.allSatisfy({ $0.errno == timedOutErrno }), timeout != nil {
      let awaited = failures.last?.awaiting ?? .connection
      throw .transport(.connectTimedOut(to: target, awaiting: awaited))
    }
    throw .transport(.cannotConnect(to: target, failures: failures))
  }

  private static func addresses(
    _ options: ConnectionOptions, interrupt: Interrupt
  ) throws(PGWireError) -> [SocketAddress] {
    do {
      let found = try SocketAddress.all(
        of: options.endpoint, interrupt: interrupt,
        until: options.connectTimeout.map { MonotonicTime.now() + $0 })
      return options.hostOrder == .random ? found.shuffled() : found
    } catch {
      throw .transport(error)
    }
  }

  /// Connects to one address, once for each way that is worth trying there.
  private static func openAddress(
    _ address: SocketAddress, _ options: ConnectionOptions, _ setup: SessionSetup,
    _ interrupt: Interrupt, until deadline: MonotonicTime?
  ) throws(PGWireError) -> Session {
    var ways = Ways(options)
    while true {
      do throws(PGWireError) {
        return try open(address, options, &ways, setup, interrupt, until: deadline)
      } catch {
        guard ways.isWorthAnother(after: error) else { throw ways.clearest(error) }
      }
    }
  }

  private static func open(
    _ address: SocketAddress, _ options: ConnectionOptions, _ ways: inout Ways,
    _ setup: SessionSetup, _ interrupt: Interrupt, until deadline: MonotonicTime?
  ) throws(PGWireError) -> Session {
    ways.begin()
    var machine = SessionMachine(
      startup: setup.startup,
      credentials: Credentials(
        user: options.user, password: options.password, authentication: options.authentication,
        nonce: SCRAMExchange.randomNonce(), isLocal: options.endpoint.isLocal),
      encryption: ways.plan.encryption, limits: setup.limits)
    machine.versions = min(options.minimumProtocol, ways.version)...ways.version
    let transport = try connect(address, options, interrupt, until: deadline)
    try transport.checkPeer(options)
    var session = Session(
      transport: transport, machine: machine, limits: setup.limits, interrupt: interrupt,
      tls: TLSTarget(options.tls, host: options.host), onNotice: setup.onNotice)
    session.server = options.withoutProvidedSecrets().pinned(
      toHost: 0, address: options.endpoint.isLocal ? nil : address.host)
    do throws(PGWireError) {
      try session.start(until: deadline)
    } catch {
      ways.failed(with: error, session)
      throw error
    }
    return session
  }

  /// A socket's connection; a failure is that of this one address.
  private static func connect(
    _ address: SocketAddress, _ options: ConnectionOptions, _ interrupt: Interrupt,
    until deadline: MonotonicTime?
  ) throws(PGWireError) -> Transport {
    do {
      return try Transport.connect(to: address, options, interrupt, until: deadline)
    } catch .lost(let errno) {
      let failure = TransportError.ConnectFailure(address: address.description, errno: errno)
      throw .transport(.cannotConnect(to: address.description, failures: [failure]))
    } catch {
      throw .transport(error)
    }
  }
  /// Makes sure that the settings that the server reports have the values that were sent.
  private func checkSettings(_ setup: SessionSetup) throws(PGWireError) {
    let pinned = [.clientEncoding] + PinnedSetting.forReplication
    for setting in pinned where setup.startup.contains(where: { $0.name == setting.name }) {
      guard let shown = machine.parameters[setting.name], !setting.isKept(as: shown) else {
        continue
      }
      throw .settingIgnored(setting.name, expected: setting.value, found: shown)
    }
  }

  /// Makes sure that the server is of the wanted kind.
  private mutating func check(_ target: TargetSession) throws(PGWireError) {
    let parameters = machine.parameters
    var kind = SessionKind { parameters[$0] }
    if case .ask(let question) = kind.judge(target) {
      let value = try query(question.sql.description).first?.rows.first?.first ?? nil
      guard let answer = question.answered(value) else { throw broken(.unexpectedMessage) }
      kind = answer
    }
    guard kind.judge(target) == .fits else { throw .wrongSession(wanted: target) }
  }
}

/// The ways that may be tried with one address: with and without TLS, and with which protocol.
private struct Ways {
  private(set) var plan: EncryptionPlan
  private(set) var version: WireProtocolVersion
  private let minimum: WireProtocolVersion
  private var isChanged = false
  private var isEncrypted = false
  private var firstError: PGWireError?

  init(_ options: ConnectionOptions) {
    plan = EncryptionPlan(options.tls, isLocal: options.endpoint.isLocal)
    version = options.maximumProtocol
    minimum = options.minimumProtocol
  }

  mutating func begin() {
    isChanged = false
  }

  /// Startup has failed there.
  mutating func failed(with error: PGWireError, _ session: borrowing Session) {
    let machine = session.machine
    isEncrypted = session.transport.isEncrypted
    isChanged = plan.failed(
      with: error, isEncrypted: session.transport.isEncrypted,
      credentialsShown: machine.hasShownCredentials)
    guard !isChanged, minimum == .v30, version > .v30, !machine.hasHeardOfAuthentication,
      error.mayBeAboutProtocolVersion
    else { return }
    version = .v30
    isChanged = true
  }

  mutating func isWorthAnother(after error: PGWireError) -> Bool {
    if isChanged { firstError = firstError ?? error }
    return isChanged
  }

  /// The most informative of the errors; both if the server refused both ways, since the last one
  /// alone looks like a TLS problem.
  func clearest(_ last: PGWireError) -> PGWireError {
    switch (firstError, last) {
    case (.server(let first)?, .server(let last)) where isEncrypted:
      .refusedBothWays(withTLS: last, withoutTLS: first)
    case (.server(let first)?, .server(let last)) where plan.encryption == .none:
      .refusedBothWays(withTLS: first, withoutTLS: last)
    case (_, .server), (_, .authentication): last
    default: firstError ?? last
    }
  }
}

extension PGWireError {
  /// Whether a peer that does not know protocol 3.2 may have answered so, before authentication.
  fileprivate var mayBeAboutProtocolVersion: Bool {
    switch self {
    case .transport(.closedByServer), .transport(.lost): true
    case .server(let error):
      error.sqlState == .protocolViolation || error.sqlState == .featureNotSupported
    default: false
    }
  }
}
