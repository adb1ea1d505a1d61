internal import CDCTime
internal import PGWire

// Queries for resuming a stream.

/// The result of IDENTIFY_SYSTEM.
struct ServerSystem: Sendable {
  let id: String
  let timeline: UInt32
  /// Where the server's log ends, as far as it is flushed.
  let position: LSN
}

extension ControlQuery<ServerSystem> {
  /// The cluster that the server belongs to; only a walsender knows the command.
  static var system: Self {
    Self("IDENTIFY_SYSTEM") { rows throws(ControlError) in
      guard let row = rows.first, let id = row["systemid"], let timeline = row.oid("timeline"),
        let position = row.lsn("xlogpos")
      else { throw .unexpectedResult("IDENTIFY_SYSTEM returned no system") }
      return ServerSystem(id: id, timeline: timeline, position: position)
    }
  }
}

extension ControlQuery<TimelineHistory> {
  /// The history of a timeline; only a walsender knows the command.
  static func timelineHistory(_ timeline: UInt32) -> Self {
    Self("TIMELINE_HISTORY \(timeline)") { TimelineHistory($0.first?["content"] ?? "") }
  }
}

extension ControlQuery<SentCount?> {
  /// The bytes that the slot has sent to its plugin since it was created, unless its statistics
  /// were reset.
  ///
  /// All statistics are reset after a crash; the statistics of the WAL say when that was.
  static func sentCount(_ name: SlotName) -> Self {
    Self(
      """
      SELECT total_bytes, \
        \(microsecondsOf: "(SELECT stats_reset FROM pg_catalog.pg_stat_wal)") AS since_us \
      FROM pg_catalog.pg_stat_replication_slots \
      WHERE slot_name OPERATOR(pg_catalog.=) \(value: name.text) AND stats_reset IS NULL
      """
    ) { rows in
      guard let row = rows.first, let bytes = row.int("total_bytes"),
        let since = row.time("since_us")
      else { return nil }
      return SentCount(bytes: bytes, since: since)
    }
  }
}

/// Where a server's log ends.
struct LogEnd: Sendable {
  /// The end of everything written, flushed or not; on a standby, of everything replayed.
  let written: LSN
  let isStandby: Bool
}

extension ControlQuery<LogEnd> {
  static var logEnd: Self {
    Self(
      """
      SELECT \(SQL.insertLSN) AS written,
        pg_catalog.pg_is_in_recovery()::pg_catalog.int4 AS in_recovery
      """
    ) { rows in
      LogEnd(
        written: rows.first?.lsn("written") ?? .zero,
        isStandby: rows.first?["in_recovery"] == "1")
    }
  }
}

extension ResumeFacts {
  /// Looks up where an earlier timeline was left.
  mutating func readHistory(
    since earlier: UInt32, over connection: WireConnection
  ) async throws(ReplicationError) {
    guard earlier < timeline else { return }
    history = try await connection.ask(.timelineHistory(timeline))
  }
}
