internal import Logging
public import PGWire

extension Client {
  /// Makes sure that the slot exists and can be streamed from.
  ///
  /// A missing slot is created if ``ReplicationParams/createsSlot`` says so. A temporary slot lives
  /// on a connection of this client, which ``startReplication(from:)`` then uses; the server drops
  /// it when that connection ends, and after any error on it. A permanent slot makes the server
  /// keep WAL until it is advanced or dropped, which is logged as a warning.
  ///
  /// - Parameters:
  ///   - options: The options that the slot must have; an existing slot is not changed.
  ///   - onWait: As for ``createSlot(_:onWait:)``.
  /// - Returns: Whether the slot was created by this call.
  /// - Throws: ``ReplicationError/slotMissing(_:)`` if it is missing and may not be created, and
  ///   ``ReplicationError/slotMismatch(_:differences:)``, which lists the differences, if it has
  ///   another kind, plugin, database or other options, if it is lost, and on a standby if it is a
  ///   copy of the primary's. A matching slot is not an error, whether it is in use or not. Nothing
  ///   is created while a publication is missing: ``ReplicationError/publicationsMissing(_:)``.
  ///
  /// Function: pg_create_logical_replication_slot, or CREATE_REPLICATION_SLOT … TEMPORARY.
  @discardableResult
  public func ensureSlot(
    _ options: SlotOptions = SlotOptions(), onWait: (@Sendable (SlotWait) -> Void)? = nil
  ) async throws(ReplicationError) -> Bool {
    try await ensureSlot(options, waitsForPromotion: false, onWait: onWait)
  }

  /// The same.
  ///
  /// - Parameter waitsForPromotion: Whether a standby's copy of the primary's slot is accepted,
  ///   because the caller waits until the standby is promoted.
  @discardableResult
  func ensureSlot(
    _ options: SlotOptions = SlotOptions(), waitsForPromotion: Bool,
    onWait: (@Sendable (SlotWait) -> Void)? = nil
  ) async throws(ReplicationError) -> Bool {
    if params.usesTemporarySlot, temporary.withLock({ $0 != nil }) { return false }
    try await checkServer(options)
    if try await judgeSlot(options, waitsForPromotion: waitsForPromotion) { return false }
    guard params.createsSlot else { throw .slotMissing(params.slot) }
    do throws(ReplicationError) {
      try await createSlot(options, onWait: onWait)
      return true
    } catch {
      // Another session created it first: check it like any existing slot.
      guard error.sqlState == .duplicateObject,
        try await judgeSlot(options, waitsForPromotion: waitsForPromotion)
      else { throw error }
      return false
    }
  }

  /// Creates the slot; it is an error (SQLSTATE 42710) if it already exists.
  ///
  /// The server waits until every open transaction has ended; there is no timeout. Cancelling the
  /// task ends the wait, on the server too. A temporary slot lives on a connection of this client;
  /// see ``ensureSlot(_:onWait:)``.
  ///
  /// - Parameters:
  ///   - options: What the slot is made for.
  ///   - onWait: Called about once a second, on a thread of the library, while the creation takes
  ///     longer than a second, with the reason for the wait and what blocks it. The wait is logged
  ///     in any case.
  /// - Returns: The consistent point: every transaction that commits after it will be delivered.
  /// - Throws: ``ReplicationError/publicationsMissing(_:)``: changes written before a publication
  ///   is created can't be decoded with it.
  ///   ``ReplicationError/requiresServer(feature:since:found:)`` for options of newer servers.
  ///
  /// Function: pg_create_logical_replication_slot, or CREATE_REPLICATION_SLOT … TEMPORARY.
  @discardableResult
  public func createSlot(
    _ options: SlotOptions = SlotOptions(), onWait: (@Sendable (SlotWait) -> Void)? = nil
  ) async throws(ReplicationError) -> LSN {
    try await checkServer(options)
    try await requirePublications()
    let options = options.completed(by: params)
    if params.usesTemporarySlot {
      let (connection, made) = try await createOverReplication(options, .nothing, onWait: onWait)
      temporary.withLock { $0 = connection }
      return made.consistentPoint
    }
    let reached = server.withLock { $0 } ?? params.connection
    let watch = SlotWatch(ControlLink(reached), log, onWait: onWait)
    let lsn = try await watch.during { process throws(ReplicationError) in
      try await withControl { [params, slotName] control throws(ControlError) in
        process.started(as: control.processID)
        return try control.ask(.createSlot(slotName, plugin: params.plugin, options))
      }
    }
    warnOfRetention()
    return lsn
  }

