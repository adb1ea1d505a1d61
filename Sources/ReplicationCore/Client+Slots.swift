internal import Logging
public import PGWire

extension Client {
  /// Makes sure that the slot exists and can be streamed from.
  ///
  /// A missing slot is created if ``ReplicationParams/createsSlot`` says so. A temporary slot lives
  /// on a connection of this client, which ``startReplication(from:)`` then uses; it is gone when
  /// that connection is, and after any error on it. A permanent slot makes the server keep WAL
  /// until it is advanced or dropped, which is logged as a warning.
  ///
  /// - Returns: Whether the slot was created by this call.
  /// - Throws: ``ReplicationError/slotMissing(_:)`` if it is not to be created, and
  ///   ``ReplicationError/slotMismatch(_:differences:)`` if it is of another kind, plugin or
  ///   database. An existing slot that fits is no error, whether it is in use or not. Nothing is
  ///   created while a publication is missing: ``ReplicationError/publicationsMissing(_:)``.
  ///
  /// Function: pg_create_logical_replication_slot, or CREATE_REPLICATION_SLOT … TEMPORARY.
  @discardableResult
  public func ensureSlot() async throws(ReplicationError) -> Bool {
    if params.temporarySlot { return try await ensureTemporarySlot() }
    let created = try await withControl { [params, slotName] control throws(ControlError) in
      try control.ensureSlot(slotName, params)
    }
    return try report(created)
  }

  /// Makes sure that the slot exists, then reads where the server's log ends.
  ///
  /// That order is the hand-off without a gap: a snapshot of the tables that is taken after this
  /// call sees everything that the slot will not deliver, and what is committed from the slot's
  /// creation on is delivered by the stream. Rows may come in both.
  ///
  /// - Returns: `pg_current_wal_lsn()`, or on a standby what it has replayed.
  public func ensureSlotAndCurrentLSN() async throws(ReplicationError) -> LSN {
    try await ensureSlot()
    return try await currentLSN()
  }

  /// Where the server's log ends now.
  public func currentLSN() async throws(ReplicationError) -> LSN {
    try await withControl { control throws(ControlError) in try control.currentLSN() }
  }

  /// The end of everything that was written to the log so far, whether flushed yet or not.
  ///
  /// Every transaction that has committed by now lies before it, those with `synchronous_commit`
  /// off as well. A stream gets there once the server has flushed that far, which it is made to do
  /// soon: left alone, it would keep what an open transaction has done for up to 15 seconds. That
  /// takes a transaction id.
  ///
  /// - Returns: `pg_current_wal_insert_lsn()`, or on a standby what it has replayed.
  public func insertLSN() async throws(ReplicationError) -> LSN {
    try await withControl { control throws(ControlError) in try control.insertLSN() }
  }

  /// The slot as the server shows it; `nil` if it does not exist.
  public func slot() async throws(ReplicationError) -> ReplicationSlot? {
    try await withControl { [slotName] control throws(ControlError) in try control.slot(slotName) }
  }

  /// Moves the slot forward without streaming: what lies before `lsn` will not be delivered.
  ///
  /// Zero, and a position that is not ahead of the slot, change nothing and are no error; a
  /// position beyond the log's end moves the slot to that end.
  ///
  /// - Returns: The slot's `confirmed_flush_lsn` afterwards.
  /// - Throws: ``ReplicationError/slotMissing(_:)``, or ``ReplicationError/isSlotActive``.
  ///
  /// Function: pg_replication_slot_advance.
  @discardableResult
  public func advanceSlot(to lsn: LSN) async throws(ReplicationError) -> LSN {
    let position = try await withControl { [slotName] control throws(ControlError) -> LSN? in
      guard let slot = try control.slot(slotName) else { return nil }
      let confirmed = slot.confirmedFlushLSN ?? .zero
      guard lsn > confirmed else { return confirmed }
      return try control.advanceSlot(slotName, to: lsn)
    }
    guard let position else { throw .slotMissing(params.slot) }
    params.logger.notice(
      "slot advanced", metadata: ["slot": "\(params.slot)", "to": "\(position)"])
    return position
  }

  /// Drops the slot, and with it what it has not delivered.
  ///
  /// - Returns: False if there was none, which is no error.
  /// - Throws: An error that ``ReplicationError/isSlotActive`` if a session streams from it.
  ///
  /// Function: pg_drop_replication_slot.
  @discardableResult
  public func dropSlot() async throws(ReplicationError) -> Bool {
    if let held = temporary.withLock({ $0.take() }) {
      held.close()
      return true
    }
    let dropped = try await withControl { [slotName] control throws(ControlError) -> Bool in
      do throws(ControlError) {
        try control.dropSlot(slotName)
        return true
      } catch {
        if error.serverError?.sqlState == .undefinedObject { return false }
        throw error
      }
    }
    if dropped { params.logger.notice("slot dropped", metadata: ["slot": "\(params.slot)"]) }
    return dropped
  }

  /// All slots of the server that these options lead to, by name.
  public static func slots(
    _ options: ConnectionOptions
  ) async throws(ReplicationError) -> [ReplicationSlot] {
    try await withControlConnection(options) { control throws(ControlError) in
      try control.slots()
    }
  }

