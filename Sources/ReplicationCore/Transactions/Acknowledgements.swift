internal import Logging
internal import PGWire

/// Takes in what is done, saves the checkpoint, and then lets the server know: in this order, so
/// that a slot is never ahead of its checkpoint.
final class Acknowledgements: AcknowledgementReceiver {
  /// Lets the server know how far everything is done, soon or with the next report.
  typealias Report = @Sendable (LSN, _ isUrgent: Bool) -> Void

  let state: Lock<State>
  let store: (any CheckpointStore)?
  private let log: RepetitionLog
  /// How often it is saved that the server's log has gone on, and nothing else.
  private let idlePace: Duration
  private let work: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation
  /// Called when saving has failed.
  private let failed: @Sendable () -> Void

  init(
    _ store: (any CheckpointStore)?, idlePace: Duration, _ logger: Logger,
    failed: @escaping @Sendable () -> Void
  ) {
    self.store = store
    self.idlePace = idlePace
    log = RepetitionLog(logger)
    self.failed = failed
    state = Lock(State(ledger: AcknowledgementLedger(position: .zero), saved: .zero))
    (work, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Why the checkpoint can't be saved any more.
  var failure: ReplicationError? { state.withLock { $0.failure } }

  /// How far everything is done and saved.
  var position: LSN { state.withLock { $0.saved } }

  /// What a checkpoint has besides its position.
  var checkpoint: Checkpoint? { state.withLock { $0.base } }

  /// Where a stream has to continue; `nil` before the first.
  var resumption: Checkpoint? {
    state.withLock { state in
      guard var checkpoint = state.base else { return nil }
      checkpoint.position = state.saved
      checkpoint.transactionEnd = state.ledger.transactionEnd
      checkpoint.lastTransaction = state.ledger.lastTransaction
      if let incremental = state.ledger.incremental { checkpoint.incremental = .init(incremental) }
      return checkpoint
    }
  }

  /// How often something changed in snapshots that belongs to no item.
  var entries: Int { state.withLock { $0.entries } }

  /// How often a stream was begun at a checkpoint that was loaded.
  var beginnings: Int { state.withLock { $0.beginnings } }

  var numbers: (open: Int, oldest: MonotonicTime?, abandoned: Int, done: LSN, saved: LSN) {
    state.withLock {
      ($0.ledger.openCount, $0.ledger.oldestOpen, $0.abandoned, $0.ledger.position, $0.saved)
    }
  }

  /// Whether the next transaction waits until more is saved.
  var isAwaited: Bool { state.withLock { $0.waiter != nil } }
}

// MARK: - The consumer's side

extension Acknowledgements {
  /// A transaction is delivered.
  ///
  /// - Parameter end: Its end, if that is known already.
  func open(_ id: AcknowledgementLedger.ID, _ mark: TransactionMark? = nil, end: LSN? = nil) {
    let now = MonotonicTime.now()
    state.withLock { state in
      state.ledger.open(id, at: now, mark)
      if let end { state.ledger.end(id, at: end) }
    }
  }

  /// Rows of a table are delivered.
  func openChunk(_ id: AcknowledgementLedger.ID) {
    let now = MonotonicTime.now()
    state.withLock { $0.ledger.openChunk(id, at: now) }
  }

  /// - Returns: Whether it was still there: one whose end was known may have been passed.
  @discardableResult
  func end(_ id: AcknowledgementLedger.ID, at lsn: LSN, _ deltas: [SnapshotDelta] = []) -> Bool {
    var (isThere, isAbandoned) = (false, false)
    update { ledger in
      isThere = ledger.has(id)
      isAbandoned = ledger.end(id, at: lsn, deltas)
    }
    if isAbandoned { report(endLSN: lsn) }
    return isThere
  }

  /// Something has changed in incremental snapshots that belongs to no item.
  func enter(_ id: AcknowledgementLedger.ID, at lsn: LSN, _ deltas: [SnapshotDelta]) {
    state.withLock { $0.entries += 1 }
    update { ledger in
      ledger.openChunk(id, at: .now())
      ledger.end(id, at: lsn, deltas)
      ledger.complete(id)
    }
  }

  /// Changes what is known of transactions, as a machine knows it.
  func updateIncremental(_ body: (inout IncrementalProgress) -> Void) {
    state.withLock { $0.ledger.updateIncremental(body) }
  }

  /// How far incremental snapshots are with a transaction and all before it.
  func incremental(upTo id: AcknowledgementLedger.ID, at end: LSN) -> (IncrementalProgress, LSN)? {
    state.withLock { $0.ledger.incremental(upTo: id, at: end) }
  }

  func complete(_ id: AcknowledgementLedger.ID, attaching userData: [UInt8]?) {
    update { $0.complete(id, attaching: userData) }
  }

  func void(_ id: AcknowledgementLedger.ID) {
    update { $0.void(id) }
  }

  /// The server has nothing to send of what lies before a position.
  ///
  /// That may happen a thousand times a second, where other tables than the published ones are
  /// written to; it is saved after a while, and reported with the next periodic report.
  ///
  /// - Parameter isRequested: The server waits for it.
  func markIdle(upTo lsn: LSN, isRequested: Bool) {
    update(isUrgent: isRequested) { $0.markIdle(upTo: lsn, at: .now()) }
  }

  func dropped(_ id: AcknowledgementLedger.ID) {
    guard let end = state.withLock({ $0.ledger.abandon(id) }) else { return }
    report(endLSN: end)
  }

  private func report(endLSN: LSN) {
    let (abandoned, isFinished) = state.withLock { state in
      state.abandoned += 1
      return (state.abandoned, state.isFinished)
    }
    // What is dropped at the end is expected.
    guard !isFinished else { return }
    log.log(
      .error,
      "a transaction was dropped without being acknowledged; the slot cannot advance past it",
      metadata: ["endLSN": "\(endLSN)", "abandoned": "\(abandoned)"])
  }

  private func update(isUrgent: Bool = true, _ body: (inout AcknowledgementLedger) -> Void) {
    let (hasAdvanced, report, position) = state.withLock { state in
      let before = state.ledger.position
      let deltas = state.ledger.deltaCount
      body(&state.ledger)
      let position = state.ledger.position
      if store == nil { state.saved = position }
      // What could wait may have become urgent since.
      let hasAdvanced =
        position > (isUrgent ? state.urgentPosition : before) || state.ledger.deltaCount > deltas
      if isUrgent { state.urgentPosition = max(state.urgentPosition, position) }
      return (hasAdvanced, state.report, position)
    }
    guard hasAdvanced else { return }
    if store == nil {
      report?(position, isUrgent)
    } else if isUrgent {
      signal.yield()
    } else {
      saveLater()
    }
  }

  private func saveLater() {
    let isDue = state.withLock { state in
      defer { state.isSaveDue = true }
      return state.isSaveDue
    }
    guard !isDue else { return }
    Task { [weak self, idlePace] in
      try? await Task.sleep(for: idlePace)
      guard let self else { return }
      state.withLock { $0.isSaveDue = false }
      signal.yield()
    }
  }
}

// MARK: - The stream's side

extension Acknowledgements {
  /// The first stream starts from here.
  ///
  /// - Parameter end: Where the log that was followed ends and continues differently.
  func begin(at checkpoint: Checkpoint, rewoundTo end: LSN? = nil) {
    state.withLock { state in
      state.rewound = end
      state.base = checkpoint
      state.beginnings += 1
      state.savedDeltas = 0
      state.saved = checkpoint.position
      state.urgentPosition = checkpoint.position
      state.ledger = AcknowledgementLedger(
        position: checkpoint.position, transactionEnd: checkpoint.transactionEnd,
        lastTransaction: checkpoint.lastTransaction, attachment: checkpoint.userData,
        incremental: checkpoint.incremental?.progress,
        after: state.ledger)
    }
  }

  /// What is known of the server and the slot was read again.
  ///
  /// - Parameter end: Where the log that was followed ends and continues differently.
  func renew(_ checkpoint: Checkpoint, rewoundTo end: LSN?) {
    state.withLock { state in
      state.base = checkpoint
      guard let end else { return }
      state.rewound = min(state.rewound ?? end, end)
      state.saved = min(state.saved, end)
      state.urgentPosition = min(state.urgentPosition, end)
      state.ledger.rewind(to: end)
    }
  }

  /// Whether the log ended that was followed before, and nobody has asked where.
  var isRewound: Bool { state.withLock { $0.rewound != nil } }

  /// Where the log ended that was followed before; `nil` if that was asked for, or never happened.
  func takeRewind() -> LSN? {
    state.withLock { $0.rewound.take() }
  }

  /// A stream was opened: it is told how far everything is done.
  func attach(_ report: @escaping Report) {
    let position = state.withLock { state in
      state.report = report
      return state.saved
    }
    if position > .zero { report(position, true) }
  }

  /// The stream is gone.
  func detach() {
    state.withLock { $0.report = nil }
  }
}

// MARK: - Saving

extension Acknowledgements {
  /// Saves whenever there is something to save, until ``finish()``.
  func run() async {
    defer { end() }
    for await _ in work {
      guard let store, let next = due() else { continue }
      do {
        try await store.save(next.checkpoint)
        saved(next)
      } catch {
        log.logger.error("the checkpoint could not be saved", metadata: ["error": "\(error)"])
        state.withLock { $0.failure = .checkpointStore(of: error) }
        failed()
        return
      }
    }
  }

  /// No more is to be saved than what there is now.
  func finish() {
    state.withLock { $0.isFinished = true }
    signal.yield()
    signal.finish()
  }

  /// A checkpoint to save, and how many transactions and changes of snapshots it covers.
  private struct Due {
    /// How often a stream had been begun: counts of the ledger are those of one beginning.
    let beginning: Int
    let checkpoint: Checkpoint
    let count: Int
    let deltas: Int
  }

  private func due() -> Due? {
    state.withLock { state in
      guard var checkpoint = state.base,
        state.ledger.position > state.saved || state.ledger.deltaCount > state.savedDeltas
      else { return nil }
      checkpoint.position = state.ledger.position
      checkpoint.transactionEnd = state.ledger.transactionEnd
      checkpoint.lastTransaction = state.ledger.lastTransaction
      checkpoint.userData = state.ledger.attachment
      if let incremental = state.ledger.incremental { checkpoint.incremental = .init(incremental) }
      return Due(
        beginning: state.beginnings,
        checkpoint: checkpoint, count: state.ledger.passedCount, deltas: state.ledger.deltaCount)
    }
  }

  private func saved(_ due: Due) {
    let position = due.checkpoint.position
    let (report, waiter) = state.withLock {
      state -> (Report?, CheckedContinuation<Void, Never>?) in
      state.savedCount = due.count
      if due.beginning == state.beginnings { state.savedDeltas = due.deltas }
      let waiter = state.waiter.take()
      // Meanwhile it may have been rewound, and the new server must not hear of it.
      guard position <= state.ledger.position else { return (nil, waiter) }
      state.saved = position
      return (state.report, waiter)
    }
    waiter?.resume()
    report?(position, true)
  }

  private func end() {
    let waiter = state.withLock { state in
      state.isOver = true
      return state.waiter.take()
    }
    waiter?.resume()
  }
}
