internal import Logging
internal import PGOutput
internal import PGWire
internal import Synchronization

/// Where transactions and their changes are taken from, by one task at a time.
///
/// All that happens here happens on the consumer's task, and only when it asks; the stream's own
/// thread goes on receiving and giving feedback meanwhile, within its budget.
final class TransactionSource: @unchecked Sendable {
  /// The transaction that was given out last.
  private struct Current {
    let id: AcknowledgementLedger.ID
    let commitLSN: LSN
    /// To be told of its end; whoever walks the changes has it anyway.
    weak var transaction: Transaction?
    /// Shapes as they were told of before it.
    let shapes: RelationTracker
    /// `nil` while changes may come.
    var end: LSN?
  }

  /// A transaction that was kept, and is passed on now.
  private struct Replay {
    let xid: UInt32
    let end: LSN
    var reader: SpoolReader
  }

  let control = SubscriptionControl()
  let acknowledgements: Acknowledgements
  let client: Client
  let store: (any CheckpointStore)?
  let options: SubscriptionOptions

  // What follows belongs to whoever has claimed it.
  private let isClaimed = Atomic<Bool>(false)
  private var assembler: TransactionAssembler
  private var catalog: TypeCatalog
  private var file: SpillFile?
  private var current: Current?
  private var replay: Replay?
  /// The change of a transaction that has just one.
  private var onlyChange: Change?
  private var ending: Result<Void, ReplicationError>?
  /// The transaction that broke off while its changes were being taken.
  private var interrupted: LSN?
  /// The transaction that broke off after the consumer had passed it over.
  private var passedOver: (id: AcknowledgementLedger.ID, commitLSN: LSN)?
  /// Names of transactions that are not acknowledged, from the end of all names down.
  private var uncounted = AcknowledgementLedger.ID.max
  /// Bytes that have gone to the file.
  private var spilled = 0
  private var noted = KeptTransactions()
  /// When a wait for the next transaction is given up.
  private var waitLimit: ContinuousClock.Instant?
  /// Everything below it was delivered.
  private var delivered: LSN?

  init(_ client: Client, _ store: (any CheckpointStore)?, _ options: SubscriptionOptions) {
    self.client = client
    self.store = store
    self.options = options
    catalog = options.types
    let control = control
    acknowledgements = Acknowledgements(store, client.params.logger) { control.wake() }
    assembler = TransactionAssembler(
      spoolLimit: options.streamedBytes ?? client.params.byteBudget / 16,
      tracker: RelationTracker(), RowReaders(options.types))
  }

  /// Everything below it was delivered; `nil` before the first stream.
  var deliveredPosition: LSN? { delivered }

  /// The first stream begins here.
  func deliver(from lsn: LSN) {
    delivered = lsn
  }

  /// It goes on wherever the slot is.
  func forgetDelivered() {
    delivered = nil
  }

  func checkpoint(at lsn: LSN) throws(ReplicationError) -> Checkpoint {
    guard var checkpoint = acknowledgements.checkpoint else { throw .closed }
    checkpoint.position = lsn
    return checkpoint
  }
}

// MARK: - What the consumer asks for

extension TransactionSource {
  func nextTransaction() async throws(ReplicationError) -> Transaction? {
    guard !isClaimed.exchange(true, ordering: .acquiring) else { throw .concurrentReceive }
    defer { isClaimed.store(false, ordering: .releasing) }
    try await passOverCurrent()
    while let step = try await nextStep(inHand: false) {
      if let transaction = open(step) { return transaction }
    }
    return nil
  }

  /// The next transaction, or `nil` if none has come in time.
  func nextTransaction(
    before deadline: ContinuousClock.Instant
  ) async throws(ReplicationError) -> Transaction? {
    waitLimit = deadline
    defer { waitLimit = nil }
    do throws(ReplicationError) {
      return try await nextTransaction()
    } catch .cancelled where !Task.isCancelled {
      return nil
    }
  }

  func nextChange(of transaction: Transaction) async throws(ReplicationError) -> Change? {
    guard !isClaimed.exchange(true, ordering: .acquiring) else { throw .concurrentReceive }
    defer { isClaimed.store(false, ordering: .releasing) }
    guard let current, current.id == transaction.acknowledgement.id else {
      throw .transactionPassed(commitLSN: transaction.commitLSN)
    }
    if let change = onlyChange.take() { return change }
    if current.end != nil, replay == nil { return nil }
    while let step = try await nextStep(inHand: true) {
      switch step {
      case .change(let change): return change
      case .end(let end):
        self.end(at: end)
        return nil
      default: break
      }
    }
    return nil
  }

