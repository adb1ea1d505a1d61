internal import Logging
public import PGWire

extension Client {
  /// Changes options of the slot.
  ///
  /// - Parameter options: The options to change: ``SlotOptions/isFailover`` since server 17,
  ///   ``SlotOptions/isTwoPhase`` since 18.
  /// - Throws: ``ReplicationError/slotActive(_:)`` for a slot in use, since the server would wait
  ///   until it is free; ``ReplicationError/slotMissing(_:)``;
  ///   ``ReplicationError/requiresServer(feature:since:found:)``.
  ///
  /// Command: ALTER_REPLICATION_SLOT.
  public func alterSlot(_ options: SlotOptions) async throws(ReplicationError) {
    let found = try await withControl { [slotName] control throws(ControlError) in
      (try control.ask(.slot(slotName)), control.serverVersion)
    }
    let command = try SQL.alterSlot(slotName, options, server: found.1)
    guard let slot = found.0 else { throw .slotMissing(params.slot) }
    if slot.isActive { throw await heldError(nil) }
    let connection = try await connectForReplication()
    defer { connection.close() }
    _ = try await connection.run(command)
    params.logger.notice("slot altered", metadata: ["slot": "\(params.slot)"])
  }

  /// Creates a second, permanent slot that delivers from this slot's current position.
  ///
  /// - Parameters:
  ///   - name: The new slot's name.
  ///   - plugin: The new slot's plugin, if it is a different one.
  /// - Returns: The new slot's `confirmed_flush_lsn`.
  /// - Throws: ``ReplicationError/slotMissing(_:)``; an error of SQLSTATE 42710 if there is a slot
  ///   of that name. It is not an error if this slot is in use.
  ///
  /// Function: pg_copy_logical_replication_slot.
  @discardableResult
  public func copySlot(
    to name: String, plugin: String? = nil
  ) async throws(ReplicationError) -> LSN {
    let copy = try SlotName(name)
    if let plugin { _ = try Identifier(plugin) }
    let lsn = try await withControl { [slotName] control throws(ControlError) -> LSN? in
      guard try control.ask(.slot(slotName)) != nil else { return nil }
      return try control.ask(.copySlot(slotName, to: copy, plugin: plugin))
    }
    guard let lsn else { throw .slotMissing(params.slot) }
    params.logger.warning(
      "permanent slot created: the server keeps WAL for it until it is advanced or dropped",
      metadata: ["slot": "\(name)", "copyOf": "\(params.slot)"])
    return lsn
  }

  /// Moves the slot forward without streaming: changes before `lsn` will not be delivered.
  ///
  /// Zero and positions that are not ahead of the slot change nothing and are not errors; a
  /// position beyond the log's end moves the slot to that end.
  ///
  /// - Parameter lsn: The end of the last transaction that is not needed any more.
  /// - Returns: The slot's `confirmed_flush_lsn` afterwards.
  /// - Throws: ``ReplicationError/slotMissing(_:)``, or ``ReplicationError/slotActive(_:)``.
  ///
  /// Function: pg_replication_slot_advance.
  @discardableResult
  public func advanceSlot(to lsn: LSN) async throws(ReplicationError) -> LSN {
    let position = try await namingHolder { () throws(ReplicationError) in
      try await withControl { [slotName] control throws(ControlError) -> LSN? in
        guard let slot = try control.ask(.slot(slotName)) else { return nil }
        let confirmed = slot.confirmedFlushLSN ?? .zero
        guard lsn > confirmed else { return confirmed }
        return try control.ask(.advanceSlot(slotName, to: lsn))
      }
    }
    guard let position else { throw .slotMissing(params.slot) }
    log.log(
      .notice, "slot advanced", burst: RepetitionLog.burst,
      metadata: ["slot": "\(params.slot)", "to": "\(position)"])
    return position
  }

  /// Drops the slot, and with it all changes that it has not delivered.
  ///
  /// - Parameter deadline: When to stop waiting for a session that streams from it; `nil` to not
  ///   wait.
  /// - Returns: False if the slot did not exist, which is not an error.
  /// - Throws: ``ReplicationError/slotActive(_:)``, which names the session that streams from it.
  ///
  /// Function: pg_drop_replication_slot.
  @discardableResult
  public func dropSlot(
    deadline: ContinuousClock.Instant? = nil
  ) async throws(ReplicationError) -> Bool {
    if let held = temporary.withLock({ $0.take() }) {
      held.close()
      return true
    }
    while true {
      do throws(ReplicationError) {
        return try await dropOnce()
      } catch {
        guard error.isSlotActive, let deadline, ContinuousClock.now < deadline else { throw error }
        do throws(ReplicationError) {
          try await waitForSlot(deadline: deadline)
        } catch .slotMissing {
          return false
        }
      }
    }
  }

  private func dropOnce() async throws(ReplicationError) -> Bool {
    let dropped = try await namingHolder { () throws(ReplicationError) in
      try await withControl { [slotName] control throws(ControlError) -> Bool in
        do throws(ControlError) {
          try control.ask(.dropSlot(slotName))
          return true
        } catch {
          if error.serverError?.sqlState == .undefinedObject { return false }
          throw error
        }
      }
    }
    if dropped { params.logger.notice("slot dropped", metadata: ["slot": "\(params.slot)"]) }
    return dropped
  }
}
