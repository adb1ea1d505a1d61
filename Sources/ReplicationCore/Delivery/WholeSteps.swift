internal import PGOutput
internal import PGWire

/// The steps of transactions that are delivered whole; what is streamed is kept until its end.
struct WholeSteps: StepSource {
  private let keepsAll: Bool
  private let checksOrder: Bool
  private let needsFile: Bool
  private(set) var assembler: TransactionAssembler
  private var spools: SpoolStore

  init(_ params: ReplicationParams, _ options: SubscriptionOptions, checksOrder: Bool) {
    keepsAll = options.keepsTransactionsWhole
    needsFile = params.streaming != .off || options.keepsTransactionsWhole
    self.checksOrder = checksOrder
    spools = SpoolStore(in: options.spillDirectory)
    assembler = TransactionAssembler(
      spoolLimit: options.streamedBytes ?? params.byteBudget / 64, RelationTracker(),
      RowReaders(options.types), checksOrder: checksOrder)
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
  mutating func nextRow() -> Change? { assembler.nextRow() }

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

  mutating func restart(_ shapes: RelationTracker) {
    spools.empty()
    assembler = TransactionAssembler(
      spoolLimit: assembler.streamed.limit, shapes, assembler.readers, checksOrder: checksOrder)
    assembler.keepsAll = keepsAll
  }
}