  private func ensureTemporarySlot() async throws(ReplicationError) -> Bool {
    if temporary.withLock({ $0 != nil }) { return false }
    let judged = try await withControl {
      [params, slotName] control throws(ControlError) -> EnsureOutcome in
      let database = try control.databaseName()
      if let outcome = control.judgeServer(params) { return outcome }
      if let slot = try control.slot(slotName) {
        let differences = slot.differences(from: params, database: database)
        return .differs(differences.isEmpty ? [heldByAnother] : differences)
      }
      guard params.createsSlot else { return .missing }
      let unpublished = try control.missingPublications(params)
      return unpublished.isEmpty ? .created : .unpublished(unpublished)
    }
    guard judged == .created else { return try report(judged) }
    let connection = try await connectForReplication()
    do {
      let server = ServerSetting.majorVersion(connection.parameter("server_version") ?? "")
      _ = try await connection.run(
        try .createTemporarySlot(
          slotName, plugin: params.plugin, twoPhase: params.twoPhase, server: server))
    } catch {
      connection.close()
      // Somebody was quicker.
      guard error.sqlState == .duplicateObject else { throw error }
      throw .slotMismatch(params.slot, differences: [heldByAnother])
    }
    temporary.withLock { $0 = connection }
    params.logger.info("temporary slot created", metadata: ["slot": "\(params.slot)"])
    return true
  }

  private func report(_ outcome: EnsureOutcome) throws(ReplicationError) -> Bool {
    switch outcome {
    case .exists: return false
    case .missing: throw .slotMissing(params.slot)
    case .unpublished(let names): throw .publicationsMissing(names)
    case .differs(let differences):
      throw .slotMismatch(params.slot, differences: differences)
    case .tooOld(let found):
      throw .requiresServer(feature: "the option two_phase", since: 15, found: found)
    case .created:
      params.logger.warning(
        "permanent slot created: the server keeps WAL for it until it is advanced or dropped",
        metadata: ["slot": "\(params.slot)"])
      return true
    }
  }

  private func withControl<R: Sendable>(
    _ body: @escaping @Sendable (borrowing ControlConnection) throws(ControlError) -> R
  ) async throws(ReplicationError) -> R {
    let known = server.withLock { $0 }
    let (result, reached) = try await withControlConnection(params.connection, known: known) {
      control throws(ControlError) in (try body(control), control.server)
    }
    server.withLock { $0 = reached }
    return result
  }
}

/// Why a temporary slot can't be shared.
private let heldByAnother = "it is a slot of another session"

/// What came of making sure that a slot exists.
private enum EnsureOutcome: Equatable, Sendable {
  case exists
  case created
  case missing
  case unpublished([String])
  case differs([String])
  /// The server of this version has no slots for two_phase.
  case tooOld(Int)
}

extension ControlConnection {
  fileprivate func ensureSlot(
    _ name: SlotName, _ params: ReplicationParams
  ) throws(ControlError) -> EnsureOutcome {
    if let outcome = judgeServer(params) { return outcome }
    if let outcome = try judgeSlot(name, params) { return outcome }
    guard params.createsSlot else { return .missing }
    let unpublished = try missingPublications(params)
    guard unpublished.isEmpty else { return .unpublished(unpublished) }
    do throws(ControlError) {
      try createSlot(name, plugin: params.plugin, twoPhase: params.twoPhase)
      return .created
    } catch {
      // Somebody was quicker: then it exists, and is judged as any other.
      guard error.serverError?.sqlState == .duplicateObject,
        let outcome = try judgeSlot(name, params)
      else { throw error }
      return outcome
    }
  }

  /// Those publications that a slot for pgoutput would be made in front of.
  fileprivate func missingPublications(
    _ params: ReplicationParams
  ) throws(ControlError) -> [String] {
    guard params.plugin == "pgoutput" else { return [] }
    var missing: [String] = []
    for name in params.publications where try !hasPublication(name) { missing.append(name) }
    return missing
  }

  /// Whether the server is too old for what is wanted of the slot.
  fileprivate func judgeServer(_ params: ReplicationParams) -> EnsureOutcome? {
    params.twoPhase && serverVersion < 15 ? .tooOld(serverVersion) : nil
  }

  private func judgeSlot(
    _ name: SlotName, _ params: ReplicationParams
  ) throws(ControlError) -> EnsureOutcome? {
    guard let slot = try slot(name) else { return nil }
    let differences = slot.differences(from: params, database: try databaseName())
    return differences.isEmpty ? .exists : .differs(differences)
  }
}

/// Opens a control connection, uses it on a thread of ours, and closes it.
///
/// - Parameter known: The server that was reached before, which is tried first.
func withControlConnection<R: Sendable>(
  _ options: ConnectionOptions, known: ConnectionOptions? = nil,
  _ body: @escaping @Sendable (borrowing ControlConnection) throws(ControlError) -> R
) async throws(ReplicationError) -> R {
  let (options, known) = try await withSecrets(options, known)
  do throws(ControlError) {
    let interrupt: Interrupt
    do throws(TransportError) {
      interrupt = try Interrupt()
    } catch {
      throw .transport(error)
    }
    return try await OwnThread.run(interrupt: interrupt, failure: ControlError.transport) {
      () throws(ControlError) in
      let control = try openControl(options, known: known, interrupt: interrupt)
      return try body(control)
    }
  } catch {
    throw ReplicationError(error)
  }
}

/// Asks the providers of secrets, for the connection that is about to be made.
private func withSecrets(
  _ options: ConnectionOptions, _ known: ConnectionOptions?
) async throws(ReplicationError) -> (ConnectionOptions, ConnectionOptions?) {
  do throws(PGWireError) {
    return (try await options.withProvidedSecrets(), try await known?.withProvidedSecrets())
  } catch {
    throw ReplicationError(error)
  }
}

private func openControl(
  _ options: ConnectionOptions, known: ConnectionOptions?, interrupt: Interrupt
) throws(ControlError) -> ControlConnection {
  if let known, known.hosts != options.hosts {
    do throws(ControlError) {
      return try ControlConnection.open(known, interrupt: interrupt)
    } catch {
      guard error.leavesOtherHosts else { throw error }
    }
  }
  return try ControlConnection.open(options, interrupt: interrupt)
}
