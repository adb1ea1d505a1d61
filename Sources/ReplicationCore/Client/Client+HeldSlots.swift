internal import Logging
internal import PGWire
internal import Synchronization

extension Client {
  /// The session that holds the slot; `nil` if none does.
  ///
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  ///
  /// Views: pg_replication_slots, pg_stat_activity, pg_stat_replication.
  public func slotHolder() async throws(ReplicationError) -> ServerSession? {
    try await ask(.slotHolders)[slotName.text]
  }

  /// Waits until no session holds the slot.
  ///
  /// Asks four times a second. Another session may take the slot before the caller does.
  ///
  /// - Parameter deadline: When to give up; `nil` for never.
  /// - Throws: ``ReplicationError/slotActive(_:)`` at the deadline,
  ///   ``ReplicationError/slotMissing(_:)`` if the slot does not exist or was dropped, and
  ///   ``ReplicationError/cancelled``.
  public func waitForSlot(
    deadline: ContinuousClock.Instant? = nil
  ) async throws(ReplicationError) {
    try await waitForSlot(deadline: deadline, heldBy: nil)
  }

  /// The same; if a process is named, the wait ends at once when another process holds the slot.
  private func waitForSlot(
    deadline: ContinuousClock.Instant?, heldBy pid: Int32?
  ) async throws(ReplicationError) {
    while true {
      let found = try await withControl { [slotName] control throws(ControlError) in
        (try control.ask(.slot(slotName)), try control.ask(.slotHolders)[slotName.text])
      }
      guard let slot = found.0 else { throw .slotMissing(params.slot) }
      if !slot.isActive { return }
      let left = deadline.map { $0 - ContinuousClock.now }
      let isAnothers = pid != nil && slot.activePID != nil && slot.activePID != pid
      if isAnothers || left.map({ $0 <= .zero }) == true {
        throw .slotActive(SlotConflict(slot: params.slot, holder: found.1, error: nil))
      }
      do {
        try await Task.sleep(for: min(.milliseconds(250), left ?? .milliseconds(250)))
      } catch {
        throw .cancelled
      }
    }
  }

  /// Runs `operation`, and adds the session that holds the slot, if any, to its error.
  func namingHolder<R>(
    _ operation: () async throws(ReplicationError) -> R
  ) async throws(ReplicationError) -> R {
    do throws(ReplicationError) {
      return try await operation()
    } catch {
      guard error.isSlotActive, let server = error.serverError else { throw error }
      throw await heldError(server)
    }
  }

  func heldError(_ error: ServerError?) async -> ReplicationError {
    let holder = try? await slotHolder()
    return .slotActive(SlotConflict(slot: params.slot, holder: holder ?? nil, error: error))
  }
}

extension Client {
  /// Ends the session that holds the slot, if it is the caller's own, and waits until the slot is
  /// free.
  ///
  /// For a connector whose former session still has the slot: after a network failure the server
  /// keeps it for that session until `wal_sender_timeout`. A holder that does not match the policy
  /// is left alone. If two sessions do this at once, one wins, and the other gets
  /// ``TakeOverRefusal/contested(by:)``: until the winner's stream is open or its client is closed,
  /// no other session can start a take-over. (An advisory lock in the slot's database ensures
  /// that.)
  ///
  /// - Parameter policy: Which sessions may be ended, and how long to wait.
  /// - Returns: The session that was ended; `nil` if the slot was free.
  /// - Throws: ``ReplicationError/takeOverRefused(_:_:)``, ``ReplicationError/slotMissing(_:)``.
  ///
  /// Function: pg_terminate_backend, which requires membership in the holder's role or in
  /// `pg_signal_backend`.
  @discardableResult
  public func takeOver(
    _ policy: TakeOverPolicy
  ) async throws(ReplicationError) -> ServerSession? {
    guard !policy.namesNothing else {
      throw .invalidParameter("a take-over policy must name at least one criterion")
    }
    let start = try await withControl { [slotName] control throws(ControlError) in
      try control.beginTakeOver(slotName, policy)
    }
    switch start {
    case .missing: throw .slotMissing(params.slot)
    case .refused(let refusal): throw .takeOverRefused(params.slot, refusal)
    case .free:
      isTakingOver.store(true, ordering: .relaxed)
      return nil
    case .ended(let holder):
      isTakingOver.store(true, ordering: .relaxed)
      log.log(
        .notice, "ended the session that held the slot", burst: RepetitionLog.burst,
        metadata: ["slot": "\(params.slot)", "session": "\(holder)"])
      do throws(ReplicationError) {
        try await waitForSlot(deadline: ContinuousClock.now + policy.timeout, heldBy: holder.pid)
        return holder
      } catch .slotActive(let conflict) {
        await endTakeOver()
        let now = conflict.holder ?? holder
        throw .takeOverRefused(
          params.slot,
          now.pid == holder.pid
            ? .stillHeld(now, after: policy.timeout) : .contested(by: now))
      }
    }
  }

  /// Lets other sessions take over the slot.
  func endTakeOver() async {
    guard isTakingOver.exchange(false, ordering: .relaxed) else { return }
    do throws(ReplicationError) {
      try await withControl { control throws(ControlError) in try control.endTakeOver() }
    } catch {
      // The locks then end with the connection, once the server notices that it is closed.
      control.close()
    }
  }
}
