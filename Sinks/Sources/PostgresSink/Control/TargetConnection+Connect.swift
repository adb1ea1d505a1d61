internal import CSinkLibPQ
internal import ChangeSinks
internal import PGWire

/// Connecting: the hosts in their order, each with a limit of time.
///
/// libpq: <https://www.postgresql.org/docs/current/libpq-connect.html>
extension TargetConnection {
  /// Connects to the first host that lets us in.
  ///
  /// - Throws: ``/ChangeSinks/SinkError``, that of the last host.
  static func open(_ settings: TargetSettings) throws(SinkError) -> TargetConnection {
    var failure: SinkError?
    for host in try TargetHost.all(in: settings.connection) {
      do throws(SinkError) {
        return try open(settings, to: host)
      } catch {
        failure = error
      }
    }
    throw failure ?? SinkError(engine: "PostgreSQL", .fatal, "there is no host to connect to")
  }

  /// Connects to one host.
  ///
  /// - Parameter isObserver: Whether this connection only asks what another one is busy with; then
  ///   nobody asks what it is busy with itself.
  static func open(
    _ settings: TargetSettings, to host: TargetHost, isObserver: Bool = false
  ) throws(SinkError) -> TargetConnection {
    let settings = isObserver ? settings.ofObserver : settings
    let texts = TextList(settings.keywords(host))
    let started = unsafe csinkpq_connect(texts.bytes, texts.places, texts.count)
    guard let started = unsafe started else {
      throw SinkError(engine: host.engine, .transient, "connecting failed: out of memory")
    }
    let opened = unsafe TargetConnection(connection: started, settings: settings, host: host)
    unsafe csinkpq_drop_notices(started)
    // Only the verbose form of libpq's text has the SQLSTATE.
    unsafe PQsetErrorVerbosity(started, PQERRORS_VERBOSE)
    try opened.finishConnecting()
    unsafe PQsetErrorVerbosity(started, PQERRORS_DEFAULT)
    guard unsafe PQsetnonblocking(started, 1) == 0 else { throw opened.lost }
    return opened
  }

  private func finishConnecting() throws(SinkError) {
    guard unsafe PQstatus(connection) != CONNECTION_BAD else { throw refused }
    let end = ContinuousClock.now + settings.timeout
    var writes = true
    while true {
      let left = end - ContinuousClock.now
      guard left > .zero else {
        throw SinkError(
          engine: engine, .transient, "connecting failed: no answer within \(settings.timeout)")
      }
      let ready = csinkpq_wait(
        unsafe PQsocket(connection), writes ? 0 : 1, writes ? 1 : 0, left.pollMilliseconds)
      guard ready >= 0 else { throw lost }
      if ready == 0 { continue }
      switch unsafe PQconnectPoll(connection) {
      case PGRES_POLLING_OK: return
      case PGRES_POLLING_READING: writes = false
      case PGRES_POLLING_WRITING: writes = true
      default: throw refused
      }
    }
  }

  private var refused: SinkError {
    let failure = TargetFailure(connecting: message)
    guard failure.code.isEmpty, unsafe PQconnectionNeedsPassword(connection) == 1 else {
      return failure.error(engine, activity)
    }
    return SinkError(engine: engine, .needsOperator, "connecting failed: a password is needed")
  }
}

extension TargetSettings {
  /// Those of a connection that may be silent for the time-out and no longer.
  fileprivate var ofObserver: TargetSettings {
    TargetSettings(
      connection: connection, password: password, timeout: timeout, statementTimeout: .zero,
      applicationName: applicationName)
  }

  /// Keywords and values in turn, where later ones count.
  fileprivate func keywords(_ host: TargetHost) -> [String?] {
    let milliseconds = max(timeout.pollMilliseconds, 1)
    var list: [String?] = ["fallback_application_name", applicationName]
    // Unacknowledged bytes break the connection; libpq leaves it out where the system can't.
    list += ["tcp_user_timeout", "\(milliseconds)", "dbname", connection]
    for (keyword, value) in host.keywords.sorted(by: { $0.key < $1.key }) {
      list += [keyword, value]
    }
    if let password { list += ["password", password] }
    list += ["client_encoding", "UTF8"]
    return list
  }
}
