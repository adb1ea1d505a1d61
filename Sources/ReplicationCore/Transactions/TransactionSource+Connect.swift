internal import Logging
internal import PGWire

extension TransactionSource {
  /// Opens the stream, again and again if need be.
  ///
  /// One that was opened and broke without bringing anything counts as a failed attempt: else a
  /// server that fails at the same place each time would be asked as fast as it can answer.
  ///
  /// - Returns: False if it was stopped before.
  func connect(inHand: Bool) async throws(ReplicationError) -> Bool {
    let isFirst = acknowledgements.checkpoint == nil
    var attempts = self.attempts ?? Attempts(options.reconnect, now: .now())
    while true {
      if control.isStopped, !inHand { return false }
      if let failure = attempts.failure {
        let wait = attempts.wait(forSlot: isFirst && failure.isSlotActive, now: .now())
        guard let wait else { throw failure }
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
    if client.params.streaming != .off, mode != .provisional { _ = try await spillFile() }
    let stream = try await control.wait(heedsStop: true, until: waitLimit) {
      () throws(ReplicationError) in
      try await self.resume()
    }
    control.stream = stream
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
    let known: Checkpoint?
    if var checkpoint = acknowledgements.resumption {
      checkpoint.transactionEnd = max(checkpoint.transactionEnd ?? .zero, furthestGiven)
      known = checkpoint
    } else {
      known = try await load()
    }
    if known == nil { try await client.ensureSlot() }
    client.releaseControl()
    let connection = try await client.connectForReplication()
    let start: LSN
    do throws(ReplicationError) {
      let facts = try await client.resumeFacts(over: connection, since: known?.timeline)
      if let known, let lsn = try await goOn(from: known, facts) {
        start = lsn
      } else if known == nil {
        start = try await beginAnew(facts, over: connection)
      } else {
        try await client.ensureSlot()
        start = try await beginAnew(
          try await client.resumeFacts(over: connection, since: nil), over: connection)
      }
    } catch {
      connection.close()
      throw error
    }
    return try await client.startReplication(from: start, over: connection)
  }

  /// - Returns: Where the stream is to begin; `nil` if it is to begin anew, with a loss.
  private func goOn(
    from known: Checkpoint, _ facts: ResumeFacts
  ) async throws(ReplicationError) -> LSN? {
    try client.checkSlot(of: known)
    let proof = facts.proof(of: known)
    client.params.logger.info(
      "resuming", metadata: ["from": "\(known.position)", "proof": "\(proof)"])
    guard proof.isComplete else {
      guard !proof.isTransient, options.acceptsLoss(proof) else { throw .cannotResume(proof) }
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
    return begin(at: renewed, rewoundTo: end)
  }

  /// A checkpoint of a slot that was never streamed from: it begins where the slot is.
  ///
  /// It is saved before anything is delivered: from then on a slot that is made anew is noticed,
  /// and a store that can't be written to is no surprise later.
  ///
  /// A start position beyond the server's log is refused before it is saved.
  private func beginAnew(
    _ facts: ResumeFacts, over connection: Connection
  ) async throws(ReplicationError) -> LSN {
    if let obstacle = facts.obstacle { throw .cannotResume(.standby(obstacle)) }
    _ = try await connection.checkStart(at: options.startLSN)
    let slot = facts.slot?.confirmedFlushLSN ?? .zero
    let position = max(slot, options.startLSN ?? .zero)
    guard let checkpoint = facts.checkpoint(at: position, slot: client.params.slot) else {
      throw .slotMissing(client.params.slot)
    }
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
    guard let delivered, acknowledgements.checkpoint != nil else {
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
      return try await store?.load()
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

/// Runs what may block on a thread of our own.
func onOwnThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws(ReplicationError) -> Value
) async throws(ReplicationError) -> Value {
  let result = await withCheckedContinuation {
    (continuation: CheckedContinuation<Result<Value, ReplicationError>, Never>) in
    do throws(TransportError) {
      try OwnThread.start {
        do throws(ReplicationError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    } catch {
      continuation.resume(returning: .failure(.connection(.transport(error))))
    }
  }
  return try result.get()
}
