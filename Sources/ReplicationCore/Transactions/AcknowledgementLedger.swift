internal import PGWire

/// Which of the delivered transactions are done, and how far the slot may follow.
///
/// Transactions are entered in the order of delivery, which is the order of their end LSNs; they
/// are completed in any order. ``position`` is the contiguous low-water mark: the end of the last
/// transaction before which none is missing. It never goes back.
///
/// An idle mark is an entry that is complete from the start: everything up to it had been
/// delivered, and the server has nothing to send of what lies before it. So it counts as soon as
/// all transactions before it are done, and not before.
struct AcknowledgementLedger: Sendable {
  /// Names an entry; each is greater than those before, and never zero.
  typealias ID = UInt64

  private struct Entry: Sendable {
    let id: ID
    /// `nil` while the transaction's end has not come.
    var end: LSN?
    var isDone = false
    /// Whether nobody is left who could acknowledge it.
    var isAbandoned = false
    var attachment: [UInt8]?
    var mark: TransactionMark?
    /// What it changes of incremental snapshots.
    var deltas: [SnapshotDelta] = []
    /// Whether it is no transaction, so that its end is only where the stream was.
    var isChunk = false
    let since: MonotonicTime

    /// Whether its end is a place up to which the stream was read, and no record's.
    var isOnlyPlace: Bool { id == 0 || isChunk }
  }

  /// Everything below it is done.
  private(set) var position: LSN
  /// The end of the last transaction that ``position`` has passed.
  private(set) var transactionEnd: LSN
  /// What distinguishes that transaction, if it is known.
  private(set) var lastTransaction: TransactionMark?
  /// How many transactions ``position`` has passed.
  private(set) var passedCount = 0
  /// What was attached to the last transaction that ``position`` has passed and that had anything.
  private(set) var attachment: [UInt8]
  /// How far incremental snapshots are with all of that; `nil` if nobody asks for them.
  var incremental: IncrementalProgress?
  /// How often ``incremental`` has changed in something else than the position.
  private(set) var deltaCount = 0

  /// The first entry is the oldest; those before `first` are gone.
  private var entries: [Entry] = []
  private var first = 0

  /// - Parameter former: One whose count of transactions is continued.
  init(
    position: LSN, transactionEnd: LSN? = nil, lastTransaction: TransactionMark? = nil,
    attachment: [UInt8] = [], incremental: IncrementalProgress? = nil,
    after former: AcknowledgementLedger? = nil
  ) {
    self.position = position
    self.transactionEnd = transactionEnd ?? position
    self.lastTransaction = lastTransaction
    self.attachment = attachment
    self.incremental = incremental
    passedCount = former?.passedCount ?? 0
  }

  /// How many transactions were delivered and are not done.
  var openCount: Int { entries[first...].count { !$0.isDone } }

  /// How many entries are kept, marks among them.
  var entryCount: Int { entries.count - first }

  /// When the oldest of them was delivered.
  var oldestOpen: MonotonicTime? { entries[first...].first { !$0.isDone }?.since }

  /// A transaction is being delivered.
  mutating func open(_ id: ID, at now: MonotonicTime, _ mark: TransactionMark? = nil) {
    entries.append(Entry(id: id, mark: mark, since: now))
  }

  /// A chunk of a table is being delivered; it is ended where the stream stands.
  mutating func openChunk(_ id: ID, at now: MonotonicTime) {
    entries.append(Entry(id: id, isChunk: true, since: now))
  }

  /// Whether an entry is kept: it was not passed, nor voided.
  func has(_ id: ID) -> Bool { index(of: id) != nil }

  /// All of it has been delivered: its end is known.
  ///
  /// - Returns: Whether it holds the slot back indefinitely: nobody is left to acknowledge it.
  @discardableResult
  mutating func end(_ id: ID, at end: LSN, _ deltas: [SnapshotDelta] = []) -> Bool {
    guard let index = index(of: id) else { return false }
    entries[index].end = end
    entries[index].deltas = deltas
    let isAbandoned = entries[index].isAbandoned && !entries[index].isDone
    advance()
    return isAbandoned
  }

