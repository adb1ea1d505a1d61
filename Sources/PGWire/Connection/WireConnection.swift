/// A connection to a PostgreSQL server over protocol 3.0 or 3.2.
///
/// It authenticates, runs simple queries, takes the data of COPY, and opens CopyBoth. All waiting
/// is done on threads of the library. If the task is cancelled, the wait ends at once and the
/// connection is closed, because the answer would still be on the way. Only one call at a time: a
/// second one gets ``PGWireError/busy``.
///
///     let connection = try await WireConnection.connect(options, replication: .database)
///     let system = try await connection.query("IDENTIFY_SYSTEM")
///     await connection.close()
public final class WireConnection: Sendable {
  private let session: Lock<Session>
  /// Wakes the thread that holds the session.
  package let interrupt: Interrupt
  private let reported: Lock<[String: String]>

  /// The server's process that serves this connection.
  public let processID: Int32

  /// The version of the protocol in use.
  public let protocolVersion: WireProtocolVersion

  /// The options that it was opened with, for the one host and address that it reached.
  package let options: ConnectionOptions

  /// The settings that were verified for this session, by name, if the caller verifies them.
  package let verifiedSettings = Lock<[String: String]>([:])

  private init(
    _ session: consuming sending Session, _ options: ConnectionOptions, interrupt: Interrupt
  ) {
    self.options = session.server ?? options
    self.processID = session.machine.processID
    self.protocolVersion = session.machine.version ?? session.machine.versions.upperBound
    self.reported = Lock(session.machine.parameters)
    self.session = Lock(session)
    self.interrupt = interrupt
  }

  deinit {
    session.withLock { $0.terminate() }
  }

  /// Connects and authenticates.
  ///
  /// - Parameters:
  ///   - options: The server, the user and the password.
  ///   - replication: Whether the session accepts replication commands.
  ///   - settings: Settings for this session, by name; they are sent in the startup packet, and a
  ///     reload of the server's configuration does not touch them.
  ///   - limits: Limits to what the server can make this connection hold, compute and wait for.
  ///   - onNotice: Called with each NoticeResponse, on a thread of the library.
  /// - Throws: ``PGWireError``. A server that asks for no password is not an error.
  public static func connect(
    _ options: ConnectionOptions, replication: ReplicationMode = .off,
    settings: [String: String] = [:],
    limits: ConnectionLimits = ConnectionLimits(),
    onNotice: (@Sendable (ServerError) -> Void)? = nil
  ) async throws(PGWireError) -> WireConnection {
    try await connect(
      options, replication: replication, settings: settings, limits: limits, checksSettings: true,
      onNotice: onNotice)
  }

