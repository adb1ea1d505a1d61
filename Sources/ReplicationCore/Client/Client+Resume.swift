public import PGWire

extension Client {
  /// A checkpoint for a position, with the current state of the server and the slot.
  ///
  /// - Parameter position: The position up to which everything is durable on the consumer's side.
  /// - Throws: ``ReplicationError/slotMissing(_:)``.
  public func checkpoint(at position: LSN) async throws(ReplicationError) -> Checkpoint {
    let connection = try await connectForReplication()
    defer { connection.close() }
    let facts = try await resumeFacts(over: connection)
    guard let checkpoint = facts.checkpoint(at: position, slot: params.slot) else {
      throw .slotMissing(params.slot)
    }
    return checkpoint
  }

  /// Compares a checkpoint with the server and the slot, before the stream is started.
  ///
  /// If the slot is behind the checkpoint, the server's history is proved only by the transactions
  /// that it sends again: a ``Subscription`` compares that with ``Checkpoint/lastTransaction``.
  ///
  /// A server starts wherever the slot is, and does not report that a slot was recreated or has
  /// moved. A recreated slot is distinguished from one that has moved as far as possible: by its
  /// plugin, its database, a `restart_lsn` that went back, and from server 14 on by what it has
  /// sent, if the checkpoint was taken after something was, and the server hasn't crashed since.
  /// Otherwise it is reported as a gap. (The statistics of server 14 lag half a second behind.)
  ///
  /// On a standby that was promoted since, the history of its timeline shows whether the checkpoint
  /// was reached there. A copy of the slot that lags behind is not an error.
  ///
  /// - Throws: ``ReplicationError/invalidParameter(_:)`` for a checkpoint of another slot. A proof
  ///   that forbids resuming is returned, not thrown.
  ///
  /// Commands: IDENTIFY_SYSTEM, TIMELINE_HISTORY; function: pg_is_in_recovery; views:
  /// pg_replication_slots, pg_stat_replication_slots, pg_stat_wal.
  public func checkResume(
    _ checkpoint: Checkpoint
  ) async throws(ReplicationError) -> ResumeProof {
    try checkSlot(of: checkpoint)
    let connection = try await connectForReplication()
    defer { connection.close() }
    var facts = try await resumeFacts(over: connection)
    try await facts.readHistory(since: checkpoint.timeline, over: connection)
    return facts.proof(of: checkpoint)
  }

  func checkSlot(of checkpoint: Checkpoint) throws(ReplicationError) {
    guard checkpoint.slot == params.slot else {
      throw .invalidParameter(
        "the checkpoint is of slot \"\(checkpoint.slot)\", not of \"\(params.slot)\"")
    }
  }

  /// The facts that the connected server reports about itself and the slot.
  func resumeFacts(
    over connection: WireConnection
  ) async throws(ReplicationError) -> ResumeFacts {
    // Asked first: if the server is promoted in between, it is checked once more.
    let isInRecovery = try await connection.ask(.isStandby)
    let system = try await connection.ask(.system)
    var facts = ResumeFacts(
      systemID: system.id, serverVersion: connection.majorVersion, isInRecovery: isInRecovery,
      timeline: system.timeline, currentLSN: system.position)
    facts.slot = try await connection.ask(.slot(slotName))
    if facts.serverVersion >= 14 {
      facts.sentCount = try await connection.ask(.sentCount(slotName))
    }
    return facts
  }
}
