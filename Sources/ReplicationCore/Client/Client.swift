internal import Logging
public import PGWire
internal import Synchronization

/// A client for one replication slot: it manages the slot, and streams from it.
///
///     let client = try Client(params)
///     try await client.ensureSlot()
///     let duplex = try await client.startReplication()
///
/// It opens connections only when they are needed. Slots are managed over a libpq connection, which
/// is kept until a stream is opened, ``close()`` is called or the client is released. Each stream
/// has its own connection. If several hosts are given, all connections go to the server that the
/// first one reached, and to another only if that server is no longer available or not of the
/// wanted kind.
public final class Client: Sendable {
  /// The parameters of the client.
  public let params: ReplicationParams
  let slotName: SlotName
  private let pgOutputOptions: PgOutputOptions?
  /// The connection that a temporary slot lives on, until it is streamed from.
  let temporary = Lock<WireConnection?>(nil)
  /// The connection for operations on slots.
  let control: ControlLink
  /// The options for the one host and address that was reached last.
  let server = Lock<ConnectionOptions?>(nil)
  /// The log for what may repeat, over all connections.
  let log: RepetitionLog
  /// Whether this client prevents other sessions from taking over the slot.
  let isTakingOver = Atomic<Bool>(false)

  /// Creates a client, and checks its parameters.
  ///
  /// Opens no connection.
  ///
  /// - Throws: ``ReplicationError/invalidParameter(_:)``, which names the invalid parameter, or
  ///   ``ReplicationError/connection(_:)`` if the options of the connection can't be right.
  public init(_ params: ReplicationParams) throws(ReplicationError) {
    do throws(ConnectionOptionsError) {
      try params.connection.check()
    } catch {
      throw .connection(.options(error))
    }
    self.params = params
    log = RepetitionLog(params.logger)
    slotName = try SlotName(params.slot)
    control = ControlLink(
      params.connection, patience: AnswerPatience(limit: params.answerTimeout))
    pgOutputOptions = params.plugin == "pgoutput" ? try PgOutputOptions(params) : nil
    _ = try Identifier(params.plugin)
    guard params.statusInterval > .zero else {
      throw .invalidParameter("statusInterval must be longer than zero")
    }
    guard params.byteBudget > 0 else {
      throw .invalidParameter("byteBudget must be greater than zero")
    }
    if let timeout = params.walSenderTimeout, timeout <= .zero {
      throw .invalidParameter(
        "walSenderTimeout must be longer than zero; without one the server's own setting is kept")
    }
  }

  /// A client for the same slot with some parameters changed; it takes over a temporary slot.
  ///
  /// - Parameter change: Changes a copy of ``params``.
  /// - Throws: As ``init(_:)`` does.
  public func with(
    _ change: (inout ReplicationParams) -> Void
  ) throws(ReplicationError) -> Client {
    var params = params
    change(&params)
    let client = try Client(params)
    if client.slotName == slotName {
      let held = temporary.withLock { $0.take() }
      client.temporary.withLock { $0 = held }
    }
    if params.connection.hosts == self.params.connection.hosts,
      let place = server.withLock({ $0 })?.hosts.first
    {
      // Only where it is: how it is connected to, and as whom, is what the new parameters say.
      client.server.withLock { $0 = params.connection.pinned(to: place) }
    }
    return client
  }

  /// The same as ``init(_:)``.
  public static func connect(_ params: ReplicationParams) throws(ReplicationError) -> Client {
    try Client(params)
  }

  /// Opens the stream: connects, authenticates, START_REPLICATION.
  ///
  /// - Parameter lsn: Where to start; `nil` or zero for the slot's own position. The server starts
  ///   at the slot's `confirmed_flush_lsn` if that is further, and delivers every transaction that
  ///   commits at or after its start position; earlier ones are not sent. A position beyond the end
  ///   of the server's WAL is refused, ``ReplicationError/startBeyondLog(_:)``.
  /// - Returns: The stream. Close it with ``Duplex/close()``.
  /// - Throws: ``ReplicationError``; for a slot in use ``ReplicationError/slotActive(_:)``, which
  ///   names the session that holds it.
  ///
  /// Commands: START_REPLICATION … LOGICAL, IDENTIFY_SYSTEM,
  /// <https://www.postgresql.org/docs/current/protocol-replication.html>
  public func startReplication(from lsn: LSN? = nil) async throws(ReplicationError) -> Duplex {
    let attempt = StreamTracer(params).beginAttempt()
    do throws(ReplicationError) {
      let stream = try await startReplication(from: lsn, tuning: .events)
      attempt.end(.success(stream.server))
      return stream
    } catch {
      attempt.end(.failure(error))
      throw error
    }
  }

  /// The same, with a tuning for the kind of consumer.
  package func startReplication(
    from lsn: LSN? = nil, tuning: StreamTuning
  ) async throws(ReplicationError) -> Duplex {
    guard params.plugin != "pgoutput" || !params.publications.isEmpty else {
      throw .invalidParameter("pgoutput needs at least one publication to stream")
    }
    if let held = temporary.withLock({ $0.take() }) {
      return try await startReplication(from: lsn, tuning: tuning, over: held)
    }
    releaseControl()
    return try await startReplication(
      from: lsn, tuning: tuning, over: try await connectForReplication())
  }

