internal import PGOutput
internal import PGWire

/// Brings an ``IncrementalMachine`` together with those who read ranges, and with what is asked
/// for.
///
/// It belongs to the consumer's task, and is looked after whenever that asks for something.
struct IncrementalDelivery: Sendable {
  typealias Instant = ContinuousClock.Instant

  var machine: IncrementalMachine
  var readers: any RangeReading
  let requests: SnapshotRequests
  let lookups: TableLookups
  /// Which tables are read without being asked for; `nil` if none are.
  let options: IncrementalSnapshotOptions?
  let longestWait: Duration
  /// The tables that were published when they were looked up last.
  var tables: [UInt32: IncrementalTable] = [:]
  /// Tables that need not be read unless that is asked for.
  var settled: Set<UInt32>
  /// Ranges that a worker looks at, and that it has not claimed yet.
  var offers: [UInt32: RangeID] = [:]
  /// As what ranges are read: a table may be looked up anew before its chunk is delivered.
  var offered: [RangeID: SnapshotTable] = [:]
  var paused: Set<UInt32> = []
  /// Tables whose key changes did not have, so that they are read as one range.
  var keyless: Set<UInt32> = []
  var keys = ChangeKeys()
  var retries = RangeRetries()
  /// The catalogue's rows that make the publications have the tables that the checkpoint knows.
  var published: [UInt32: [UInt32]]
  /// Up to where it is known which of these tables have left their publications.
  var askedUpTo = LSN.zero
  /// Of questions beside the workers.
  var observations = RangeBackoff()
  /// When a snapshot, or the position of the log on disk, was asked for last.
  var asked: Instant?
  /// When the stream was last asked how far it is, and for which position.
  var askedStream: (for: LSN, at: Instant)?
  /// Since when the next transaction waits, and for what.
  var waiting: (for: Admission, since: Instant)?
  /// Rows of the chunk that is being delivered.
  var chunkRows: (rows: Int64, bytes: Int64) = (0, 0)
  /// Whether what was asked for could not be taken in the last time, and has to be looked at again.
  var isPutOff = false
  /// What ends the subscription.
  var failure: ReplicationError?

  /// The time between two questions of the same kind to the server.
  static let pace = Duration.milliseconds(100)

  init(
    _ progress: IncrementalProgress, at position: LSN, _ readers: any RangeReading,
    _ requests: SnapshotRequests, _ lookups: TableLookups, _ snapshot: SubscriptionSnapshot,
    _ rules: IncrementalRules
  ) {
    machine = IncrementalMachine(progress, position: position)
    machine.rules = rules
    self.readers = readers
    self.requests = requests
    self.lookups = lookups
    options = snapshot.incremental
    longestWait = (snapshot.incremental ?? IncrementalSnapshotOptions()).snapshotTimeout
    settled = Set(progress.whole.keys)
    published = progress.published
    for oid in progress.tables.keys { requests.note(oid) { $0.isWhole = false } }
    for oid in progress.whole.keys { requests.note(oid) { $0.isWhole = true } }
    // A consumer that has a later transaction was told; one that had only the last range may not
    // have been.
    for (oid, whole) in progress.whole.sorted(by: { $0.key < $1.key }) where whole >= position {
      machine.items.append(.tableIsWhole(table: oid, at: whole))
    }
    if !machine.isIdle || !machine.items.isEmpty { lookups.ask() }
  }

  /// Whether no table is being read, so that transactions need no look.
  var isIdle: Bool { machine.isIdle }

  /// Whether it has nothing to do or to deliver.
  var isQuiet: Bool { machine.isIdle && machine.items.isEmpty && !isPutOff }

  /// What the checkpoint has to know of transactions, as the machine knows it.
  func noteTransactions(in progress: inout IncrementalProgress) {
    progress.takeTransactions(of: machine)
  }
}
