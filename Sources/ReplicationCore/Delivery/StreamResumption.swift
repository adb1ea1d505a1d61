internal import Logging
internal import PGWire

/// Opens a stream at the consumer's position, once it is proved that nothing is lost.
///
/// A value, so that an attempt may run in a task of its own; its findings are in the value
/// afterwards, whether it has succeeded or not.
struct StreamResumption: Sendable {
  private let client: Client
  private let store: (any CheckpointStore)?
  private let options: SubscriptionOptions
  private let acknowledgements: Acknowledgements
  private let context: SubscriptionContext
  /// How far the consumer has got; moved to where the stream begins.
  var progress = DeliveryProgress()
  /// Whether a stream was opened, so that this process knows best how far it is.
  private(set) var hasStreamed = false
  /// The last proof.
  private var provedHistory: HistoryCheck?
  /// How a stream has disproved a checkpoint that had looked good.
  private var refuted: ResumeProof?

  init(_ context: SubscriptionContext) {
    client = context.client
    store = context.store
    options = context.options
    acknowledgements = context.acknowledgements
    self.context = context
  }

  /// Opens the stream.
  ///
  /// Proof and stream use one connection: a proof for one server may not hold for the next.
  mutating func open() async -> Result<Duplex, ReplicationError> {
    let attempt = context.tracer.beginAttempt()
    let result = await openStream()
    attempt.end(result.map(\.server))
    return result
  }

  private mutating func openStream() async -> Result<Duplex, ReplicationError> {
    do throws(ReplicationError) {
      let stream =
        client.params.usesTemporarySlot ? try await openTemporary() : try await openProved()
      hasStreamed = true
      return .success(stream)
    } catch {
      return .failure(error)
    }
  }

  /// A temporary slot has nothing to be compared with, and is lost with its connection.
  private func openTemporary() async throws(ReplicationError) -> Duplex {
    guard acknowledgements.checkpoint == nil else { throw .slotMissing(client.params.slot) }
    try await client.ensureSlot(waitsForPromotion: true)
    acknowledgements.begin(
      at: Checkpoint(position: .zero, systemID: "", timeline: 0, slot: client.params.slot))
    return try await client.startReplication(from: options.startLSN, tuning: .subscription)
  }

  private mutating func openProved() async throws(ReplicationError) -> Duplex {
    // Before the first stream another process may move the checkpoint.
    let own = hasStreamed ? remembered() : nil
    let known: Checkpoint?
    if let own { known = own } else { known = try await load() }
    if known == nil { try await client.ensureSlot(waitsForPromotion: true) }
    client.releaseControl()
    let connection = try await client.connectForReplication()
    let place: Place
    do throws(ReplicationError) {
      place = try await findPlace(known, isStored: own == nil, over: connection)
    } catch {
      connection.close()
      throw error
    }
    guard let check = place.check else {
      return try await client.startReplication(
        from: place.start, tuning: .subscription, over: connection)
    }
    // Over a separate connection: the consumer must not get what the server sends there.
    try await prove(check, over: connection)
    let stream = try await client.startReplication(from: place.start, tuning: .subscription)
    provedHistory = nil
    return stream
  }
}

// MARK: - Where it begins

extension StreamResumption {
  /// Where a stream begins, and what must be proved before.
  private struct Place {
    let start: LSN
    var check: HistoryCheck?
  }

  private mutating func findPlace(
    _ known: Checkpoint?, isStored: Bool, over connection: WireConnection
  ) async throws(ReplicationError) -> Place {
    var facts = try await client.resumeFacts(over: connection)
    guard let known else { return try await startFresh(facts, userData: [], over: connection) }
    try await facts.readHistory(since: known.timeline, over: connection)
    if let place = try await resume(from: known, facts, isStored: isStored, over: connection) {
      return place
    }
    try await client.ensureSlot(waitsForPromotion: true)
    return try await startFresh(
      try await client.resumeFacts(over: connection), userData: known.userData, over: connection)
  }

  /// The position of this process itself; `nil` before the first stream.
  private func remembered() -> Checkpoint? {
    guard var checkpoint = acknowledgements.resumption else { return nil }
    // What was delivered counts as well, acknowledged or not.
    if progress.furthestGiven > checkpoint.transactionEnd ?? .zero {
      checkpoint.transactionEnd = progress.furthestGiven
      checkpoint.lastTransaction = progress.furthestMark
    }
    return checkpoint
  }

