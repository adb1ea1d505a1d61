internal import Logging
internal import PGWire

extension TransactionSource {
  /// The longest wait before it is looked again whether a slot that is held is free.
  private static let slotPace = Duration.seconds(4)

  /// Opens the stream, again and again if need be.
  ///
  /// One that was opened and broke without bringing anything counts as a failed attempt: else a
  /// server that fails at the same place each time would be asked as fast as it can answer.
  ///
  /// - Returns: False if it was stopped before.
  func connect(inHand: Bool) async throws(ReplicationError) -> Bool {
    let isFirst = !hasStreamed
    var attempts = self.attempts ?? Attempts(options.reconnect, now: .now())
    while true {
      if control.isStopped, !inHand { return false }
      if let failure = attempts.failure {
        let wait = attempts.wait(forSlot: isFirst && failure.isSlotActive, now: .now())
        guard var wait else { throw failure }
        // Another process that has the slot gives it up without a word.
        if failure.isSlotActive { wait = min(wait, Self.slotPace) }
        client.params.logger.warning(
          "no stream yet",
          metadata: [
            "slot": "\(client.params.slot)", "error": "\(failure)",
            "retryIn": "\(Amounts.wait(wait))",
          ])
        self.attempts = attempts
        try await pause(wait)
        attempts.failure = nil
        continue
      }
      do throws(ReplicationError) {
        try await openStream()
        attempts.opened = .now()
        self.attempts = attempts
        if !isFirst { control.noteReconnect() }
        return true
      } catch {
        if error == .cancelled, !Task.isCancelled, control.isStopped { return false }
        guard error.isTransient else { throw error }
        attempts.failure = await freed(error) ? nil : error
      }
    }
  }

  /// Ends the session that holds the slot, if that is the former one of this process.
  ///
  /// - Returns: Whether the slot is free now.
  private func freed(_ error: ReplicationError) async -> Bool {
    guard case .slotActive(let conflict) = error, let holder = conflict.holder,
      let former, former.isSame(as: holder)
    else { return false }
    self.former = nil
    client.params.logger.notice(
      "the slot is still held by this subscription's own former session, which is ended",
      metadata: ["slot": "\(client.params.slot)", "session": "\(holder)"])
    do throws(ReplicationError) {
      _ = try await client.takeOver(former.policy)
      return true
    } catch {
      client.params.logger.warning(
        "the former session could not be ended", metadata: ["error": "\(error)"])
      return false
    }
  }

  /// Waits, or gives up when it is stopped.
  func pause(_ wait: Duration) async throws(ReplicationError) {
    do throws(ReplicationError) {
      try await control.wait(heedsStop: true, until: waitLimit) { () throws(ReplicationError) in
        do { try await Task.sleep(for: wait) } catch { throw .cancelled }
      }
    } catch .cancelled where !Task.isCancelled && control.isStopped {
      // Which the caller sees.
    }
  }

  private func openStream() async throws(ReplicationError) {
    // Made before it is needed: a directory that won't do is told of at the start.
    let keeps = client.params.streaming != .off || options.keepsTransactionsWhole
    if keeps, mode != .provisional { _ = try await spillFile() }
    let stream = try await control.wait(heedsStop: true, until: waitLimit) {
      () throws(ReplicationError) in
      try await self.resume()
    }
    control.stream = stream
    hasStreamed = true
    acknowledgements.attach { stream.record(Progress(flush: $0), isUrgent: $1) }
  }

  /// Proves that nothing is lost, and opens the stream.
  ///
  /// Both over one connection: what was proved of one server may not hold for the next.
  private func resume() async throws(ReplicationError) -> Duplex {
    if client.params.temporarySlot {
      let start = try await beginTemporary()
      return try await client.startReplication(from: start)
    }
    historyCheck = nil
    // Before the first stream another process may move the checkpoint.
    let own = hasStreamed ? remembered() : nil
    let known: Checkpoint?
    if let own { known = own } else { known = try await load() }
    if known == nil { try await client.ensureSlot() }
    client.releaseControl()
    let connection = try await client.connectForReplication()
    let start: LSN
    do throws(ReplicationError) {
      var facts = try await client.resumeFacts(over: connection)
      if let known { try await facts.readHistory(since: known.timeline, over: connection) }
      if let known,
        let lsn = try await resume(
          from: known, facts, isStored: own == nil, over: connection)
      {
        start = lsn
      } else if known == nil {
        start = try await beginAnew(facts, userData: [], over: connection)
      } else {
        try await client.ensureSlot()
        start = try await beginAnew(
          try await client.resumeFacts(over: connection), userData: known?.userData ?? [],
          over: connection)
      }
    } catch {
      connection.close()
      throw error
    }
    if let check = historyCheck.take() {
      // Over a connection of its own: what it is sent is none of the consumer's.
      try await prove(check, over: connection)
      let stream = try await client.startReplication(from: start)
      provedHistory = nil
      return stream
    }
    return try await client.startReplication(from: start, over: connection)
  }

  /// Where this process is itself; `nil` before the first stream.
  private func remembered() -> Checkpoint? {
    guard var checkpoint = acknowledgements.resumption else { return nil }
    // What was delivered counts as well, acknowledged or not.
    if furthestGiven > checkpoint.transactionEnd ?? .zero {
      checkpoint.transactionEnd = furthestGiven
      checkpoint.lastTransaction = passedOver == nil ? deliveredMark : nil
    }
    return checkpoint
  }