  /// Makes sure that the slot exists, then reads the current end of the server's WAL.
  ///
  /// This order leaves no gap: a snapshot of the tables that is taken after this call sees
  /// everything that the slot will not deliver, and the stream delivers everything that commits
  /// after the slot's creation. Rows may appear in both.
  ///
  /// - Parameter options: As for ``ensureSlot(_:onWait:)``.
  /// - Returns: `pg_current_wal_lsn()`, or on a standby what it has replayed.
  /// - Throws: As ``ensureSlot(_:onWait:)`` does.
  public func ensureSlotAndCurrentLSN(
    _ options: SlotOptions = SlotOptions()
  ) async throws(ReplicationError) -> LSN {
    try await ensureSlot(options)
    return try await currentLSN()
  }

  /// The current end of the server's WAL.
  ///
  /// - Returns: `pg_current_wal_lsn()`, or on a standby what it has replayed.
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public func currentLSN() async throws(ReplicationError) -> LSN {
    try await ask(.currentLSN)
  }

  /// The end of everything written to the WAL so far, flushed or not.
  ///
  /// Every transaction that has committed by now lies before this position, including those with
  /// `synchronous_commit` off. A stream reaches it once the server has flushed that far. This call
  /// makes the server flush soon, which uses up a transaction ID; otherwise it could hold back the
  /// changes of an open transaction for up to 15 seconds.
  ///
  /// - Returns: `pg_current_wal_insert_lsn()`, or on a standby what it has replayed.
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public func insertLSN() async throws(ReplicationError) -> LSN {
    try await ask(.insertLSN)
  }

  /// The slot as the server shows it; `nil` if it does not exist.
  ///
  /// - Throws: ``ReplicationError`` if the server can't be asked. A missing slot is not an error.
  public func slot() async throws(ReplicationError) -> ReplicationSlot? {
    try await ask(.slot(slotName))
  }

  /// All slots of the server that these options connect to, by name.
  ///
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public static func slots(
    _ options: ConnectionOptions
  ) async throws(ReplicationError) -> [ReplicationSlot] {
    try await withControlConnection(options) { control throws(ControlError) in
      try control.ask(.slots)
    }
  }

  /// Closes the connection for slots; the connection of a temporary slot stays open.
  package func closeControl() {
    releaseControl()
  }

  /// Closes the connections that the client keeps: the one for slots and that of a temporary slot.
  ///
  /// Streams continue. A later call opens what it needs again.
  public func close() {
    control.close()
    temporary.withLock { $0.take() }?.close()
  }
}

extension Client {
  /// Whether the slot exists; throws if it does not match.
  private func judgeSlot(
    _ options: SlotOptions, waitsForPromotion: Bool
  ) async throws(ReplicationError) -> Bool {
    let differences = try await withControl {
      [params, slotName] control throws(ControlError) -> [String]? in
      guard let slot = try control.ask(.slot(slotName)) else { return nil }
      let isAsked = slot.isSynced == true && !waitsForPromotion
      let isStandby = isAsked ? try control.ask(.isStandby) : false
      let differences =
        slot.differences(
          plugin: params.plugin, database: try control.ask(.databaseName),
          temporary: params.usesTemporarySlot, options: options.demanded(by: params))
        + slot.obstacles(isStandby: isStandby)
      guard params.usesTemporarySlot, differences.isEmpty else { return differences }
      return ["it is a slot of another session"]
    }
    guard let differences else { return false }
    guard differences.isEmpty else { throw .slotMismatch(params.slot, differences: differences) }
    return true
  }

  /// Checks that the server supports such slots.
  private func checkServer(_ options: SlotOptions) async throws(ReplicationError) {
    let server = try await withControl { control throws(ControlError) in control.serverVersion }
    try options.completed(by: params).check(
      server: server, plugin: params.plugin, temporary: params.usesTemporarySlot,
      command: params.usesTemporarySlot)
  }

  func warnOfRetention() {
    params.logger.warning(
      "permanent slot created: the server keeps WAL for it until it is advanced or dropped",
      metadata: ["slot": "\(params.slot)"])
  }

  /// Runs `body` with the client's control connection.
  func withControl<R: Sendable>(
    _ body: @escaping @Sendable (borrowing ControlConnection) throws(ControlError) -> R
  ) async throws(ReplicationError) -> R {
    let known = server.withLock { $0 }
    let (result, reached) = try await control.run(known: known) {
      control throws(ControlError) in (try body(control), control.server)
    }
    server.withLock { $0 = reached }
    return result
  }
}
