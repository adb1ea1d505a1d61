internal import Logging
internal import PGWire

extension Client {
  /// Reads the snapshot that a stream begins with, unless it was read before.
  ///
  /// It can be called again after any end of the process, also one in the middle: the checkpoint
  /// says how far the snapshot is, from before the slot is created on. One that was not read to the
  /// end is repeated: its slot is dropped and created again. After it a ``Subscription`` with the
  /// same checkpoints delivers what was committed since.
  ///
  ///     try await client.ensureSnapshot(recordedIn: store) { snapshot in
  ///       if snapshot.isRepeated { … }   // remove what the unfinished one has left
  ///       try await snapshot.read(try await snapshot.tables()) { event in … }
  ///     }
  ///     let subscription = try Subscription(params, checkpoints: store)
  ///
  /// Two processes with the same slot don't do it at the same time: the second one waits, and then
  /// finds it done. An advisory lock of the database says who does it, and the snapshot's own
  /// session holds it.
  ///
  /// - Parameters:
  ///   - checkpoints: Where it is kept how far the snapshot is, and later the stream. A checkpoint
  ///     of a stream that is there already means that no snapshot is to be read.
  ///   - options: What the slot is made for.
  ///   - keepsSlotOnFailure: Let the slot stay if `body` throws; the next call drops it.
  ///   - onWait: As for ``createSlot(_:onWait:)``.
  ///   - body: Makes the snapshot's rows durable before it returns. If it throws, the slot is
  ///     dropped, and the next call reads a snapshot from the beginning.
  /// - Returns: Whether the snapshot was read by this call.
  /// - Throws: What ``withExportedSnapshot(_:keepsSlotOnFailure:onWait:_:)`` throws, and
  ///   ``ReplicationError/checkpointStore(_:)``. A slot that exists and was not created for the
  ///   checkpoint's snapshot is never dropped: it is ``ReplicationError/snapshotRefused(_:)``.
  ///
  /// Commands: CREATE_REPLICATION_SLOT … (SNAPSHOT 'export'), DROP_REPLICATION_SLOT; function:
  /// pg_try_advisory_lock.
  @discardableResult
  public func ensureSnapshot(
    recordedIn checkpoints: any CheckpointStore, _ options: SlotOptions = SlotOptions(),
    keepsSlotOnFailure: Bool = false, onWait: (@Sendable (SlotWait) -> Void)? = nil,
    _ body: (ExportedSnapshot) async throws -> Void
  ) async throws -> Bool {
    try await ensureSnapshot(
      recordedIn: checkpoints, options, keepsSlotOnFailure: keepsSlotOnFailure,
      userData: { [] }, onWait: onWait, body)
  }

  /// - Parameter userData: What is kept with the checkpoint of the finished snapshot.
  func ensureSnapshot(
    recordedIn checkpoints: any CheckpointStore, _ options: SlotOptions, keepsSlotOnFailure: Bool,
    userData: () -> [UInt8], onWait: (@Sendable (SlotWait) -> Void)?,
    _ body: (ExportedSnapshot) async throws -> Void
  ) async throws -> Bool {
    guard !params.temporarySlot else {
      throw ReplicationError.invalidParameter(
        "a temporary slot ends with its session, and a snapshot of it can't be resumed from")
    }
    guard Self.isMissing(try await load(checkpoints)) else { return false }
    try await requirePublications()
    let connection = try await connectForReplication()
    defer { connection.close() }
    try await waitForTurn(over: connection)
    // Another process may have read it in the meantime.
    let known = try await load(checkpoints)
    guard Self.isMissing(known) else { return false }
    try await dropUnfinished(known, over: connection)
    try await announce(in: checkpoints, over: connection)
    var snapshot: ExportedSnapshot
    do {
      snapshot = try await exportSnapshot(
        options, over: connection, isRepeated: known?.isUnfinished == true, onWait: onWait)
    } catch ReplicationError.snapshotRefused(.slotExists(let name)) {
      // Made by somebody else in this moment: it must not be taken for ours the next time.
      try await note(.notMade, at: .zero, in: checkpoints)
      throw ReplicationError.snapshotRefused(.slotExists(name))
    }
    do {
      snapshot.checkpoint = try await note(
        .reading, at: snapshot.consistentPoint, in: checkpoints)
      try await body(snapshot)
    } catch {
      if !keepsSlotOnFailure { await dropOwn(snapshot) }
      throw error
    }
    // A store may have saved it and fail all the same, so the slot stays: the next call finds the
    // snapshot finished, or replaces the slot.
    try await note(
      .finished, at: snapshot.consistentPoint, userData: userData(), in: checkpoints)
    return true
  }

