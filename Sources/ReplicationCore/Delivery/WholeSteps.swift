internal import PGOutput
internal import PGWire

/// The steps of transactions that are delivered whole; streamed transactions are kept until they
/// end.
struct WholeSteps: StepSource {
  /// Whether transactions are kept until they have arrived completely.
  var keepsAll: Bool { didSet { assembler.keepsAll = keepsAll } }
  private let checksOrder: Bool
  private let keepsRepeats: Bool
  private let needsFile: Bool
  private(set) var assembler: TransactionAssembler
  private var spools: SpoolStore

  /// - Parameter mayKeep: Whether transactions may be kept from some moment on.
  init(
    _ params: ReplicationParams, _ options: SubscriptionOptions, checksOrder: Bool,
    mayKeep: Bool = false
  ) {
    keepsAll = options.keepsTransactionsWhole
    needsFile = mayKeep || params.streaming != .off || options.keepsTransactionsWhole
    self.checksOrder = checksOrder
    keepsRepeats = mayKeep && options.snapshot.incremental != nil
    spools = SpoolStore(in: options.spillDirectory, faults: options.spillFaults)
    assembler = TransactionAssembler(
      spoolLimit: options.streamedBytes ?? params.byteBudget / 64, RelationTracker(),
      RowReaders(options.types), checksOrder: checksOrder, keepsRepeats: keepsRepeats)
    assembler.keepsAll = keepsAll
  }

  var knownShapes: RelationTracker { assembler.knownShapes }
  var upcomingRelation: Relation? { assembler.upcomingRelation }
  var upcomingXID: UInt32? { nil }
  var keptCommit: LSN? { assembler.keptCommit }

  @inline(__always)
  var needsDisk: Bool { spools.pendingRead != nil || assembler.streamed.isOverLimit }

  var kept: KeptTransactions {
    KeptTransactions(
      transactions: assembler.streamed.count, memory: assembler.streamed.memory,
      spilled: spools.spilledBytes)
  }

  mutating func nextStep() throws(ReplicationError) -> TransactionStep? {
    while true {
      if let step = assembler.nextStep() {
        if case .whole(_, let end, let spool) = step { spools.replay(spool, end: end) }
        return step
      }
      guard spools.isReplaying, spools.pendingRead == nil else { return nil }
      if let end = try spools.replayNext(into: &assembler) {
        spools.emptyIfUnused(by: assembler.streamed)
        return .end(end)
      }
    }
  }

  @inline(__always)
  mutating func nextRow() -> TransactionChange? { assembler.nextRow() }

  @inline(__always)
  mutating func popEachRow(_ body: (TransactionChange) throws -> Void) throws {
    try assembler.popEachRow(body)
  }

  mutating func takeRows(_ frames: inout FrameCursor) -> Bool { assembler.takeRows(&frames) }

  mutating func take(_ data: XLogData) throws(PgOutputError) {
    try assembler.take(data)
    spools.emptyIfUnused(by: assembler.streamed)
  }

  mutating func take(_ keepAlive: KeepAlive) {
    assembler.take(keepAlive)
  }

  mutating func learn(_ readers: RowReaders) {
    assembler.learn(readers)
  }

  mutating func prepare() async throws(ReplicationError) {
    if needsFile { try await spools.open() }
  }

  mutating func useDisk() async throws(ReplicationError) {
    if spools.pendingRead != nil { return try await spools.readPending() }
    try await spools.spill(&assembler.streamed)
  }

  /// Passes the changes of a transaction that has just been returned as a whole step, before any of
  /// the changes is returned.
  func withChanges(
    of spool: TransactionSpool, _ body: (TransactionChange) throws(ReplicationError) -> Void
  ) async throws(ReplicationError) {
    var reader = SpoolReader(spool)
    // A copy: the transaction is decoded again when it is delivered.
    var assembler = assembler
    assembler.beginReplay(at: reader.place)
    while true {
      switch reader.next() {
      case .message(let message):
        do throws(PgOutputError) {
          try assembler.replay(message)
        } catch {
          throw .decoding(error)
        }
      case .read(let read):
        try await spools.run(read)
        reader.take(read)
      case .end: return
      }
      while let step = assembler.nextStep() {
        if case .change(let change) = step { try body(change) }
      }
    }
  }

  mutating func restart(_ shapes: RelationTracker) {
    spools.empty()
    assembler = TransactionAssembler(
      spoolLimit: assembler.streamed.limit, shapes, assembler.readers, checksOrder: checksOrder,
      keepsRepeats: keepsRepeats)
    assembler.keepsAll = keepsAll
  }
}
