internal import CReplicationLibPQ
internal import PGWire

/// Connecting, by the same rules as the stream: hosts in order, the addresses of each, a timeout
/// for each address.
extension ControlConnection {
  /// Connects to the first acceptable host.
  static func open(
    _ options: ConnectionOptions, interrupt: Interrupt
  ) throws(ControlError) -> ControlConnection {
    try options.firstHost { (options, target) throws(ControlError) in
      let control = try openHost(options, interrupt: interrupt)
      try control.verifySettings()
      try control.check(target)
      return control
    }
  }

  /// How long each address may take, unless `connect_timeout` is set.
  private static let connectTimeout = Duration.seconds(60)

  /// Tries the addresses of one host.
  ///
  /// We look up the name, since libpq's look-up can't be interrupted.
  private static func openHost(
    _ options: ConnectionOptions, interrupt: Interrupt
  ) throws(ControlError) -> ControlConnection {
    if options.inProcessServer != nil {
      return ControlConnection(
        try InProcessControl.open(options, interrupt: interrupt), server: options,
        interrupt: interrupt)
    }
    let timeout: Duration? = options.connectTimeout ?? connectTimeout
    let endpoint = options.endpoint
    var addresses: [String?] = [nil]
    if case .unixSocket = endpoint {
    } else {
      do {
        addresses = try SocketAddress.all(
          of: endpoint, interrupt: interrupt, until: timeout.map { MonotonicTime.now() + $0 }
        ).map(\.host)
      } catch {
        throw .transport(error)
      }
      if options.hostOrder == .random { addresses.shuffle() }
    }
    var last = ControlError.transport(.connectTimedOut(to: endpoint.description))
    for address in addresses {
      let control = try start(options, address: address, interrupt: interrupt)
      do throws(ControlError) {
        try control.finishConnecting(until: timeout.map { MonotonicTime.now() + $0 })
        return control
      } catch .transport(.connectTimedOut(_, let awaited)) {
        last = .transport(.connectTimedOut(to: endpoint.description, awaiting: awaited))
      } catch .unreachable(let words) {
        last = .unreachable(words)
      }
    }
    throw last
  }

  private static func start(
    _ options: ConnectionOptions, address: String?, interrupt: Interrupt
  ) throws(ControlError) -> ControlConnection {
    let linked = LinkedLibPQ()
    var text = linked.connectionString(try linked.known(controlSettings(options, address: address)))
    defer { wipe(&text) }
    let started = unsafe text.withUnsafeBytes { bytes in
      unsafe PQconnectStart(bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
    }
    guard let started = unsafe started else { throw .cannotConnect("out of memory") }
    return unsafe ControlConnection(
      connection: started, server: options.pinned(toHost: 0, address: address),
      interrupt: interrupt)
  }

  private func finishConnecting(until deadline: MonotonicTime?) throws(ControlError) {
    unsafe PQsetNoticeProcessor(connection, { _, _ in }, nil)
    // Only the verbose form of its text has the SQLSTATE.
    unsafe PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
    guard unsafe PQstatus(connection) != CONNECTION_BAD else {
      let service = Environment.variables(among: ["PGSERVICE"])
      throw service.isEmpty
        ? .unreachable(errorMessage) : .environment(service, reason: errorMessage)
    }
    var wanted: Readiness = .write
    var isChecked = false
    while true {
      do throws(ControlError) {
        try wait(for: wanted, until: deadline)
      } catch .transport(.timedOut) {
        let target = server.endpoint.description
        throw .transport(.connectTimedOut(to: target, awaiting: awaitedAtConnect))
      }
      let isReached = unsafe PQstatus(connection) != CONNECTION_STARTED
      // libpq reports it only as text, in the user's language.
      let isClosed = isReached && isClosedByPeer(unsafe PQsocket(connection))
      let handshake = unsafe ControlHandshake(connection)
      let progress = unsafe PQconnectPoll(connection)
      // libpq comes back between the handshake and the startup packet.
      if !isChecked { isChecked = try checkCertificate() }
      switch progress {
      case PGRES_POLLING_OK:
        unsafe PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        guard unsafe PQsetnonblocking(connection, 1) == 0 else { throw .lost(errorMessage) }
        return
      case PGRES_POLLING_READING: wanted = .read
      case PGRES_POLLING_WRITING: wanted = .write
      default:
        guard isReached else { throw .unreachable(errorMessage) }
        let hasBrokenOff = handshake.hasBrokenOff(errorMessage)
        throw isClosed || hasBrokenOff ? .lost(errorMessage) : connectError
      }
    }
  }

  /// The answer that the server owes while the connection is being made.
  private var awaitedAtConnect: AwaitedAnswer {
    switch unsafe PQstatus(connection) {
    case CONNECTION_STARTED: .connection
    case CONNECTION_SSL_STARTUP:
      unsafe PQsslInUse(connection) == 1 ? .tlsHandshake : .tlsAnswer
    case CONNECTION_AUTH_OK: .endOfStartup
    // It stays the same from the startup packet to the end of authentication.
    default:
      unsafe PQconnectionUsedPassword(connection) == 1 ? .authentication : .startupPacket
    }
  }

  /// libpq's error for a failed connect: only text, which may be the server's error.
  private var connectError: ControlError {
    let words = errorMessage
    if let error = ServerError(verboseText: words) {
      // libpq always sends these to the server.
      let passedOn = Environment.variables(among: ["PGDATESTYLE", "PGTZ", "PGGEQO"])
      return error.sqlState == .invalidParameterValue && !passedOn.isEmpty
        ? .environment(passedOn, reason: error.message) : .server(error)
    }
    if unsafe PQconnectionNeedsPassword(connection) == 1 {
      return .authentication(
        server.ignoredPasswordFile.map { .passwordFileIgnored($0) } ?? .passwordRequired)
    }
    // libpq has only text, and the wrong one for a key whose password is missing.
    if server.tls.mode != .disable, let problem = server.tls.fileProblem {
      return .transport(.tls(problem))
    }
    return .cannotConnect(words)
  }

  /// Checks that the server is of the wanted kind.
  private func check(_ target: TargetSession) throws(ControlError) {
    var kind = SessionKind { name in
      let value = unsafe PQparameterStatus(connection, name)
      return unsafe value.map { unsafe String(cString: $0) }
    }
    if case .ask(let question) = kind.judge(target) {
      let value = try rows("\(question.sql)").first?.only
      guard let answer = question.answered(value) else {
        throw .unexpectedResult("\(question.sql) returned no such value")
      }
      kind = answer
    }
    guard kind.judge(target) == .fits else { throw .wrongSession(wanted: target) }
  }
}