  /// Whether the snapshot has to be read, whole or again.
  private static func isMissing(_ known: Checkpoint?) -> Bool {
    guard let known else { return true }
    return known.isUnfinished || known.snapshot == .notMade
  }

  private func load(_ checkpoints: any CheckpointStore) async throws -> Checkpoint? {
    let known: Checkpoint?
    do { known = try await checkpoints.load() } catch {
      throw Task.isCancelled
        ? ReplicationError.cancelled : ReplicationError.checkpointStore(of: error)
    }
    if let known { try checkSlot(of: known) }
    return known
  }

  private func save(_ checkpoint: Checkpoint, in checkpoints: any CheckpointStore) async throws {
    do { try await checkpoints.save(checkpoint) } catch {
      throw Task.isCancelled
        ? ReplicationError.cancelled : ReplicationError.checkpointStore(of: error)
    }
  }
}

// MARK: - Steps

extension Client {
  /// Waits until no other process reads a snapshot for the slot.
  private func waitForTurn(over connection: WireConnection) async throws {
    let lock = SlotLock(purpose: .snapshot, slot: slotName)
    var hasLogged = false
    while true {
      if try await connection.ask(.take(lock)) { return }
      let holders = try await connection.ask(.holders(of: lock))
      if holders.isEmpty { continue }
      guard holders.contains(where: \.isOurs) else {
        params.logger.warning(
          "another role holds the advisory lock of the slot's snapshot; going on without it",
          metadata: ["slot": "\(params.slot)"])
        return
      }
      if !hasLogged {
        params.logger.warning(
          "another process reads a snapshot for the slot; waiting for its end",
          metadata: ["slot": "\(params.slot)"])
      }
      hasLogged = true
      do { try await Task.sleep(for: .milliseconds(500)) } catch {
        throw ReplicationError.cancelled
      }
    }
  }

  /// Drops the slot that was created for a snapshot which was not read to the end.
  private func dropUnfinished(_ known: Checkpoint?, over connection: WireConnection) async throws {
    let facts = try await resumeFacts(over: connection)
    if let obstacle = facts.obstacle, obstacle != .slotMissing {
      throw ReplicationError.cannotResume(.standby(obstacle), slot: params.slot)
    }
    guard let slot = facts.slot else { return }
    guard let known, known.isUnfinished, facts.systemID == known.systemID,
      slot.plugin == params.plugin,
      // It was created after it had been announced, and nobody has streamed from it since.
      known.snapshot == .announced
        ? slot.confirmedFlushLSN ?? .zero >= known.position
        : slot.confirmedFlushLSN == known.position
    else { throw ReplicationError.snapshotRefused(.slotExists(params.slot)) }
    guard !slot.isActive else {
      let holder = await connection.holder(of: slotName)
      throw ReplicationError.slotActive(
        SlotConflict(slot: params.slot, holder: holder, error: nil))
    }
    _ = try await connection.run("DROP_REPLICATION_SLOT \(Identifier(slotName))")
    params.logger.warning(
      "slot dropped, since its snapshot was not read to the end; it is created again",
      metadata: ["slot": "\(params.slot)"])
  }

  /// Says that the slot is going to be created, before it is.
  private func announce(
    in checkpoints: any CheckpointStore, over connection: WireConnection
  ) async throws {
    let facts = try await resumeFacts(over: connection)
    var checkpoint = Checkpoint(
      position: facts.currentLSN, systemID: facts.systemID, timeline: facts.timeline,
      slot: params.slot)
    checkpoint.isFromStandby = facts.isInRecovery
    checkpoint.snapshot = .announced
    try await save(checkpoint, in: checkpoints)
  }

  /// Says how far the snapshot is, over a connection that is not the snapshot's.
  @discardableResult
  private func note(
    _ stage: SnapshotStage, at point: LSN, userData: [UInt8] = [],
    in checkpoints: any CheckpointStore
  ) async throws -> Checkpoint {
    let connection = try await connectForReplication()
    defer { connection.close() }
    let facts = try await resumeFacts(over: connection)
    guard stage == .notMade || facts.slot?.confirmedFlushLSN == point,
      var checkpoint = facts.checkpoint(at: point, slot: params.slot)
    else { throw ReplicationError.snapshotRefused(.slotReplaced(params.slot)) }
    checkpoint.snapshot = stage
    checkpoint.userData = userData
    try await save(checkpoint, in: checkpoints)
    return checkpoint
  }

  /// Drops the slot if it is still the one that was created with the snapshot.
  private func dropOwn(_ snapshot: ExportedSnapshot) async {
    let isOwn = await Task { () async -> Bool in
      let slot = try? await self.slot()
      return slot?.confirmedFlushLSN == snapshot.consistentPoint
    }.value
    if isOwn { await dropSlotWhateverHappens() }
  }
}
