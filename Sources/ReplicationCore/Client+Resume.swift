internal import CDCTime
public import PGWire

extension Client {
  /// A checkpoint for a position, with what is known of the server and the slot now.
  ///
  /// - Parameter position: Up to where everything is durable on the consumer's side.
  /// - Throws: ``ReplicationError/slotMissing(_:)``.
  public func checkpoint(at position: LSN) async throws(ReplicationError) -> Checkpoint {
    let facts = try await resumeFacts(since: nil)
    guard let slot = facts.slot else { throw .slotMissing(params.slot) }
    return Checkpoint(
      position: position, systemID: facts.systemID, timeline: facts.timeline, slot: params.slot,
      slotState: Checkpoint.SlotState(
        databaseOID: slot.databaseOID, plugin: slot.plugin, restartLSN: slot.restartLSN,
        sentBytes: facts.sentCount?.bytes, countedSince: facts.sentCount?.since))
  }

  /// Compares a checkpoint with the server and the slot, before the stream is started.
  ///
  /// A server starts wherever the slot is, and keeps silent about a slot that was made anew or has
  /// moved on. A slot made anew is told from one that has moved on as far as can be seen: by its
  /// plugin, its database, a `restart_lsn` that went back, and from server 14 on by what it has
  /// sent, if the checkpoint was taken after something was, and the server hasn't crashed since.
  /// Else it shows as a gap. (The statistics of server 14 lag half a second behind.)
  ///
  /// - Throws: ``ReplicationError/invalidParameter(_:)`` for a checkpoint of another slot. An
  ///   answer that is bad news is no error.
  ///
  /// Commands: IDENTIFY_SYSTEM, TIMELINE_HISTORY; views: pg_replication_slots,
  /// pg_stat_replication_slots, pg_stat_wal.
  public func checkResume(
    _ checkpoint: Checkpoint
  ) async throws(ReplicationError) -> ResumeProof {
    guard checkpoint.slot == params.slot else {
      throw .invalidParameter(
        "the checkpoint is of slot \"\(checkpoint.slot)\", not of \"\(params.slot)\"")
    }
    return try await resumeFacts(since: checkpoint.timeline).proof(of: checkpoint)
  }

  /// - Parameter timeline: The one of which to look up where it was left.
  private func resumeFacts(
    since timeline: UInt32?
  ) async throws(ReplicationError) -> ResumeFacts {
    let connection = try await connectForReplication()
    defer { connection.close() }
    let system = try await connection.run("IDENTIFY_SYSTEM")
    guard let systemID = system.first("systemid"),
      let current = system.first("timeline").flatMap({ UInt32($0) }),
      let position = system.first("xlogpos").flatMap({ LSN($0) })
    else { throw .control(.unexpectedResult("IDENTIFY_SYSTEM returned no system")) }
    var facts = ResumeFacts(systemID: systemID, timeline: current, currentLSN: position)
    if let timeline, timeline < current {
      let history = try await connection.run(.timelineHistory(current))
      facts.switchLSN = history.first("content").flatMap {
        ResumeFacts.switchPoint(of: timeline, history: $0)
      }
    }
    let found = try await withControl { [slotName] control throws(ControlError) in
      (try control.slot(slotName), try control.sentCount(slotName))
    }
    facts.slot = found.0
    facts.sentCount = found.1
    return facts
  }
}

extension ReplicationCommand {
  /// The history of a timeline, as text.
  fileprivate static func timelineHistory(_ timeline: UInt32) -> ReplicationCommand {
    "TIMELINE_HISTORY \(timeline)"
  }
}

extension ControlConnection {
  /// What the slot has sent to its plugin since it was made, unless its statistics were reset.
  ///
  /// All statistics begin anew after a crash, and those of the log tell when that was.
  fileprivate func sentCount(_ slot: SlotName) throws(ControlError) -> SentCount? {
    guard serverVersion >= 14 else { return nil }
    let result = try query(
      """
      SELECT total_bytes,
        (extract(epoch FROM (SELECT stats_reset FROM pg_catalog.pg_stat_wal)) * 1000000)::int8
          AS since_us
      FROM pg_catalog.pg_stat_replication_slots
      WHERE slot_name = $1 AND stats_reset IS NULL
      """, [slot.text])
    guard let record = result.records.first, let bytes = record.int("total_bytes"),
      let since = record.int("since_us")
    else { return nil }
    return SentCount(bytes: bytes, since: PostgresTimestamp(unixMicroseconds: since))
  }
}
