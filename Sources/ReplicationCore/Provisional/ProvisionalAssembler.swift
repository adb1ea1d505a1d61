internal import PGOutput
internal import PGWire

/// Turns a plugin's messages into steps, and passes blocks on as they arrive.
///
/// Pure: it is given the messages of one stream in order. Of a transaction in progress only the
/// data is kept that is needed to decide which of its changes count.
struct ProvisionalAssembler: StepSource {
  private var decoder: PgOutputDecoder
  private var queue: ProvisionalQueue

  init(_ tracker: RelationTracker, _ readers: RowReaders) {
    decoder = PgOutputDecoder(checks: .everything)
    queue = ProvisionalQueue(whole: StepQueue(tracker, readers))
  }

  /// The transactions in progress whose changes have been passed on.
  var open: ProvisionalTransactions { queue.open }

  /// The shapes that have been announced so far.
  var knownShapes: RelationTracker { queue.whole.tracker }

  /// The table that the next step describes, if it does.
  var upcomingRelation: Relation? { queue.first?.relation }

  /// The transaction that the next step belongs to, if the step says.
  var upcomingXID: UInt32? { queue.first?.xid }

  /// The next step, in the order in which they came.
  mutating func nextStep() -> ProvisionalStep.Assembled? { queue.popFirst() }

  /// The definitions of types were learnt: rows from here on are read with them.
  mutating func learn(_ readers: RowReaders) {
    queue.whole.readers = readers
  }

  /// Takes in a keepalive.
  mutating func take(_ keepAlive: KeepAlive) {
    guard decoder.place == .outside else { return }
    queue.append(.whole(.idle(keepAlive.walEnd, isRequested: keepAlive.replyRequested)))
  }

  /// Takes in a message.
  mutating func take(_ data: XLogData) throws(PgOutputError) {
    let payload = data.payload
    try payload.withBytes { (bytes) throws(PgOutputError) in
      try Self.decode(bytes, of: payload, at: data.start, &decoder, into: &queue)
    }
  }

  /// Another stream begins, and repeats transactions that have not ended.
  mutating func restart(_ shapes: RelationTracker) {
    self = ProvisionalAssembler(shapes, queue.whole.readers)
  }

  private static func decode(
    _ bytes: Span<UInt8>, of payload: Payload, at lsn: LSN, _ decoder: inout PgOutputDecoder,
    into queue: inout ProvisionalQueue
  ) throws(PgOutputError) {
    let subxid = decoder.xid(of: bytes)
    let block = decoder.streamedTransaction
    try decoder.decode(bytes, at: lsn) { message in
      queue.take(message, payload, at: lsn, block: block, subxid: subxid)
    }
  }
}

// MARK: - Nothing is kept

extension ProvisionalAssembler {
  var keptCommit: LSN? { nil }
  var needsDisk: Bool { false }
  var kept: KeptTransactions { KeptTransactions(transactions: queue.open.count) }

  mutating func prepare() async throws(ReplicationError) {}
  mutating func useDisk() async throws(ReplicationError) {}
}
