internal import CDCTime
public import PGWire

extension Client {
  /// A checkpoint for a position, with what is known of the server and the slot now.
  ///
  /// - Parameter position: Up to where everything is durable on the consumer's side.
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
  /// Where the slot is behind the checkpoint, the server's history is proved only by what it sends
  /// again: a ``Subscription`` compares that with ``Checkpoint/lastTransaction``.
  ///
  /// A server starts wherever the slot is, and keeps silent about a slot that was made anew or has
  /// moved on. A slot made anew is told from one that has moved on as far as can be seen: by its
  /// plugin, its database, a `restart_lsn` that went back, and from server 14 on by what it has
  /// sent, if the checkpoint was taken after something was, and the server hasn't crashed since.
  /// Else it shows as a gap. (The statistics of server 14 lag half a second behind.)
  ///
  /// On a standby that was promoted since, the history of its timeline tells whether the checkpoint
  /// was reached there. A copy of the slot that lags behind is no error.
  ///
  /// - Throws: ``ReplicationError/invalidParameter(_:)`` for a checkpoint of another slot. An
  ///   answer that is bad news is no error.
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

  /// What the server that the connection leads to says of itself and the slot.
  func resumeFacts(
    over connection: Connection
  ) async throws(ReplicationError) -> ResumeFacts {
    // Asked first: promoted in between, it is looked at once more.
    let recovery = try await connection.run(
      "SELECT pg_catalog.pg_is_in_recovery()::pg_catalog.int4 AS in_recovery")
    let system = try await connection.run("IDENTIFY_SYSTEM")
    guard let systemID = system.first("systemid"),
      let current = system.first("timeline").flatMap({ UInt32($0) }),
      let position = system.first("xlogpos").flatMap({ LSN($0) })
    else { throw .control(.unexpectedResult("IDENTIFY_SYSTEM returned no system")) }
    let version = ServerSetting.majorVersion(connection.parameter("server_version") ?? "")
    var facts = ResumeFacts(
      systemID: systemID, serverVersion: version,
      isInRecovery: recovery.first("in_recovery") == "1", timeline: current, currentLSN: position)
    facts.slot = try await connection.slot(slotName)
    if version >= 14 { facts.sentCount = try await connection.sentCount(slotName) }
    return facts
  }
}

extension ResumeFacts {
  /// Looks up where an earlier timeline was left.
  mutating func readHistory(
    since earlier: UInt32, over connection: Connection
  ) async throws(ReplicationError) {
    guard earlier < timeline else { return }
    let history = try await connection.run(.timelineHistory(timeline))
    self.history = TimelineHistory(history.first("content") ?? "")
  }
}

extension ReplicationCommand {
  /// The history of a timeline, as text.
  fileprivate static func timelineHistory(_ timeline: UInt32) -> ReplicationCommand {
    "TIMELINE_HISTORY \(timeline)"
  }
}

extension Connection {
  /// The slot of this name, if there is one.
  func slot(_ name: SlotName) async throws(ReplicationError) -> ReplicationSlot? {
    let result = try await run(
      "\(ReplicationSlot.all) WHERE slot_name OPERATOR(pg_catalog.=) \(try Literal(name.text))")
    guard !result.rows.isEmpty else { return nil }
    do throws(ControlError) {
      return try ReplicationSlot { result.first($0) }
    } catch {
      throw .control(error)
    }
  }

  /// What the slot has sent to its plugin since it was made, unless its statistics were reset.
  ///
  /// All statistics begin anew after a crash, and those of the log tell when that was.
  fileprivate func sentCount(_ name: SlotName) async throws(ReplicationError) -> SentCount? {
    let result = try await run(
      """
      SELECT total_bytes, \
        \(microsecondsOf: "(SELECT stats_reset FROM pg_catalog.pg_stat_wal)") AS since_us \
      FROM pg_catalog.pg_stat_replication_slots \
      WHERE slot_name OPERATOR(pg_catalog.=) \(try Literal(name.text)) AND stats_reset IS NULL
      """)
    guard let bytes = result.first("total_bytes").flatMap({ Int64($0) }),
      let since = result.first("since_us").flatMap({ Int64($0) })
    else { return nil }
    return SentCount(bytes: bytes, since: PostgresTimestamp(unixMicroseconds: since))
  }
}
