internal import CDCTime
internal import PGWire

/// The current state of the server, to be compared with a checkpoint.
struct ResumeFacts: Sendable {
  var systemID: String
  var serverVersion: Int
  /// Whether it is a standby.
  var isInRecovery: Bool
  var timeline: UInt32
  /// Where the server's log ends; on a standby, what it has replayed.
  var currentLSN: LSN
  /// The history of ``timeline``, if that is later than the checkpoint's.
  var history = TimelineHistory()
  var slot: ReplicationSlot?
  /// `nil` before server 14, and if there are no statistics of the slot.
  var sentCount: SentCount?

  func proof(of checkpoint: Checkpoint) -> ResumeProof {
    if checkpoint.isUnfinished { return .snapshotUnfinished }
    guard systemID == checkpoint.systemID else { return otherSystem(than: checkpoint) }
    switch place(of: checkpoint) {
    case .refused(let proof): return proof
    case .at(let position):
      if let obstacle { return .standby(obstacle) }
      let proof = slotProof(checkpoint, at: position)
      return proof.isComplete && position < checkpoint.position ? .rewinds(to: position) : proof
    }
  }

  /// Another cluster, or the same one after pg_upgrade, which gives it a new identifier.
  private func otherSystem(than checkpoint: Checkpoint) -> ResumeProof {
    let known = checkpoint.slotState
    guard let slot, !slot.isLost, serverVersion >= 17, !isInRecovery,
      let former = checkpoint.serverVersion, former < serverVersion, slot.plugin == known.plugin,
      slot.databaseOID == known.databaseOID, let confirmed = slot.confirmedFlushLSN,
      confirmed >= checkpoint.position
    else { return .otherCluster(expected: checkpoint.systemID, found: systemID) }
    return .upgraded(expected: checkpoint.systemID, found: systemID, slotAt: confirmed)
  }

  /// The position up to which the server's log is the one that the checkpoint was taken from; `nil`
  /// for all of it, zero if that is unknown.
  func end(of checkpoint: Checkpoint) -> LSN? {
    guard timeline > checkpoint.timeline else { return nil }
    guard let end = history.end(of: checkpoint.timeline) else { return .zero }
    // The stream was open while this server was promoted, so its own slot has moved past that
    // point.
    let isOwn = checkpoint.isFromStandby && slot?.isSynced != true
    return isOwn && slot?.confirmedFlushLSN ?? .zero > end ? nil : end
  }

  /// Why a standby can't serve the slot.
  var obstacle: StandbyObstacle? {
    guard isInRecovery else { return nil }
    guard let slot else { return .slotMissing }
    if serverVersion < 16 { return .decodingUnsupported }
    return slot.isSynced == true ? .slotSynchronized : nil
  }

  /// The checkpoint to store for a position, if the slot exists.
  func checkpoint(at position: LSN, slot name: String) -> Checkpoint? {
    guard let slot else { return nil }
    var checkpoint = Checkpoint(
      position: position, systemID: systemID, timeline: timeline, slot: name)
    checkpoint.slotState.databaseOID = slot.databaseOID
    checkpoint.slotState.plugin = slot.plugin
    checkpoint.slotState.restartLSN = slot.restartLSN
    checkpoint.slotState.sentBytes = sentCount?.bytes
    checkpoint.slotState.countedSince = sentCount?.since
    checkpoint.isFromStandby = isInRecovery
    checkpoint.serverVersion = serverVersion
    return checkpoint
  }

  /// Where the checkpoint lies in this server's history.
  private enum Place {
    case at(LSN)
    case refused(ResumeProof)
  }

  /// A standby may still get there, unless its history has diverged from the checkpoint's.
  private func place(of checkpoint: Checkpoint) -> Place {
    let position = checkpoint.position
    if let end = end(of: checkpoint) {
      // The log between the last transaction and the position had no data for the consumer.
      guard checkpoint.transactionEnd ?? position <= end else {
        let parted = end > .zero ? end : history.lastEnd(before: checkpoint.timeline) ?? .zero
        return .refused(.diverged(at: parted, timeline: timeline))
      }
      if position > end { return .at(end) }
    }
    let isFormer = timeline < checkpoint.timeline
    if !isFormer, position <= currentLSN { return .at(position) }
    if isInRecovery { return .refused(.standby(.notReplayed(upTo: currentLSN))) }
    return .refused(
      isFormer
        ? .formerTimeline(expected: checkpoint.timeline, found: timeline)
        : .diverged(at: currentLSN, timeline: timeline))
  }

  private func slotProof(_ checkpoint: Checkpoint, at position: LSN) -> ResumeProof {
    guard let slot else { return .slotMissing }
    if slot.isLost { return .slotInvalidated(slot.invalidation) }
    if let why = recreation(slot, checkpoint) { return .slotRecreated(why) }
    let confirmed = slot.confirmedFlushLSN ?? .zero
    if confirmed == position { return .exact }
    if confirmed > position { return .gap(from: position, to: confirmed) }
    return .replays(from: confirmed, bytes: position.bytes(since: confirmed))
  }

  private func recreation(_ slot: ReplicationSlot, _ checkpoint: Checkpoint) -> String? {
    let known = checkpoint.slotState
    if let plugin = known.plugin, plugin != slot.plugin {
      return "its plugin is \(slot.plugin ?? "none"), not \(plugin)"
    }
    if let database = known.databaseOID, database != slot.databaseOID {
      return "it belongs to another database"
    }
    // A promoted standby's copy may be older, and has its own counts. A slot that was created there
    // lies after the point where the timelines diverge, and so is reported as a gap.
    guard timeline == checkpoint.timeline else { return nil }
    if let restart = known.restartLSN, let found = slot.restartLSN, found < restart {
      return "its restart_lsn went back from \(restart) to \(found)"
    }
    // After a crash of the server all counters are reset, although the slot is the same.
    if let sent = known.sentBytes, sent > 0, let now = sentCount, now.bytes < sent,
      known.countedSince == now.since
    {
      return "it has sent \(now.bytes) bytes, and had sent \(sent) already"
    }
    return nil
  }
}

/// The bytes that a slot has sent to its plugin, and the time since which the server has counted.
struct SentCount: Hashable, Sendable {
  var bytes: Int64
  var since: PostgresTimestamp
}
