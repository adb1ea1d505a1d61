internal import CDCTime
internal import PGWire

/// What is asked of the deliverer from other tasks, and what these want to know of it.
final class SnapshotRequests: Sendable {
  /// Something for the deliverer to look at between two items.
  enum Request: Sendable {
    /// The tables that are published, looked up before a snapshot was taken.
    case found([IncrementalTable], at: ReadPoint)
    /// These of them are to be read, again if need be.
    case read(Set<UInt32>, of: [IncrementalTable], at: ReadPoint)
    case pause(Set<UInt32>)
    case resume(Set<UInt32>)
    case cancel(Set<UInt32>)
    /// The tables can't be looked up, and that ends the subscription.
    case failed(ReplicationError)
  }

  /// How far one table is.
  struct TableProgress: Sendable {
    var ranges: Int64 = 0
    var rows: Int64 = 0
    var bytes: Int64 = 0
    var estimatedRows: Int64?
    var isWhole = false
  }

  private struct State: Sendable {
    var inbox: [Request] = []
    var progress: [UInt32: TableProgress] = [:]
    var readers: (any RangeReading)?
    var lookups: TableLookups?
    var isFinished = false
    /// Whether no table may be read, and none looked up, for now.
    var isHeld = false
    /// Whether the deliverer has taken in which tables are published.
    var hasTables = false
  }

  private let state = Lock(State())
  private let control: SubscriptionControl
  private let makeReaders: @Sendable () -> any RangeReading

  init(_ control: SubscriptionControl, makeReaders: @escaping @Sendable () -> any RangeReading) {
    self.control = control
    self.makeReaders = makeReaders
  }

  /// Whether no table may be read, and none looked up, for now.
  var isHeld: Bool {
    get { state.withLock { $0.isHeld } }
    set {
      state.withLock { $0.isHeld = newValue }
      control.wake()
    }
  }

  func post(_ request: Request) {
    state.withLock { state in
      // A consumer may sleep: of what is published, the last word counts.
      if case .found = request {
        state.inbox.removeAll { if case .found = $0 { true } else { false } }
      }
      state.inbox.append(request)
    }
    control.wake()
  }

  func take() -> [Request] {
    state.withLock { state in
      defer { state.inbox = [] }
      return state.inbox
    }
  }

  /// Those who read ranges; made when they are first wanted.
  func readers() throws(ReplicationError) -> any RangeReading {
    try state.withLock { (state) throws(ReplicationError) in
      guard !state.isFinished else { throw .closed }
      if let readers = state.readers { return readers }
      let readers = makeReaders()
      state.readers = readers
      return readers
    }
  }

  /// Others take the place of those that there are: the stream goes to another server.
  func replaceReaders() async {
    let former = state.withLock { state in
      defer { state.readers = nil }
      return state.readers
    }
    await former?.close()
  }

  /// Looks tables up, from now on.
  ///
  /// - Parameter options: Which tables are read without being asked for.
  func lookups(_ options: IncrementalSnapshotOptions?) throws(ReplicationError) -> TableLookups {
    try state.withLock { (state) throws(ReplicationError) in
      guard !state.isFinished else { throw .closed }
      if let lookups = state.lookups { return lookups }
      let lookups = TableLookups(self, options)
      state.lookups = lookups
      return lookups
    }
  }

  /// Ends what runs beside the stream.
  func finish() async {
    let (readers, lookups) = state.withLock { state in
      state.isFinished = true
      defer { (state.readers, state.lookups) = (nil, nil) }
      return (state.readers, state.lookups)
    }
    lookups?.finish()
    await readers?.close()
  }
}

// MARK: - Progress

extension SnapshotRequests {
  func note(_ table: UInt32, _ body: (inout TableProgress) -> Void) {
    state.withLock { body(&$0.progress[table, default: TableProgress()]) }
  }

  func noteIfKnown(_ table: UInt32, _ body: (inout TableProgress) -> Void) {
    state.withLock { state in
      guard var progress = state.progress[table] else { return }
      body(&progress)
      state.progress[table] = progress
    }
  }

  /// All published tables that are to be read are known from here on.
  func noteTables() {
    state.withLock { $0.hasTables = true }
  }

  func forget(_ table: UInt32) {
    state.withLock { $0.progress[table] = nil }
  }

  /// - Parameter tables: Which tables; all if `nil`.
  func progress(of tables: Set<UInt32>? = nil) -> IncrementalSnapshotProgress {
    let (found, hasTables) = state.withLock { state in
      (state.progress.filter { tables?.contains($0.key) ?? true }.map(\.value), state.hasTables)
    }
    var sum = IncrementalSnapshotProgress()
    sum.hasLookedUpTables = hasTables
    sum.tables = found.count
    sum.tablesDone = found.count { $0.isWhole }
    for table in found {
      sum.ranges += table.ranges
      sum.rows += table.rows
      sum.bytes += table.bytes
    }
    let estimates = found.compactMap(\.estimatedRows)
    if estimates.count == found.count { sum.estimatedRows = estimates.sumSaturating() }
    return sum
  }
}