  /// The same for callers that verify the settings themselves.
  package static func connect(
    _ options: ConnectionOptions, replication: ReplicationMode = .off,
    settings: [String: String], limits: ConnectionLimits, checksSettings: Bool,
    onNotice: (@Sendable (ServerError) -> Void)? = nil
  ) async throws(PGWireError) -> WireConnection {
    try options.authentication.oauth.refuseDeviceFlow(hasProvider: options.tokenProvider != nil)
    let options = try await options.withProvidedSecrets()
    let interrupt: Interrupt
    do {
      interrupt = try Interrupt()
    } catch {
      throw .transport(error)
    }
    var startup = options.startupParameters(replication: replication).map {
      StartupParameter(name: $0.name, value: $0.value)
    }
    for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
      guard !name.isEmpty, !(name + value).utf8.contains(0) else {
        throw .unsupported("a session setting without a name, or with a zero byte in it")
      }
      startup.append(StartupParameter(name: name, value: value))
    }
    let setup = SessionSetup(
      startup: startup, limits: limits, checksSettings: checksSettings, onNotice: onNotice)
    do {
      return try await open(options, setup, interrupt: interrupt)
    } catch .authentication(.passwordRequired) {
      guard let ignored = options.ignoredPasswordFile else {
        throw .authentication(.passwordRequired)
      }
      throw .authentication(.passwordFileIgnored(ignored))
    }
  }

  private static func open(
    _ options: ConnectionOptions, _ setup: SessionSetup, interrupt: Interrupt
  ) async throws(PGWireError) -> WireConnection {
    try await OwnThread.run(interrupt: interrupt, failure: PGWireError.transport) {
      () throws(PGWireError) in
      let session = try Session.open(options, setup, interrupt: interrupt)
      return WireConnection(session, options, interrupt: interrupt)
    }
  }

  /// The value that the server last reported for a setting, such as `server_version` or `TimeZone`.
  ///
  /// - Returns: `nil` for a setting that servers do not report by themselves.
  public func parameter(_ name: String) -> String? {
    reported.withLock { $0[name] }
  }

  /// Runs one simple query; a walsender accepts replication commands as well.
  ///
  /// It ends with ``TransportError/noAnswer(_:after:)`` if the server is silent for
  /// ``ConnectionLimits/answerTimeout``.
  ///
  /// - Parameter sql: One statement, or several separated by semicolons.
  /// - Returns: A result for each statement, values as text.
  /// - Throws: ``PGWireError/server(_:)`` if the server refuses; the connection stays usable unless
  ///   the error is FATAL. COPY is ``PGWireError/unsupported(_:)``, and more than
  ///   ``ConnectionLimits/resultSize`` ``PGWireError/limitExceeded(_:limit:)``. When the task is
  ///   cancelled, also while rows arrive, the query is cancelled on the server, and the connection
  ///   is closed.
  ///
  /// Message: Query (`Q`).
  public func query(_ sql: String) async throws(PGWireError) -> [QueryResult] {
    try await query(sql, .ofLimits)
  }

  /// The same with its own limit to the server's silence.
  ///
  /// - Parameter answerTimeout: How long the server may compute or wait for a lock without sending
  ///   a byte; `nil` for no limit.
  /// - Throws: As ``query(_:)`` does.
  public func query(
    _ sql: String, answerTimeout: Duration?
  ) async throws(PGWireError) -> [QueryResult] {
    try await query(sql, .after(answerTimeout))
  }

  package func query(
    _ sql: String, _ answerTimeout: AnswerTimeout
  ) async throws(PGWireError) -> [QueryResult] {
    try await withSession { session throws(PGWireError) in
      try session.cancellingOnServer { session throws(PGWireError) in
        try session.query(sql, answerTimeout: answerTimeout)
      }
    }
  }

  /// Opens CopyBoth with a command such as START_REPLICATION.
  ///
  /// Until the exchange has ended the connection takes no queries. The server has
  /// ``ConnectionLimits/answerTimeout`` to begin; after that it may be silent.
  ///
  /// - Parameter command: One replication command.
  /// - Throws: ``PGWireError/server(_:)`` if the server refuses; the connection stays usable unless
  ///   the error is FATAL.
  ///
  /// Message: CopyBothResponse (`W`).
  public func openCopyBoth(_ command: String) async throws(PGWireError) -> CopyBothStream {
    try await withSession { session throws(PGWireError) in try session.openCopyBoth(command) }
    return CopyBothStream(self)
  }

  /// Runs a COPY … TO STDOUT and hands over its data piece by piece.
  ///
  /// Until the data has ended, or was abandoned, the connection takes no queries. It ends with
  /// ``TransportError/noAnswer(_:after:)`` if the server is silent for
  /// ``ConnectionLimits/answerTimeout``.
  ///
  /// - Parameter sql: One COPY statement, in text or binary format.
  /// - Throws: ``PGWireError/server(_:)`` if the server refuses; the connection stays usable unless
  ///   the error is FATAL. Another statement is ``PGWireError/unsupported(_:)``. When the task is
  ///   cancelled, the COPY is cancelled on the server, and the connection is closed.
  ///
  /// Message: CopyOutResponse (`H`),
  /// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY>
  public func copyOut(_ sql: String) async throws(PGWireError) -> CopyOutStream {
    try await copyOut(sql, .ofLimits)
  }

  /// The same with its own limit to the server's silence, before the data and within it.
  ///
  /// - Parameter answerTimeout: How long the server may compute or wait for a lock without sending
  ///   a byte; `nil` for no limit.
  /// - Throws: As ``copyOut(_:)`` does.
  public func copyOut(
    _ sql: String, answerTimeout: Duration?
  ) async throws(PGWireError) -> CopyOutStream {
    try await copyOut(sql, .after(answerTimeout))
  }

  private func copyOut(
    _ sql: String, _ answerTimeout: AnswerTimeout
  ) async throws(PGWireError) -> CopyOutStream {
    let format = try await withSession { session throws(PGWireError) in
      try session.cancellingOnServer { session throws(PGWireError) in
        try session.openCopyOut(sql, answerTimeout: answerTimeout)
      }
    }
    return CopyOutStream(self, format, answerTimeout)
  }

  /// Waits, with no query in progress, until the server ends the session or the connection breaks.
  ///
  /// - Returns: Why it ended. Cancelling the task ends the wait and the connection.
  package func waitForEnd() async throws(PGWireError) -> PGWireError {
    try await withSession { session throws(PGWireError) in session.waitForEnd() }
  }

  /// Sends Terminate and ends every wait on this connection.
  ///
  /// The socket is closed when the last reference to the connection is released.
  public func close() {
    interrupt.trigger()
    _ = session.withLockIfAvailable { $0.terminate() }
  }

  /// Runs `body` with the session on a thread of our own.
  package func withSession<R: Sendable>(
    _ body: @escaping @Sendable (inout Session) throws(PGWireError) -> R
  ) async throws(PGWireError) -> R {
    try await OwnThread.run(interrupt: interrupt, failure: PGWireError.transport) {
      () throws(PGWireError) in
      try self.holdingSession(body)
    }
  }

  /// Runs `body` with the session on the calling thread, which must be one of ours.
  package func holdingSession<R: Sendable>(
    _ body: @Sendable (inout Session) throws(PGWireError) -> R
  ) throws(PGWireError) -> R {
    let result = session.withLockIfAvailable { session -> Result<R, PGWireError> in
      let result: Result<R, PGWireError>
      do throws(PGWireError) {
        result = .success(try body(&session))
      } catch {
        result = .failure(error)
      }
      let parameters = session.machine.parameters
      self.reported.withLock { $0 = parameters }
      return result
    }
    guard let result else { throw .busy }
    return try result.get()
  }
}
