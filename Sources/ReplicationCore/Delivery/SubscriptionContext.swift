internal import PGOutput
internal import PGWire
internal import Synchronization

/// What all parts of a subscription share.
final class SubscriptionContext: Sendable {
  /// How a subscription delivers transactions that the server streams in blocks.
  enum Mode: UInt8 {
    /// After they have ended.
    case whole = 1
    /// As they arrive.
    case provisional
    /// After they have ended, with the rows that incremental snapshots read in between.
    case items
  }

  /// How soon a position is saved and reported if only the server's log has grown.
  ///
  /// A server that shuts down saves its slots first, and asks for the last position afterwards.
  /// Positions confirmed before that are saved, as pg_upgrade requires.
  private static let idlePace = Duration.milliseconds(500)

  let client: Client
  let store: (any CheckpointStore)?
  let options: SubscriptionOptions
  let control = SubscriptionControl()
  let acknowledgements: Acknowledgements
  let tracer: StreamTracer
  /// Whether the slot follows the server's log while everything delivered has been acknowledged.
  private let advancesWhenIdle: Bool
  /// Whether it reads one stream of a recording, which is open already, to its end.
  let isRecording: Bool
  /// Requests to the code that delivers incremental snapshots.
  let requests: SnapshotRequests
  /// The rules by which it delivers; all of them, except in tests.
  let rules: IncrementalRules
  /// Zero until it is chosen.
  private let mode = Atomic<UInt8>(0)
  /// The selection of transactions that the server is asked for, as a number.
  private let selection: UInt64

  init(
    _ client: Client, _ store: (any CheckpointStore)?, _ options: SubscriptionOptions,
    advancesWhenIdle: Bool = true, isRecording: Bool = false,
    rules: IncrementalRules = IncrementalRules(),
    makeReaders: @escaping @Sendable () -> any RangeReading
  ) {
    self.client = client
    tracer = StreamTracer(subscription: client.params)
    self.rules = rules
    requests = SnapshotRequests(control, makeReaders: makeReaders)
    self.advancesWhenIdle = advancesWhenIdle
    self.isRecording = isRecording
    self.store = store
    self.options = options
    selection = client.params.selection
    acknowledgements = Acknowledgements(
      store, idlePace: min(client.params.statusInterval, Self.idlePace), client.params.logger
    ) { [control] in control.fail() }
  }

  /// Which steps are delivered.
  var policy: DeliveryMachine.Policy {
    DeliveryMachine.Policy(
      advancesWhenIdle: advancesWhenIdle, leavesSlot: options.leavesSlot,
      selection: selection, deliversRepeats: isRecording)
  }

  /// Chooses the mode with the first request.
  @inline(__always)
  func choose(_ wanted: Mode) throws(ReplicationError) {
    guard mode.load(ordering: .relaxed) != wanted.rawValue else { return }
    try chooseFirst(wanted)
  }

  /// Whether the consumer gets the rows that incremental snapshots read.
  var takesItems: Bool { mode.load(ordering: .relaxed) == Mode.items.rawValue }

  private func chooseFirst(_ wanted: Mode) throws(ReplicationError) {
    if wanted != .items, options.snapshot.isAsked {
      throw .invalidParameter(
        "a snapshot was requested, whose rows are delivered among the subscription's items: "
          + "iterate the items instead of the transactions")
    }
    let (isFirst, chosen) = mode.compareExchange(
      expected: 0, desired: wanted.rawValue, ordering: .relaxed)
    guard isFirst || chosen == wanted.rawValue else {
      throw .invalidParameter(
        "a subscription delivers either whole transactions, items with the rows of snapshots, or "
          + "provisional steps, and only one of them; create another subscription")
    }
  }

  /// The checkpoint for all items up to a transaction.
  func checkpoint(
    at lsn: LSN, _ info: TransactionInfo, _ id: AcknowledgementLedger.ID
  ) throws(ReplicationError) -> Checkpoint {
    let last = LastTransaction(end: lsn, mark: TransactionMark(info, selection: selection))
    return try checkpoint(at: lsn, last, id)
  }

  /// The last transaction before a position.
  struct LastTransaction: Sendable {
    let end: LSN
    let mark: TransactionMark?
  }

  /// - Parameter last: The last transaction that was delivered; `nil` if none was by this process.
  func checkpoint(
    at lsn: LSN, _ last: LastTransaction?, _ id: AcknowledgementLedger.ID
  ) throws(ReplicationError) -> Checkpoint {
    guard var checkpoint = acknowledgements.checkpoint else { throw .closed }
    if let last {
      checkpoint.lastTransaction = last.mark
      checkpoint.transactionEnd = last.end
    }
    checkpoint.position = lsn
    if let (progress, position) = acknowledgements.incremental(upTo: id, at: lsn) {
      checkpoint.incremental = IncrementalState(progress)
      checkpoint.position = position
    }
    return checkpoint
  }

  /// Carries out a decision of the machine.
  ///
  /// - Returns: The transaction that the consumer gets, if it gets one.
  func perform(
    _ delivery: DeliveryMachine.Delivery, changes: any ChangeSource
  ) -> ReplicationTransaction? {
    switch delivery {
    case .nothing: return nil
    case .open(let opening):
      if !options.leavesSlot { acknowledgements.open(opening.id, opening.mark, end: opening.end) }
      return ReplicationTransaction(
        opening, Acknowledgement(opening.id, opening.info.commitLSN, acknowledgements), changes)
    case .end(let id, let end), .endPassedOver(let id, let end):
      acknowledgements.end(id, at: end)
    case .idle(let position, let isRequested):
      acknowledgements.markIdle(upTo: position, isRequested: isRequested)
    }
    return nil
  }
}
