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
  /// - Parameters:
  ///   - options: What the slot has to be made for; nothing is changed of one that is there.
  ///   - onWait: As for ``createSlot(_:onWait:)``.
  /// - Returns: Whether the slot was created by this call.
  /// - Throws: ``ReplicationError/slotMissing(_:)`` if it is not to be created, and
  ///   ``ReplicationError/slotMismatch(_:differences:)``, which says what differs, if it is of
  ///   another kind, plugin or database, or made for something else, if it is lost, and on a
  ///   standby if it is a copy of the primary's. An existing slot that fits is no error, whether it
  ///   is in use or not. Nothing is created while a publication is missing:
  ///   ``ReplicationError/publicationsMissing(_:)``.
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
  /// - Parameter waitsForPromotion: Whether a standby's copy of the primary's slot will do, since
  ///   the caller waits until it is promoted.
  @discardableResult
  func ensureSlot(
    _ options: SlotOptions = SlotOptions(), waitsForPromotion: Bool,
    onWait: (@Sendable (SlotWait) -> Void)? = nil
  ) async throws(ReplicationError) -> Bool {
    if params.temporarySlot, temporary.withLock({ $0 != nil }) { return false }
    try await checkServer(options)
    if try await judgeSlot(options, waitsForPromotion: waitsForPromotion) { return false }
    guard params.createsSlot else { throw .slotMissing(params.slot) }
    do throws(ReplicationError) {
      try await createSlot(options, onWait: onWait)
      return true
    } catch {
      // Another session created it first: it is judged as any other.
      guard error.sqlState == .duplicateObject,
        try await judgeSlot(options, waitsForPromotion: waitsForPromotion)
      else { throw error }
      return false
    }
  }

  /// Creates the slot; one that is there already is an error (SQLSTATE 42710).
  ///
  /// The server waits for the end of every transaction that is open, which may take as long as the
  /// longest of them; no limit is set to it. Cancelling the task ends the wait, on the server too.
  /// Made temporary, the slot lives on a connection of this client; see ``ensureSlot(_:onWait:)``.
  ///
  /// - Parameters:
  ///   - options: What the slot is made for.
  ///   - onWait: Called about once a second while it takes longer than one, with what is waited for
  ///     and what blocks it, on a thread of the library's. It is logged in any case.
  /// - Returns: The consistent point: every transaction that commits after it will be delivered.
  /// - Throws: ``ReplicationError/publicationsMissing(_:)``: a publication that is made later would
  ///   stay unknown to what was written before it.
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
    if params.temporarySlot {
      let (connection, made) = try await createOverReplication(options, .nothing, onWait: onWait)
      temporary.withLock { $0 = connection }
      return made.consistentPoint
    }
    let reached = server.withLock { $0 } ?? params.connection
    let watch = SlotWatch(ControlLink(reached), logger: params.logger, onWait: onWait)
    let lsn = try await watch.during { process throws(ReplicationError) in
      try await withControl { [params, slotName] control throws(ControlError) in
        process.started(as: control.processID)
        return try control.ask(.createSlot(slotName, plugin: params.plugin, options))
      }
    }
    warnOfRetention()
    return lsn
  }

  /// Makes sure that the slot exists, then reads where the server's log ends.
  ///
  /// That order is the hand-off without a gap: a snapshot of the tables that is taken after this
  /// call sees everything that the slot will not deliver, and what is committed from the slot's
  /// creation on is delivered by the stream. Rows may come in both.
  ///
  /// - Returns: `pg_current_wal_lsn()`, or on a standby what it has replayed.
  public func ensureSlotAndCurrentLSN(
    _ options: SlotOptions = SlotOptions()
  ) async throws(ReplicationError) -> LSN {
    try await ensureSlot(options)
    return try await currentLSN()
  }

  /// Where the server's log ends now.
  public func currentLSN() async throws(ReplicationError) -> LSN {
    try await ask(.currentLSN)
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
    try await ask(.insertLSN)
  }

  /// The slot as the server shows it; `nil` if it does not exist.
  public func slot() async throws(ReplicationError) -> ReplicationSlot? {
    try await ask(.slot(slotName))
  }

  /// All slots of the server that these options lead to, by name.
  public static func slots(
    _ options: ConnectionOptions
  ) async throws(ReplicationError) -> [ReplicationSlot] {
    try await withControlConnection(options) { control throws(ControlError) in
      try control.ask(.slots)
    }
  }

  /// Ends the connection for slots; the one of a temporary slot stays.
  package func closeControl() {
    releaseControl()
  }

  /// Ends the connections that the client keeps: the one for slots, and that of a temporary slot.
  ///
  /// Streams continue. A later call opens what it needs again.
  public func close() {
    control.close()
    temporary.withLock { $0.take() }?.close()
  }
}

extension Client {
  /// Whether the slot is there and fits.
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
          temporary: params.temporarySlot, options: options.demanded(by: params))
        + slot.obstacles(isStandby: isStandby)
      guard params.temporarySlot, differences.isEmpty else { return differences }
      return ["it is a slot of another session"]
    }
    guard let differences else { return false }
    guard differences.isEmpty else { throw .slotMismatch(params.slot, differences: differences) }
    return true
  }

  /// Whether the server can have such slots at all.
  private func checkServer(_ options: SlotOptions) async throws(ReplicationError) {
    let server = try await withControl { control throws(ControlError) in control.serverVersion }
    try options.completed(by: params).check(
      server: server, plugin: params.plugin, temporary: params.temporarySlot,
      command: params.temporarySlot)
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