  /// Closes the control connection, so that a role with CONNECTION LIMIT 1 can stream, unless it
  /// keeps others from taking the slot over.
  func releaseControl() {
    if !isTakingOver.load(ordering: .relaxed) { control.close() }
  }

  /// How long the server waits for a message from this session; `nil` if indefinitely.
  ///
  /// The owner of a database can set a value shorter than any network round trip, which would end
  /// every stream. Such a value is raised to one second, unless the caller asked for it.
  private func senderTimeout(
    _ connection: WireConnection
  ) async throws(ReplicationError) -> Duration? {
    let found = SessionSettings.senderTimeout(connection)
    guard let found, found < .milliseconds(50), params.walSenderTimeout == nil else { return found }
    _ = try await connection.run(
      """
      SELECT pg_catalog.set_config('wal_sender_timeout', '1s', false) AS wal_sender_timeout
      """)
    return .seconds(1)
  }

  /// The same over a connection that was opened before; it is closed if this fails.
  func startReplication(
    from lsn: LSN?, tuning: StreamTuning, over connection: WireConnection
  ) async throws(ReplicationError) -> Duplex {
    do {
      let timeout = try await senderTimeout(connection)
      let version = connection.parameter("server_version") ?? ""
      let startOptions = try pgOutputOptions?.options(forServer: connection.majorVersion) ?? []
      // The server reports a missing one only at the first change, or since server 18 not at all.
      try await requirePublications(over: connection)
      try await checkTwoPhase(connection)
      let logEnd = try await connection.checkStart(at: lsn)
      let command: SQL =
        startOptions.isEmpty
        ? "START_REPLICATION SLOT \(Identifier(slotName)) LOGICAL \(lsn ?? .zero)"
        : "START_REPLICATION SLOT \(Identifier(slotName)) LOGICAL \(lsn ?? .zero) (\(startOptions))"
      let liveness = Liveness(params, senderTimeout: timeout)
      try await connection.startCopyBoth(command, giveUpAfter: liveness.stallTimeout)
      log.log(
        .info, "stream started", burst: RepetitionLog.burst,
        metadata: [
          "slot": "\(params.slot)", "from": "\(lsn ?? .zero)",
          "statusInterval": "\(liveness.statusInterval)",
          "stallTimeout": "\(liveness.stallTimeout.map { "\($0)" } ?? "none")",
        ])
      await endTakeOver()
      control.close()
      return try Duplex(
        connection, params, tuning, from: logEnd, serverVersion: version,
        pluginOptions: Dictionary(
          startOptions.map { ($0.name.text, $0.value.text) }, uniquingKeysWith: { $1 }),
        liveness: liveness, slot: slotName, log: log)
    } catch {
      defer { connection.close() }
      guard error.isSlotActive else { throw error }
      // After an error the session still answers, and holds no slot.
      let holder = await connection.holder(of: slotName)
      throw .slotActive(
        SlotConflict(slot: params.slot, holder: holder, error: error.serverError))
    }
  }

  /// Connects as a walsender, with its settings verified.
  func connectForReplication() async throws(ReplicationError) -> WireConnection {
    if let ignored = params.connection.ignoredPasswordFile {
      log.log(
        .warning, "the password file is ignored",
        metadata: ["reason": "\(ignored)"])
    }
    let connection: WireConnection
    do {
      connection = try await connectToServer()
    } catch {
      throw ReplicationError(error)
    }
    server.withLock { $0 = connection.options }
    log.log(
      .info, "connected", burst: RepetitionLog.burst,
      metadata: [
        "to": "\(connection.options)", "pid": "\(connection.processID)",
        "server": "\((connection.parameter("server_version") ?? "?").displayed)",
      ])
    do throws(ReplicationError) {
      try await SessionSettings.verify(connection, for: .walsender)
      return connection
    } catch {
      connection.close()
      throw error
    }
  }

  /// Connects to the server that was reached before, or else to the first acceptable one.
  private func connectToServer() async throws(PGWireError) -> WireConnection {
    if let known = server.withLock({ $0 }), known.hosts != params.connection.hosts {
      do throws(PGWireError) {
        return try await connect(known)
      } catch {
        guard error.leavesOtherHosts else { throw error }
      }
    }
    return try await connect(params.connection)
  }

  private func connect(_ options: ConnectionOptions) async throws(PGWireError) -> WireConnection {
    try await WireConnection.connect(
      options, replication: .database, settings: sessionSettings, limits: params.limits,
      checksSettings: false,
      onNotice: { [log, slot = params.slot] notice in log.notice(notice, slot: slot) })
  }

  /// The settings that this session is started with.
  private var sessionSettings: [String: String] {
    var settings = SessionUse.walsender.startupSettings
    if let timeout = params.walSenderTimeout {
      let milliseconds = max(1, timeout / .milliseconds(1))
      settings["wal_sender_timeout"] = "\(Int(milliseconds.rounded(.up)))ms"
    }
    return settings
  }

  /// Prevents START_REPLICATION from permanently converting the slot.
  private func checkTwoPhase(_ connection: WireConnection) async throws(ReplicationError) {
    guard params.plugin == "pgoutput", params.usesTwoPhase, !params.convertsToTwoPhase,
      try await connection.ask(.slot(slotName))?.isTwoPhase == false
    else { return }
    throw .slotMismatch(params.slot, differences: [ReplicationSlot.notTwoPhase])
  }
}