  /// Takes what is left of the transaction before.
  private func passOverCurrent() async throws(ReplicationError) {
    guard let current else { return }
    onlyChange = nil
    if current.end == nil || replay != nil {
      // From here on a break is none of the consumer's business.
      if current.end == nil { passedOver = (current.id, current.commitLSN) }
      self.current = nil
      while let step = try await nextStep(inHand: false) {
        guard case .end(let end) = step else { continue }
        settle(end)
        break
      }
    }
    self.current = nil
  }

  /// Begins to deliver what a step brings; `nil` if there is nothing to deliver.
  private func open(_ step: TransactionAssembler.Step) -> Transaction? {
    switch step {
    case .begin(let info):
      guard isNew(info) else { return nil }
      return deliver(info, end: nil)
    case .whole(let info, let end, let spool):
      replay = Replay(xid: info.xid, end: end, reader: SpoolReader(spool))
      guard isNew(info) else { return nil }
      return deliver(info, end: end)
    case .point(let info, let end, let change):
      guard info.kind == .message ? end > delivered ?? .zero : isNew(info) else { return nil }
      onlyChange = change
      return deliver(info, end: end)
    case .end(let end):
      settle(end)
      return nil
    case .idle(let lsn, let isRequested):
      guard options.advancesWhenIdle || isRequested, !options.leavesSlot else { return nil }
      acknowledgements.markIdle(upTo: lsn)
      delivered = max(delivered ?? .zero, lsn)
      return nil
    case .change: return nil
    }
  }

  /// Whether a transaction has not been delivered before.
  private func isNew(_ info: TransactionInfo) -> Bool {
    guard passedOver?.commitLSN != info.commitLSN else { return false }
    return info.commitLSN >= delivered ?? .zero
  }

  private func deliver(_ info: TransactionInfo, end: LSN?) -> Transaction {
    let id = options.leavesSlot ? nothing() : acknowledgements.open()
    let transaction = Transaction(
      info, isRedelivered: interrupted == info.commitLSN, end: end,
      Acknowledgement(id, commitLSN: info.commitLSN, acknowledgements), self)
    interrupted = nil
    current = Current(
      id: id, commitLSN: info.commitLSN, transaction: transaction, shapes: assembler.knownShapes,
      end: end)
    if let end {
      acknowledgements.end(id, at: end)
      delivered = end
    }
    return transaction
  }

  /// Names a transaction that nobody keeps account of.
  private func nothing() -> AcknowledgementLedger.ID {
    uncounted -= 1
    return uncounted
  }

  /// The transaction that is being delivered ends.
  private func end(at lsn: LSN) {
    guard let current, current.end == nil else { return }
    self.current?.end = lsn
    current.transaction?.ended(at: lsn)
    acknowledgements.end(current.id, at: lsn)
    delivered = lsn
  }

  /// A transaction ends that nobody walks any more.
  private func settle(_ end: LSN) {
    if let passedOver {
      acknowledgements.end(passedOver.id, at: end)
      self.passedOver = nil
    }
    delivered = max(delivered ?? .zero, end)
  }
}

// MARK: - Steps

extension TransactionSource {
  /// The next step.
  ///
  /// - Parameter inHand: Whether the consumer is in the middle of a transaction, which is not
  ///   given up when it is stopped, and can break off.
  /// - Returns: `nil` if nothing comes any more.
  private func nextStep(
    inHand: Bool
  ) async throws(ReplicationError) -> TransactionAssembler.Step? {
    if let ending {
      try ending.get()
      return nil
    }
    do throws(ReplicationError) {
      while true {
        if let step = assembler.nextStep() {
          if case .change(.relation(let change)) = step { try await learn(change.relation) }
          return step
        }
        if replay != nil {
          if let end = try await replayNext() { return .end(end) }
          continue
        }
        if let failure = acknowledgements.failure { throw failure }
        try await spill()
        guard try await takeNext(inHand: inHand) else { return nil }
      }
    } catch {
      // What has broken stays broken; a wait that was given up, or broke off, does not.
      switch error {
      case .cancelled, .interrupted: break
      default: ending = .failure(error)
      }
      throw error
    }
  }

