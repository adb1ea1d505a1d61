internal import PGWire

/// Reads tables while the stream runs, so that every key has exactly its own history.
///
/// A table is cut into ranges of its key. Workers read one range each in a short transaction; its
/// rows, the chunk, are delivered between two transactions of the stream. For each change of the
/// stream this machine says whether it is delivered, or dropped because a chunk has it or will have
/// it. It does no I/O and has no clock: events go in, and it answers.
///
/// Why it is exact: writers of one key wait for each other until the first has left the list of
/// running transactions. So those that a snapshot sees are the first ones in the order of commits,
/// and "drop what the snapshot sees, deliver what it does not" leaves each key its whole history,
/// once. Three things make that possible, and each is a rule in ``IncrementalRules``:
/// - what was dropped before the range was read must be in its snapshot (``DroppedTransactions``);
/// - while the snapshot is taken, the stream waits in front of changes to the range;
/// - the chunk is delivered before the first transaction that is not in it.
///
/// The deliverer is one loop:
///
///     between transactions: chunkToPlace() → deliver it: chunkBegins, its rows, chunkEnds
///     begin → .none: deliver, ask nothing · .judge: deliver · .scan: scan all changes, then
///     admission() until it says proceed, doing what it says
///     each change of a table that isBeingRead: judge → deliver, drop, …
///     transactionEnds
///
/// After every event it takes what is to be done: ``takeActions()`` for the workers,
/// ``takeItems()`` for the consumer, and with the next item ``takeDeltas()`` for the checkpoint.
/// A transaction that touches no such table costs one look into a dictionary for each relation.
struct IncrementalMachine: Hashable, Sendable {
  /// Limits of what a checkpoint and the memory have to hold.
  struct Limits: Hashable, Sendable {
    /// The most ranges of all tables whose horizon the stream has not passed; each has a snapshot.
    var unpassedRanges = 256
    /// The most rows of a table that are ranges by themselves; from there on the range that such a
    /// row moves into is read again as a whole.
    var singleKeys = 64
  }

  /// A table that is being read.
  struct Table: Hashable, Sendable {
    var shape: KeyShape
    var ranges: TableRanges
    /// No range is read before all transactions below have ended: they may have written to the
    /// table before it was published.
    ///
    /// The same holds for a table that is read again: what was delivered before may be invisible to
    /// snapshots still, and was not dropped, so that the guard does not know of it.
    var startsAt: FullTransactionID?
    /// The greatest horizon of its ranges.
    var horizon = LSN.zero
    /// Where the stream is past all changes of a table that is gone.
    var leavesAt: LSN?
    /// Whether the server can't say where keys lie any more, since the table is gone.
    var hasNoOrder = false
    /// Where keys lie that only the server can place.
    var located: [Key: RangeID] = [:]

    mutating func wait(for start: FullTransactionID) {
      startsAt = max(startsAt ?? start, start)
    }
  }

  /// The transaction that is next, or is being delivered.
  struct Current: Hashable, Sendable {
    let xid: UInt32
    var id: FullTransactionID?
    let commitLSN: LSN
    var isAdmitted = false
    var touched: Set<RangeID> = []
  }

  var rules = IncrementalRules()
  var limits = Limits()
  var tables: [UInt32: Table] = [:]
  var dropped = DroppedTransactions()
  /// The greatest `xmin` that was seen, next to which the ids of the stream are completed.
  var anchor: FullTransactionID?
  var current: Current?
  /// The number of transactions that have begun, to name the current one.
  var serial: UInt64 = 0
  /// The stream has delivered every transaction whose commit record ends at or below it.
  var position = LSN.zero
  /// The server's log is on disk up to here.
  var flushedPosition = LSN.zero
  var nextNumber: UInt64 = 1
  var deltas: [SnapshotDelta] = []
  var items: [SnapshotItem] = []
  var actions: [SnapshotAction] = []
  /// The greatest id of all transactions that have begun in the stream.
  var greatestBegun: FullTransactionID?
  /// What was delivered while no table was being read.
  var idle = IdleTransactions()
  /// Whether a snapshot was asked for to shorten the list, and has not come yet.
  var isObserving = false

  init() {}

  /// Whether no table is being read, so that nothing need be asked.
  var isIdle: Bool { tables.isEmpty }

  /// Whether changes to a table must be judged: one look for each relation, not for each row.
  ///
  /// Of one that is gone, changes may still come.
  func isJudged(_ table: UInt32) -> Bool { tables[table] != nil }

  /// Whether a table is being read.
  func isBeingRead(_ table: UInt32) -> Bool { tables[table].map { $0.leavesAt == nil } ?? false }

  /// What to deliver besides, before anything else.
  mutating func takeItems() -> [SnapshotItem] {
    defer { items = [] }
    return items
  }

  /// What workers have to do next.
  mutating func takeActions() -> [SnapshotAction] {
    defer { actions = [] }
    return actions
  }

  /// What the next item changes in the checkpoint when it is acknowledged.
  mutating func takeDeltas() -> [SnapshotDelta] {
    defer { deltas = [] }
    return deltas
  }

  mutating func newID(_ table: UInt32) -> RangeID {
    defer { nextNumber &+= 1 }
    return RangeID(table: table, number: nextNumber)
  }

  func index(of id: RangeID) -> (table: Table, index: Int)? {
    guard let table = tables[id.table], let index = table.ranges.index(of: id) else { return nil }
    return (table, index)
  }

  /// Where a worker's range begins and ends; `nil` if it has none of that name any more.
  func range(_ id: RangeID) -> KeyRange? {
    index(of: id).map { $0.table.ranges.range(at: $0.index) }
  }

  func state(of id: RangeID) -> RangeState? {
    index(of: id).map { $0.table.ranges.pieces[$0.index].state }
  }

  mutating func setState(_ state: RangeState, of id: RangeID, armedDuring: UInt64? = nil) {
    guard let index = tables[id.table]?.ranges.index(of: id) else { return }
    tables[id.table]?.ranges.setState(state, at: index, armedDuring: armedDuring)
  }

  /// Joins what can be joined; what the next transaction touches, it still touches.
  mutating func join(_ table: UInt32) {
    var touched = current?.touched
    var hasJoined = false
    tables[table]?.ranges.join { part, whole in
      hasJoined = true
      if touched?.contains(part) == true { touched?.insert(whole) }
    }
    guard hasJoined else { return }
    if let touched { current?.touched = touched }
    forgetPlaces(table)
  }

  /// Bounds have changed, so that the server's answers may not hold.
  mutating func forgetPlaces(_ table: UInt32) {
    if tables[table]?.located.isEmpty == false { tables[table]?.located = [:] }
  }

  /// The current transaction may still touch what is open now, and is dropped there to its end.
  mutating func guardCurrent() {
    guard rules.guardsCurrent, current?.isAdmitted == true, let id = currentID() else { return }
    dropped.insert(id)
  }

  /// The current transaction's full id, as soon as a snapshot was seen.
  mutating func currentID() -> FullTransactionID? {
    if let id = current?.id { return id }
    guard let anchor, let xid = current?.xid else { return nil }
    current?.id = FullTransactionID(xid, near: anchor)
    return current?.id
  }
}
