internal import PGOutput
internal import PGWire
internal import Synchronization

/// What all parts of a subscription share.
final class SubscriptionContext: Sendable {
  /// In which way a subscription gives out what the server streams in blocks.
  enum Mode: UInt8 {
    /// Once it has ended.
    case whole = 1
    /// As it comes.
    case provisional
  }

  /// How soon it is saved and reported that only the server's log has grown.
  ///
  /// A server that shuts down saves its slots first, and asks for the last position afterwards.
  /// What was confirmed before is saved, as pg_upgrade demands it.
  private static let idlePace = Duration.milliseconds(500)

  let client: Client
  let store: (any CheckpointStore)?
  let options: SubscriptionOptions
  let control = SubscriptionControl()
  let acknowledgements: Acknowledgements
  /// Whether it takes one stream that is open already, of a recording, to its end.
  let isRecording: Bool
  /// Zero until it is chosen.
  private let mode = Atomic<UInt8>(0)
  /// Which transactions are asked for, as a number.
  private let selection: UInt64

  init(
    _ client: Client, _ store: (any CheckpointStore)?, _ options: SubscriptionOptions,
    isRecording: Bool = false
  ) {
    self.client = client
    self.isRecording = isRecording
    self.store = store
    self.options = options
    selection = client.params.selection
    acknowledgements = Acknowledgements(
      store, idlePace: min(client.params.statusInterval, Self.idlePace), client.params.logger
    ) { [control] in control.fail() }
  }

  /// What is delivered.
  var policy: DeliveryMachine.Policy {
    DeliveryMachine.Policy(
      advancesWhenIdle: options.advancesWhenIdle, leavesSlot: options.leavesSlot,
      selection: selection, deliversRepeats: isRecording)
  }

  /// Chooses the mode with the first request.
  @inline(__always)
  func choose(_ wanted: Mode) throws(ReplicationError) {
    guard mode.load(ordering: .relaxed) != wanted.rawValue else { return }
    try chooseFirst(wanted)
  }

  private func chooseFirst(_ wanted: Mode) throws(ReplicationError) {
    let (isFirst, chosen) = mode.compareExchange(
      expected: 0, desired: wanted.rawValue, ordering: .relaxed)
    guard isFirst || chosen == wanted.rawValue else {
      throw .invalidParameter(
        "a subscription gives whole transactions or provisional steps, not both: make another one")
    }
  }

  /// The checkpoint that stands for having all items up to one of them.
  ///
  /// - Parameter info: What it is, if it is a transaction.
  func checkpoint(
    at lsn: LSN, _ info: TransactionInfo?, _ id: AcknowledgementLedger.ID
  ) throws(ReplicationError) -> Checkpoint {
    guard var checkpoint = acknowledgements.checkpoint else { throw .closed }
    if let info {
      checkpoint.lastTransaction = TransactionMark(info, selection: selection)
      checkpoint.transactionEnd = lsn
    }
    checkpoint.position = lsn
    if let (progress, position) = acknowledgements.incremental(upTo: id, at: lsn) {
      checkpoint.incremental = IncrementalState(progress)
      checkpoint.position = position
    }
    return checkpoint
  }

  /// Does what the machine has decided.
  ///
  /// - Returns: The transaction that the consumer gets, if it gets one.
  func perform(
    _ delivery: DeliveryMachine.Delivery, changes: any ChangeSource
  ) -> Transaction? {
    switch delivery {
    case .nothing: return nil
    case .open(let opening):
      if !options.leavesSlot { acknowledgements.open(opening.id, opening.mark, end: opening.end) }
      return Transaction(
        opening, Acknowledgement(opening.id, opening.info.commitLSN, acknowledgements), changes)
    case .end(let id, let end), .endPassedOver(let id, let end):
      acknowledgements.end(id, at: end)
    case .idle(let position, let isRequested):
      acknowledgements.markIdle(upTo: position, isRequested: isRequested)
    }
    return nil
  }
}
