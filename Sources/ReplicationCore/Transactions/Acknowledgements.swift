internal import Logging
internal import PGWire

/// Takes in what is done, saves the checkpoint, and then lets the server know: in this order, so
/// that a slot is never ahead of its checkpoint.
final class Acknowledgements: Sendable {
  private struct State: Sendable {
    var ledger: AcknowledgementLedger
    /// Where the stream stands, and of which server; `nil` before the first connection.
    var base: Checkpoint?
    var stream: Duplex?
    /// What is saved, or need not be.
    var saved: LSN
    var abandoned = 0
    var failure: ReplicationError?
  }

  private let state: Lock<State>
  private let store: (any CheckpointStore)?
  private let logger: Logger
  private let work: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation
  /// Called when saving has failed.
  private let failed: @Sendable () -> Void

  init(_ store: (any CheckpointStore)?, _ logger: Logger, failed: @escaping @Sendable () -> Void) {
    self.store = store
    self.logger = logger
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

  /// Where a stream has to go on; `nil` before the first.
  var resumption: Checkpoint? {
    state.withLock { state in
      guard var checkpoint = state.base else { return nil }
      checkpoint.position = state.saved
      checkpoint.transactionEnd = state.ledger.transactionEnd
      return checkpoint
    }
  }

  var numbers: (open: Int, oldest: MonotonicTime?, abandoned: Int, done: LSN, saved: LSN) {
    state.withLock {
      ($0.ledger.openCount, $0.ledger.oldestOpen, $0.abandoned, $0.ledger.position, $0.saved)
    }
  }
}

// MARK: - The consumer's side

extension Acknowledgements {
  func open() -> AcknowledgementLedger.ID {
    state.withLock { $0.ledger.open(at: .now()) }
  }

  func end(_ id: AcknowledgementLedger.ID, at lsn: LSN) {
    var isAbandoned = false
    update { isAbandoned = $0.end(id, at: lsn) }
    if isAbandoned { report(endLSN: lsn) }
  }

  func complete(_ id: AcknowledgementLedger.ID, attaching userData: [UInt8]?) {
    update { $0.complete(id, attaching: userData) }
  }

  func void(_ id: AcknowledgementLedger.ID) {
    update { $0.void(id) }
  }

  func markIdle(upTo lsn: LSN) {
    update { $0.markIdle(upTo: lsn, at: .now()) }
  }

  /// The last reference to a token is gone.
  func dropped(_ id: AcknowledgementLedger.ID) {
    guard let end = state.withLock({ $0.ledger.abandon(id) }) else { return }
    report(endLSN: end)
  }

  private func report(endLSN: LSN) {
    state.withLock { $0.abandoned += 1 }
    logger.error(
      "a transaction was let go of without being acknowledged; the slot stays before its end",
      metadata: ["endLSN": "\(endLSN)"])
  }

  private func update(_ body: (inout AcknowledgementLedger) -> Void) {
    let (advanced, stream, position) = state.withLock { state in
      let before = state.ledger.position
      body(&state.ledger)
      let position = state.ledger.position
      if store == nil { state.saved = position }
      return (position > before, state.stream, position)
    }
    guard advanced else { return }
    if store == nil { stream?.sendStatusUpdate(flush: position) } else { signal.yield() }
  }
}

// MARK: - The stream's side

extension Acknowledgements {
  /// The first stream goes on from here.
  func begin(at checkpoint: Checkpoint) {
    state.withLock { state in
      state.base = checkpoint
      state.saved = checkpoint.position
      state.ledger = AcknowledgementLedger(
        position: checkpoint.position, transactionEnd: checkpoint.transactionEnd,
        attachment: checkpoint.userData, after: state.ledger)
    }
  }

  /// What is known of the server and the slot was read anew.
  ///
  /// - Parameter end: Where the log that was followed ends, and goes on differently.
  func renew(_ checkpoint: Checkpoint, rewoundTo end: LSN?) {
    state.withLock { state in
      state.base = checkpoint
      guard let end else { return }
      state.saved = min(state.saved, end)
      state.ledger.rewind(to: end)
    }
  }

  /// A stream was opened: it is told how far everything is done.
  func attach(_ stream: Duplex) {
    let position = state.withLock { state in
      state.stream = stream
      return state.saved
    }
    if position > .zero { stream.sendStatusUpdate(flush: position) }
  }

  /// The stream is gone.
  func detach() {
    state.withLock { $0.stream = nil }
  }
}

// MARK: - Saving

extension Acknowledgements {
  /// Saves whenever there is something to save, until ``finish()``.
  func run() async {
    for await _ in work {
      guard let store, let checkpoint = due() else { continue }
      do {
        try await store.save(checkpoint)
        saved(checkpoint.position)
      } catch {
        logger.error("the checkpoint could not be saved", metadata: ["error": "\(error)"])
        state.withLock { $0.failure = .checkpointStore(of: error) }
        failed()
        return
      }
    }
  }

  /// No more is to be saved than what there is now.
  func finish() {
    signal.yield()
    signal.finish()
  }

  private func due() -> Checkpoint? {
    state.withLock { state in
      guard var checkpoint = state.base, state.ledger.position > state.saved else { return nil }
      checkpoint.position = state.ledger.position
      checkpoint.transactionEnd = state.ledger.transactionEnd
      checkpoint.userData = state.ledger.attachment
      return checkpoint
    }
  }

  private func saved(_ position: LSN) {
    let stream = state.withLock { state -> Duplex? in
      // Meanwhile it may have been rewound, and the new server must not hear of it.
      guard position <= state.ledger.position else { return nil }
      state.saved = position
      return state.stream
    }
    stream?.sendStatusUpdate(flush: position)
  }
}