  /// Gives the next message of a kept transaction to the assembler.
  ///
  /// - Returns: Its end, if there is none any more.
  private func replayNext() async throws(ReplicationError) -> LSN? {
    guard var replay = replay.take() else { return nil }
    do {
      if !replay.reader.hasBegun { try assembler.replays(replay.xid, begins: true) }
      let step = replay.reader.next()
      switch step {
      case .message(let message): try assembler.replay(message)
      case .read(let read):
        let file = file
        let piece = try await onOwnThread { () throws(ReplicationError) in
          guard let file else { throw .closed }
          do throws(SpillError) { return try read.run(file) } catch { throw .spill(error) }
        }
        replay.reader.take(read, piece)
      case .end:
        try assembler.replays(replay.xid, begins: false)
        assembler.streamed.giveBack(replay.reader.blocks)
        if assembler.streamed.isFileEmpty { file?.empty() }
        return replay.end
      }
    } catch {
      throw (error as? PgOutputError).map(ReplicationError.decoding) ?? error as? ReplicationError
        ?? .closed
    }
    self.replay = replay
    return nil
  }

  /// Moves streamed transactions to the file until the rest keeps its limit.
  private func spill() async throws(ReplicationError) {
    while let (xid, pieces) = assembler.streamed.planSpill() {
      let directory = options.spillDirectory
      let known = file
      file = try await onOwnThread { () throws(ReplicationError) in
        do throws(SpillError) {
          let file: SpillFile
          if let known { file = known } else { file = try SpillFile(in: directory) }
          for piece in pieces { try file.write(piece.segment, piece.range, at: piece.offset) }
          return file
        } catch {
          throw .spill(error)
        }
      }
      assembler.streamed.spilled(xid)
      spilled += pieces.reduce(0) { $0 + $1.range.count }
    }
    noteKept()
  }

  /// Lets others know what is kept, when it has changed.
  private func noteKept() {
    let kept = KeptTransactions(
      transactions: assembler.streamed.count, memory: assembler.streamed.memory, spilled: spilled)
    guard kept.transactions != noted.transactions || kept.spilled != noted.spilled else { return }
    noted = kept
    control.kept = kept
  }

  private func learn(_ relation: Relation) async throws(ReplicationError) {
    guard options.learnsTypes, let stream = control.stream,
      !catalog.unknownTypes(of: relation).isEmpty
    else { return }
    guard try await stream.learnTypes(of: relation, into: &catalog) else { return }
    assembler.learn(RowReaders(catalog))
  }

  /// Gives the next message of the stream to the assembler.
  ///
  /// - Returns: False if nothing comes any more.
  private func takeNext(inHand: Bool) async throws(ReplicationError) -> Bool {
    guard let stream = control.stream else { return try await connect(inHand: inHand) }
    do throws(ReplicationError) {
      guard let event = try await nextEvent(of: stream, inHand: inHand) else {
        if control.isStopped, !inHand { return false }
        guard stream.end == .serverShutdown else {
          ending = .success(())
          return false
        }
        throw .serverShutdown
      }
      switch event {
      case .xLogData(let data):
        do throws(PgOutputError) {
          try assembler.take(data)
        } catch {
          throw .decoding(error)
        }
      case .keepAlive(let keepAlive): assembler.take(keepAlive)
      default: break
      }
    } catch {
      guard error.isTransient else { throw error }
      lost(error)
      guard inHand, let current, current.end == nil else { return true }
      // The consumer has a part of it, and must know.
      acknowledgements.void(current.id)
      interrupted = current.commitLSN
      assembler = fresh(current.shapes)
      self.current = nil
      throw .interrupted(commitLSN: current.commitLSN)
    }
    return true
  }

  private func nextEvent(
    of stream: Duplex, inHand: Bool
  ) async throws(ReplicationError) -> ReplicationEvent? {
    if Task.isCancelled { throw .cancelled }
    if !inHand, control.isStopped { return nil }
    if let event = try stream.recvIfReady() { return event }
    do throws(ReplicationError) {
      if let waitLimit, waitLimit <= .now { throw .cancelled }
      return try await control.wait(heedsStop: !inHand, until: waitLimit) {
        () throws(ReplicationError) in
        try await stream.recv()
      }
    } catch .cancelled where !Task.isCancelled && control.isStopped {
      return nil
    }
  }

  /// The stream is gone; what was kept of transactions in progress comes again with the next.
  private func lost(_ error: ReplicationError) {
    client.params.logger.warning("the stream was lost", metadata: ["error": "\(error)"])
    acknowledgements.detach()
    control.stream = nil
    assembler = fresh(assembler.knownShapes)
  }

  private func fresh(_ shapes: RelationTracker) -> TransactionAssembler {
    file?.empty()
    return TransactionAssembler(
      spoolLimit: assembler.streamed.limit, tracker: shapes, assembler.readers)
  }
}
