internal import PGWire

/// What the consumer of a subscription's items works with.
///
/// The receiver brings steps; incremental snapshots decide what of them is delivered, and what
/// comes in between.
struct ItemDelivery: ~Copyable, Sendable {
  /// A transaction that has come whole, and has to wait before it is delivered.
  struct Waiting: Sendable {
    let step: TransactionStep
    /// Whether all of it has been looked at.
    var isScanned = false
  }

  /// A transaction that is delivered, and whose changes are judged.
  struct Judged: Sendable {
    /// `nil` if the consumer gets nothing of it.
    let id: AcknowledgementLedger.ID?
    weak var transaction: ReplicationTransaction?
    /// Changes that a judgement has made of one, and that are delivered next.
    var queue: [TransactionChange] = []
    /// A change of which only the server knows where it lies.
    var undecided: (change: TransactionChange, keys: UndecidedChange)?
    /// What comes behind it, taken so that the server is asked about many changes at once.
    var ahead = StepsAhead()
  }

  /// A chunk whose rows are being delivered.
  struct OpenChunk: Sendable {
    let id: RangeID
    let item: AcknowledgementLedger.ID
    let tableName: String
    let streamPosition: LSN
    weak var chunk: SnapshotChunk?
  }

  var receiver: Receiver<WholeSteps>
  /// Made when the first stream is open.
  var incremental: IncrementalDelivery?
  /// Whether the published tables have to be looked up before anything is delivered: while nobody
  /// streamed, one of them may have left the publications and come back.
  var needsLookup = false
  /// How often a stream was begun at a loaded checkpoint when that was made.
  var beginnings = 0
  var waiting: Waiting?
  var judged: Judged?
  var chunk: OpenChunk?
  /// The description of a table that has to be looked up before it is delivered.
  var unknown: TransactionChange?
  let keepsAll: Bool

  init(_ receiver: consuming Receiver<WholeSteps>, keepsAll: Bool) {
    self.receiver = receiver
    self.keepsAll = keepsAll
  }

  /// Whether nothing but transactions is to be delivered, none of which needs a look.
  var isQuiet: Bool {
    incremental?.isQuiet == true && waiting == nil && judged == nil && chunk == nil
  }

  /// Takes in what has happened beside the stream.
  ///
  /// - Parameter mayBegin: Whether tables can be added though a transaction has begun to arrive.
  mutating func attend(mayBegin: Bool) {
    // Who keeps transactions whole may have a part of it: it has to be judged alike when it comes
    // again.
    let isInside = keepsAll && (judged != nil || receiver.machine.givesChanges)
    incremental?.attend(
      mayBegin: mayBegin || receiver.source.assembler.isBetweenTransactions, mayTake: !isInside)
    keepAsNeeded()
  }

  /// Transactions are kept until all of them has come while any table is being read.
  mutating func keepAsNeeded() {
    let keeps = keepsAll || !(incremental?.isIdle ?? true)
    if receiver.source.keepsAll != keeps { receiver.source.keepsAll = keeps }
  }
}