  /// Nobody is left who could acknowledge a transaction.
  ///
  /// - Returns: Its end, if it holds the slot back indefinitely now. One whose end has not come
  ///   does not yet: it may still break off, or be the last of all.
  mutating func abandon(_ id: ID) -> LSN? {
    guard let index = index(of: id), !entries[index].isDone else { return nil }
    entries[index].isAbandoned = true
    return entries[index].end
  }

  /// The consumer is done with a transaction.
  ///
  /// Done again, or voided before, it changes nothing.
  ///
  /// - Returns: Whether it was open.
  @discardableResult
  mutating func complete(_ id: ID, attaching attachment: [UInt8]? = nil) -> Bool {
    guard let index = index(of: id), !entries[index].isDone else { return false }
    entries[index].isDone = true
    entries[index].attachment = attachment
    advance()
    return true
  }

  /// A transaction was not delivered to its end, and will be delivered again.
  mutating func void(_ id: ID) {
    guard let index = index(of: id) else { return }
    entries.remove(at: index)
    advance()
  }

  /// Everything that was committed below this position has been delivered.
  mutating func markIdle(upTo position: LSN, at now: MonotonicTime) {
    guard position > (entries[first...].last?.end ?? self.position) else { return }
    // Many marks in a row say no more than the last of them.
    if let last = entries.indices.last, last >= first, entries[last].id == 0 {
      entries[last].end = position
    } else {
      entries.append(Entry(id: 0, end: position, isDone: true, since: now))
    }
    advance()
  }

  /// The log ends here and continues differently; no transaction lies beyond.
  mutating func rewind(to lsn: LSN) {
    position = min(position, lsn)
    for index in entries[first...].indices where entries[index].isOnlyPlace {
      entries[index].end = entries[index].end.map { min($0, lsn) }
    }
  }

  /// The entries' ids grow, but for the marks between them.
  private func index(of id: ID) -> Int? {
    var low = first
    var high = entries.count
    while low < high {
      var middle = (low + high) / 2
      // A mark tells nothing; what stands before it does, and marks never stand side by side.
      if entries[middle].id == 0 {
        if middle == low {
          low += 1
          continue
        }
        middle -= 1
      }
      let found = entries[middle].id
      if found == id { return middle }
      if found < id { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  private mutating func passed(_ end: LSN, _ mark: TransactionMark?) {
    if end > position { passedCount += 1 }
    guard end > transactionEnd else { return }
    transactionEnd = end
    lastTransaction = mark
  }

  private mutating func advance() {
    while first < entries.count, entries[first].isDone, let end = entries[first].end {
      if !entries[first].isOnlyPlace { passed(end, entries[first].mark) }
      position = max(position, end)
      apply(entries[first].deltas)
      if let attached = entries[first].attachment { attachment = attached }
      first += 1
    }
    // What is gone is dropped in large pieces, so that each entry is moved once on average.
    if first > 64, first * 2 > entries.count {
      entries.removeFirst(first)
      first = 0
    }
    incremental?.advance(to: position)
  }

  mutating func updateIncremental(_ body: (inout IncrementalProgress) -> Void) {
    var progress = incremental.take() ?? IncrementalProgress()
    body(&progress)
    incremental = progress
  }

  private mutating func apply(_ deltas: [SnapshotDelta]) {
    guard incremental != nil, !deltas.isEmpty else { return }
    for delta in deltas { incremental?.apply(delta) }
    deltaCount += 1
  }

  /// How far incremental snapshots are with an entry and all before it.
  ///
  /// - Returns: The position that goes with it: the entry's end, or beyond if all that was
  ///   acknowledged is further.
  func incremental(upTo id: ID, at end: LSN) -> (IncrementalProgress, LSN)? {
    guard var progress = incremental else { return nil }
    for entry in entries[first...] where entry.id != 0 && entry.id <= id {
      for delta in entry.deltas { progress.apply(delta) }
    }
    let position = max(position, end)
    progress.advance(to: position)
    return (progress, position)
  }
}
