internal import CDCTime
internal import PGWire

/// What the server says now, to be compared with a checkpoint.
struct ResumeFacts: Sendable {
  var systemID: String
  var timeline: UInt32
  /// Where the server's log ends.
  var currentLSN: LSN
  /// Where the checkpoint's timeline was left for a later one; `nil` if it never was.
  var switchLSN: LSN?
  var slot: ReplicationSlot?
  /// `nil` before server 14, and if there are no statistics of the slot.
  var sentCount: SentCount?

  func proof(of checkpoint: Checkpoint) -> ResumeProof {
    guard systemID == checkpoint.systemID else {
      return .otherCluster(expected: checkpoint.systemID, found: systemID)
    }
    return divergence(from: checkpoint) ?? slotProof(checkpoint)
  }

  /// Where this server's history parts from the checkpoint's, if before the position.
  private func divergence(from checkpoint: Checkpoint) -> ResumeProof? {
    if timeline < checkpoint.timeline {
      return .diverged(at: min(currentLSN, checkpoint.position), timeline: timeline)
    }
    if timeline > checkpoint.timeline, let switchLSN, checkpoint.position > switchLSN {
      return .diverged(at: switchLSN, timeline: timeline)
    }
    if checkpoint.position > currentLSN {
      return .diverged(at: currentLSN, timeline: timeline)
    }
    return nil
  }

  private func slotProof(_ checkpoint: Checkpoint) -> ResumeProof {
    guard let slot else { return .slotMissing }
    if slot.isLost { return .slotInvalidated(slot.invalidation) }
    if let why = recreation(slot, checkpoint.slotState) { return .slotRecreated(why) }
    let confirmed = slot.confirmedFlushLSN ?? .zero
    if confirmed == checkpoint.position { return .exact }
    if confirmed > checkpoint.position {
      return .gap(from: checkpoint.position, to: confirmed)
    }
    return .replays(
      from: confirmed, bytes: checkpoint.position.rawValue - confirmed.rawValue)
  }

  private func recreation(_ slot: ReplicationSlot, _ known: Checkpoint.SlotState) -> String? {
    if let plugin = known.plugin, plugin != slot.plugin {
      return "its plugin is \(slot.plugin ?? "none"), not \(plugin)"
    }
    if let database = known.databaseOID, database != slot.databaseOID {
      return "it belongs to another database"
    }
    if let restart = known.restartLSN, let found = slot.restartLSN, found < restart {
      return "its restart_lsn went back from \(restart) to \(found)"
    }
    // After a crash of the server all counters begin anew, for the same slot.
    if let sent = known.sentBytes, sent > 0, let now = sentCount, now.bytes < sent,
      known.countedSince == now.since
    {
      return "it has sent \(now.bytes) bytes, and had sent \(sent) already"
    }
    return nil
  }
}

extension ResumeFacts {
  /// Where a timeline was left, by the history file of a later one.
  ///
  ///     1 <tab> 0/3000148 <tab> no recovery target specified
  static func switchPoint(of timeline: UInt32, history: String) -> LSN? {
    for line in history.split(separator: "\n") {
      let fields = line.split { $0 == "\t" || $0 == " " }
      guard fields.count >= 2, UInt32(fields[0]) == timeline else { continue }
      return LSN(String(fields[1]))
    }
    return nil
  }
}

/// What a slot has sent to its plugin, in bytes, and since when the server has counted.
struct SentCount: Hashable, Sendable {
  var bytes: Int64
  var since: PostgresTimestamp
}
