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
  struct Current {
    let id: AcknowledgementLedger.ID
    let commitLSN: LSN
    let mark: TransactionMark?
    /// To be told of its end; whoever walks the changes has it anyway.
    weak var transaction: Transaction?
    /// Shapes as they were told of before it.
    let shapes: RelationTracker
    /// `nil` while changes may come.
    var end: LSN?
  }

  /// A transaction that was kept, and is passed on now.
  struct Replay {
    let xid: UInt32
    let end: LSN
    var reader: SpoolReader
  }

  /// How soon it is saved and reported that only the server's log has gone on.
  ///
  /// A server that shuts down saves its slots first, and asks for the last position afterwards.
  /// What was confirmed before is saved, as pg_upgrade demands it.
  private static let idlePace = Duration.milliseconds(500)

  let control = SubscriptionControl()
  let acknowledgements: Acknowledgements
  let client: Client
  let store: (any CheckpointStore)?
  let options: SubscriptionOptions
  /// Which transactions are asked for, as a number.
  private let selection: UInt64

  // What follows belongs to whoever has claimed it.
  let isClaimed = Atomic<Bool>(false)
  /// `nil` until the first step is asked for.
  var mode: Mode?
  /// What the consumer was last asked to forget.
  var discard: ProvisionalStep.Discard?
  var assembler: TransactionAssembler
  var catalog: TypeCatalog
  var file: SpillFile?
  /// Whether it has been written to since it was last empty.
  var isFileUsed = false
  var current: Current?
  var replay: Replay?
  /// The change of a transaction that has just one.
  var onlyChange: Change?
  var ending: Result<Void, ReplicationError>?
  /// The transaction that broke off while its changes were being taken.
  var interrupted: LSN?
  /// The transaction that broke off after the consumer had passed it over.
  var passedOver: (id: AcknowledgementLedger.ID, commitLSN: LSN)?
  /// Names of transactions that are not acknowledged, from the end of all names down.
  var uncounted = AcknowledgementLedger.ID.max
  /// Bytes that have gone to the file.
  var spilled = 0
  var noted = KeptTransactions()
  /// The session of the stream that was lost last.
  var former: FormerSession?
  /// The attempts to open a stream since one has last brought a whole transaction.
  var attempts: Attempts?
  /// When a wait for the next transaction is given up.
  var waitLimit: ContinuousClock.Instant?
  /// Whether a stream was opened, so that this process knows best how far it is.
  var hasStreamed = false
  /// Everything below it was delivered; `nil` before the first stream.
  var delivered: LSN?
  /// The end of the last transaction that was delivered.
  private var deliveredEnd = LSN.zero
  /// What distinguishes that transaction.
  private(set) var deliveredMark: TransactionMark?
  /// What the next stream has to prove before it is opened.
  var historyCheck: HistoryCheck?
  /// What was proved last.
  var provedHistory: HistoryCheck?
  /// What a stream has shown of a checkpoint that had looked good.
  var refuted: ResumeProof?

  init(_ client: Client, _ store: (any CheckpointStore)?, _ options: SubscriptionOptions) {
    self.client = client
    self.store = store
    self.options = options
    selection = client.params.selection
    catalog = options.types
    let control = control
    acknowledgements = Acknowledgements(
      store, idlePace: min(client.params.statusInterval, Self.idlePace), client.params.logger
    ) { control.fail() }
    assembler = TransactionAssembler(
      .whole, spoolLimit: options.streamedBytes ?? client.params.byteBudget / 64,
      tracker: RelationTracker(), RowReaders(options.types))
    assembler.keepsAll = options.keepsTransactionsWhole
  }

  func checkpoint(
    at lsn: LSN, _ info: TransactionInfo
  ) throws(ReplicationError) -> Checkpoint {
    guard var checkpoint = acknowledgements.checkpoint else { throw .closed }
    checkpoint.lastTransaction = TransactionMark(info, selection: selection)
    checkpoint.position = lsn
    checkpoint.transactionEnd = lsn
    return checkpoint
  }

  /// Of what the consumer may have, the server must have all.
  var furthestGiven: LSN {
    // The record of a commit begins there, and ends beyond.
    max(deliveredEnd, passedOver?.commitLSN.advanced(by: 1) ?? .zero)
  }
}

// MARK: - What the consumer asks for

extension TransactionSource {
  func nextTransaction() async throws(ReplicationError) -> Transaction? {
    try await nextTransaction(until: nil)
  }

  /// The next transaction, or `nil` if none has come in time.
  func nextTransaction(
    before deadline: ContinuousClock.Instant
  ) async throws(ReplicationError) -> Transaction? {
    do throws(ReplicationError) {
      return try await nextTransaction(until: deadline)
    } catch .cancelled where !Task.isCancelled {
      return nil
    }
  }

  private func nextTransaction(
    until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) -> Transaction? {
    guard !isClaimed.exchange(true, ordering: .acquiring) else { throw .concurrentReceive }
    defer { isClaimed.store(false, ordering: .releasing) }
    try choose(.whole)
    waitLimit = deadline
    defer { waitLimit = nil }
    passOverCurrent()
    try await waitForSaves()
    while let step = try await nextStep(inHand: false) {
      if let transaction = open(step) { return transaction }
    }
    return nil
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

  /// What is left of the transaction before is none of the consumer's business any more.
  func passOverCurrent() {
    guard let current else { return }
    onlyChange = nil
    if current.end == nil { passedOver = (current.id, current.commitLSN) }
    self.current = nil
  }

  /// Begins to deliver what a step brings; `nil` if there is nothing to deliver.
  func open(_ step: TransactionAssembler.Step) -> Transaction? {
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
      acknowledgements.markIdle(upTo: lsn, isRequested: isRequested)
      delivered = max(delivered ?? .zero, lsn)
      return nil
    case .change, .discard, .provisional, .aborted, .staged: return nil
    }
  }

  /// Whether a transaction has not been delivered before.
  func isNew(_ info: TransactionInfo) -> Bool {
    guard passedOver?.commitLSN != info.commitLSN else { return false }
    return info.commitLSN >= delivered ?? .zero
  }

  func deliver(_ info: TransactionInfo, end: LSN?) -> Transaction {
    let mark = TransactionMark(info, selection: selection)
    let id = options.leavesSlot ? nothing() : acknowledgements.open(mark)
    let transaction = Transaction(
      info, isRedelivered: interrupted == info.commitLSN, end: end,
      Acknowledgement(id, commitLSN: info.commitLSN, acknowledgements), self)
    interrupted = nil
    current = Current(
      id: id, commitLSN: info.commitLSN, mark: mark, transaction: transaction,
      shapes: assembler.knownShapes,
      end: end)
    if let end {
      acknowledgements.end(id, at: end)
      noteDelivered(end, mark)
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
    noteDelivered(lsn, current.mark)
  }

  /// A transaction ends that nobody walks any more.
  private func settle(_ end: LSN) {
    if let passedOver {
      acknowledgements.end(passedOver.id, at: end)
      self.passedOver = nil
    }
    noteDelivered(max(delivered ?? .zero, end), nil)
  }

  /// What was delivered counts no more.
  func forget() {
    delivered = nil
    deliveredEnd = .zero
    deliveredMark = nil
    passedOver = nil
  }

  private func noteDelivered(_ end: LSN, _ mark: TransactionMark?) {
    delivered = end
    deliveredEnd = end
    deliveredMark = mark
  }
}