  /// - Parameter isStored: Whether the checkpoint was loaded, so that another process may have
  ///   replaced it since.
  /// - Returns: Where the stream is to begin; `nil` if it is to begin anew, with a loss.
  private func resume(
    from known: Checkpoint, _ facts: ResumeFacts, isStored: Bool, over connection: Connection
  ) async throws(ReplicationError) -> LSN? {
    try client.checkSlot(of: known)
    let proof = refuted ?? facts.proof(of: known)
    try await checkOthers(known, facts, proof, isStored: isStored, over: connection)
    client.params.logger.info(
      "resuming", metadata: ["from": "\(known.position)", "proof": "\(proof)"])
    guard proof.isComplete else {
      guard !proof.isTransient, options.acceptsLoss(proof) else {
        throw .cannotResume(proof, slot: client.params.slot)
      }
      refuted = nil
      forget()
      return nil
    }
    // On a new timeline all that lay beyond the end of the old one never was.
    let end = facts.end(of: known)
    let position = min(known.position, end ?? known.position)
    guard var renewed = facts.checkpoint(at: position, slot: known.slot) else {
      throw .slotMissing(known.slot)
    }
    renewed.userData = known.userData
    renewed.transactionEnd = known.transactionEnd
    renewed.lastTransaction = known.lastTransaction
    renewed.snapshot = known.snapshot
    if end == nil { historyCheck = HistoryCheck(of: known, proof, client.params) }
    return begin(at: renewed, rewoundTo: end)
  }

  /// What looks like a loss may be another process that has the slot, and moves it and the
  /// checkpoint between our looking at the one and at the other.
  private func checkOthers(
    _ known: Checkpoint, _ facts: ResumeFacts, _ proof: ResumeProof, isStored: Bool,
    over connection: Connection
  ) async throws(ReplicationError) {
    guard case .gap = proof else { return }
    let conflict = SlotConflict(
      slot: client.params.slot, holder: await connection.holder(of: client.slotName), error: nil)
    if facts.slot?.isActive == true { throw .slotActive(conflict) }
    // It may have ended since: then the checkpoint says so, and it is continued from there.
    guard let stored = try await load(),
      isStored ? stored != known : stored.position > known.position
    else { return }
    hasStreamed = false
    forget()
    throw .slotActive(conflict)
  }

  /// Makes sure that the server still has the last transaction of the checkpoint.
  private func prove(
    _ check: HistoryCheck, over connection: Connection
  ) async throws(ReplicationError) {
    guard check != provedHistory else { return connection.close() }
    let probe = try await client.with { $0.stopAt = nil }
      .startReplication(from: check.start, over: connection)
    let isProved: Bool
    do throws(ReplicationError) {
      isProved = try await check.run(probe)
    } catch {
      await probe.close()
      throw error
    }
    await probe.close()
    guard isProved else {
      let proof = ResumeProof.diverged(at: check.start, timeline: check.timeline)
      guard options.acceptsLoss(proof) else {
        throw .cannotResume(proof, slot: client.params.slot)
      }
      // Found at the next attempt.
      refuted = proof
      throw .interrupted(commitLSN: check.end)
    }
    provedHistory = check
  }

  /// A checkpoint of a slot that was never streamed from: it begins where the slot is.
  ///
  /// It is saved before anything is delivered: from then on a slot that is made anew is noticed,
  /// and a store that can't be written to is no surprise later.
  ///
  /// A start position beyond the server's log is refused before it is saved.
  private func beginAnew(
    _ facts: ResumeFacts, userData: [UInt8], over connection: Connection
  ) async throws(ReplicationError) -> LSN {
    if let obstacle = facts.obstacle {
      throw .cannotResume(.standby(obstacle), slot: client.params.slot)
    }
    _ = try await connection.checkStart(at: options.startLSN)
    let slot = facts.slot?.confirmedFlushLSN ?? .zero
    let position = max(slot, options.startLSN ?? .zero)
    guard var checkpoint = facts.checkpoint(at: position, slot: client.params.slot) else {
      throw .slotMissing(client.params.slot)
    }
    checkpoint.userData = userData
    if !options.leavesSlot {
      do { try await store?.save(checkpoint) } catch { throw Self.storeFailure(error) }
    }
    return begin(at: checkpoint, rewoundTo: nil)
  }

  /// A slot that lives as long as its connection has nothing to be compared with, and can't be
  /// gone back to.
  private func beginTemporary() async throws(ReplicationError) -> LSN? {
    guard acknowledgements.checkpoint == nil else { throw .slotMissing(client.params.slot) }
    try await client.ensureSlot()
    acknowledgements.begin(
      at: Checkpoint(position: .zero, systemID: "", timeline: 0, slot: client.params.slot))
    return options.startLSN
  }

  /// - Returns: Where the stream is to begin: behind what this process has delivered, or else at
  ///   the checkpoint.
  private func begin(at checkpoint: Checkpoint, rewoundTo end: LSN?) -> LSN {
    guard hasStreamed, let delivered else {
      acknowledgements.begin(at: checkpoint)
      self.delivered = checkpoint.position
      return checkpoint.position
    }
    acknowledgements.renew(checkpoint, rewoundTo: end)
    let start = min(delivered, end ?? delivered)
    self.delivered = start
    return start
  }

  private func load() async throws(ReplicationError) -> Checkpoint? {
    do {
      guard let checkpoint = try await store?.load() else { return nil }
      return checkpoint.snapshot == .notMade ? nil : checkpoint
    } catch {
      throw Self.storeFailure(error)
    }
  }

  /// What a store's error is to the consumer.
  private static func storeFailure(_ error: any Error) -> ReplicationError {
    // Stores wait for what they read, and let a cancelled task go in words of their own.
    Task.isCancelled ? .cancelled : .checkpointStore(of: error)
  }
}