  /// - Parameter isStored: Whether the checkpoint was loaded, so that another process may have
  ///   replaced it since.
  /// - Returns: `nil` if the stream is to start fresh, with a loss that was accepted.
  private mutating func resume(
    from known: Checkpoint, _ facts: ResumeFacts, isStored: Bool, over connection: WireConnection
  ) async throws(ReplicationError) -> Place? {
    try client.checkSlot(of: known)
    if let open = known.incremental?.openTables, !open.isEmpty, !context.takesItems {
      throw .snapshotRefused(.unfinishedTables(open))
    }
    let proof = refuted ?? facts.proof(of: known)
    try await checkOthers(known, facts, proof, isStored: isStored, over: connection)
    client.log.log(
      .info, "resuming", burst: RepetitionLog.burst,
      metadata: ["from": "\(known.position)", "proof": "\(proof)"])
    guard proof.isComplete else {
      guard !proof.isTransient, options.acceptsLoss(proof) else {
        throw .cannotResume(proof, slot: client.params.slot)
      }
      refuted = nil
      progress.reset()
      return nil
    }
    // On a new timeline, nothing exists that lay beyond the end of the old one.
    let end = facts.end(of: known)
    let position = min(known.position, end ?? known.position)
    guard var renewed = facts.checkpoint(at: position, slot: known.slot) else {
      throw .slotMissing(known.slot)
    }
    renewed.userData = known.userData
    renewed.transactionEnd = known.transactionEnd
    renewed.lastTransaction = known.lastTransaction
    renewed.snapshot = known.snapshot
    renewed.incremental = known.incremental
    return Place(
      start: begin(at: renewed, rewoundTo: end),
      check: end == nil ? HistoryCheck(of: known, proof, client.params) : nil)
  }

  /// An apparent loss may be caused by another process that holds the slot, and moves the slot and
  /// the checkpoint between our two reads.
  private mutating func checkOthers(
    _ known: Checkpoint, _ facts: ResumeFacts, _ proof: ResumeProof, isStored: Bool,
    over connection: WireConnection
  ) async throws(ReplicationError) {
    guard case .gap = proof else { return }
    let conflict = SlotConflict(
      slot: client.params.slot, holder: await connection.holder(of: client.slotName), error: nil)
    if facts.slot?.isActive == true { throw .slotActive(conflict) }
    // That process may have ended since: then the checkpoint shows it, and we continue from there.
    guard let stored = try await load(),
      isStored ? stored != known : stored.position > known.position
    else { return }
    hasStreamed = false
    progress.reset()
    throw .slotActive(conflict)
  }

  /// A checkpoint for a slot that was never streamed from: it starts at the slot's position.
  ///
  /// It is saved before anything is delivered: from then on a recreated slot is noticed, and a
  /// store that can't be written to is an error now and not later.
  ///
  /// A start position beyond the server's log is refused before it is saved.
  private mutating func startFresh(
    _ facts: ResumeFacts, userData: [UInt8], over connection: WireConnection
  ) async throws(ReplicationError) -> Place {
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
    return Place(start: begin(at: checkpoint, rewoundTo: nil))
  }

  /// - Returns: Where the stream is to begin: after what this process has delivered, or else at the
  ///   checkpoint.
  private mutating func begin(at checkpoint: Checkpoint, rewoundTo end: LSN?) -> LSN {
    guard hasStreamed, let delivered = progress.position else {
      acknowledgements.begin(at: checkpoint, rewoundTo: end)
      progress.begin(at: checkpoint.position)
      return checkpoint.position
    }
    acknowledgements.renew(checkpoint, rewoundTo: end)
    let start = min(delivered, end ?? delivered)
    progress.begin(at: start)
    return start
  }
}

// MARK: - Queries

extension StreamResumption {
  /// Checks that the server still has the last transaction of the checkpoint.
  private mutating func prove(
    _ check: HistoryCheck, over connection: WireConnection
  ) async throws(ReplicationError) {
    guard check != provedHistory else { return connection.close() }
    let probe = try await client.with { params in
      params.stopAt = nil
      params.deliversKeepAlives = true
      params.decodesTransactions = false
    }.startReplication(from: check.start, tuning: .subscription, over: connection)
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
      // The next attempt finds it.
      refuted = proof
      throw .interrupted(commitLSN: check.end)
    }
    provedHistory = check
  }

  private func load() async throws(ReplicationError) -> Checkpoint? {
    do {
      guard let checkpoint = try await store?.load() else { return nil }
      return checkpoint.snapshot == .notMade ? nil : checkpoint
    } catch {
      throw Self.storeFailure(error)
    }
  }

  /// The error that the consumer gets for an error of the store.
  private static func storeFailure(_ error: any Error) -> ReplicationError {
    // Stores wait for their reads, and end a cancelled wait with errors of their own.
    Task.isCancelled ? .cancelled : .checkpointStore(of: error)
  }
}
