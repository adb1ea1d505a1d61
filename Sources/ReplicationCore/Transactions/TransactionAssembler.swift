internal import PGOutput
internal import PGWire

/// Makes transactions of a plugin's messages.
///
/// Pure: it is given the messages of one stream in order and tells what they amount to. A
/// transaction that comes whole is passed on as it comes; one that comes in blocks is kept until it
/// has committed, or passed on as provisional.
struct TransactionAssembler {
  /// What there is to be done, in order.
  enum Step {
    /// A transaction begins; its changes follow.
    case begin(TransactionInfo)
    case change(Change)
    /// The transaction that has begun ends here.
    case end(LSN)
    /// A transaction that was kept has ended, with all of its messages.
    case whole(TransactionInfo, end: LSN, TransactionSpool)
    /// A step without changes, or with one.
    case point(TransactionInfo, end: LSN, Change?)
    /// Everything that was committed below the position has been delivered; whether the server
    /// wants to hear of it, as one that shuts down does.
    case idle(LSN, isRequested: Bool)

    // If blocks are passed on as they come:

    /// What former streams have brought of transactions in progress is void.
    case discard
    case provisional(ProvisionalChange)
    /// A transaction in progress, or a part of it, was rolled back.
    case aborted(StreamAbort)
    /// A transaction has ended whose changes have been passed on.
    case staged(TransactionInfo, end: LSN, ProvisionalStage)

    /// The table that the step tells of.
    var relation: Relation? {
      switch self {
      case .change(.relation(let change)): change.relation
      case .provisional(let provisional):
        if case .relation(let change) = provisional.change { change.relation } else { nil }
      default: nil
      }
    }
  }

  /// What is done with blocks.
  let mode: TransactionSource.Mode
  var streamed: StreamedTransactions
  private(set) var provisional = ProvisionalTransactions()
  /// Where the columns of rows lie that consumers have.
  private var places = PlaceStore()
  private var decoder = PgOutputDecoder()
  /// The shapes that the consumer has been told of.
  private var tracker: RelationTracker
  /// Whether transactions that come whole are kept too until all of them has come.
  var keepsAll = false
  /// The one that is being kept.
  private var kept: KeptTransaction?
  /// A transaction that has begun, until it is clear whether its origin is told.
  private var beginning: TransactionInfo?
  private var isOpen = false
  private var steps: [Step] = []
  private(set) var readers: RowReaders

  init(
    _ mode: TransactionSource.Mode, spoolLimit: Int, tracker: RelationTracker,
    _ readers: RowReaders
  ) {
    self.mode = mode
    streamed = StreamedTransactions(limit: spoolLimit)
    self.tracker = tracker
    self.readers = readers
    if mode == .provisional { steps.append(.discard) }
  }

  /// The shapes that have been told of so far.
  var knownShapes: RelationTracker { tracker }

  /// The next step, which stays.
  var upcomingStep: Step? { steps.first }

  /// The next step, in the order in which they came.
  mutating func nextStep() -> Step? {
    steps.isEmpty ? nil : steps.remove(at: 0)
  }

  /// What types are made of has been learnt: rows from here on are read with it.
  mutating func learn(_ readers: RowReaders) {
    self.readers = readers
  }

  /// Takes in a keepalive.
  mutating func take(_ keepAlive: KeepAlive) {
    guard !isOpen, beginning == nil, streamed.blockXID == nil,
      mode == .whole || decoder.streamedTransaction == nil
    else { return }
    steps.append(.idle(keepAlive.walEnd, isRequested: keepAlive.replyRequested))
  }

  /// Takes in a message.
  mutating func take(_ data: XLogData) throws(PgOutputError) {
    let payload = data.payload
    guard let kind = payload.first.flatMap({ PgOutputMessage.Kind(rawValue: $0) }) else {
      throw payload.first.map { .unknownMessage(letter: $0, lsn: data.start) }
        ?? .emptyMessage(lsn: data.start)
    }
    switch kind {
    case _ where mode == .provisional: try decode(payload, at: data.start)
    case .begin where keepsAll, .beginPrepare where keepsAll:
      try keep(kind, payload, at: data.start)
    case .commit where kept != nil, .prepare where kept != nil:
      try finishKept(kind, payload, at: data.start)
    case _ where kept != nil:
      try payload.withBytes { (bytes) throws(PgOutputError) in
        try streamed.append(bytes, kind, at: data.start, isInBlock: false)
      }
    case .streamStart, .streamStop, .streamAbort, .streamCommit, .streamPrepare:
      try takeStreamed(kind, payload, at: data.start)
    default:
      if streamed.blockXID != nil {
        try payload.withBytes { (bytes) throws(PgOutputError) in
          try streamed.append(bytes, kind, at: data.start)
        }
      } else {
        try decode(payload, at: data.start)
      }
    }
  }

  /// Decodes a message of a transaction that was kept.
  mutating func replay(_ message: SpoolReader.Message) throws(PgOutputError) {
    try decode(message.payload, at: message.lsn)
  }

  /// A transaction that was kept is going to be replayed, or has been.
  ///
  /// - Parameter ends: Its first and its last message, if it did not come in blocks.
  mutating func replays(
    _ xid: UInt32, ends: TransactionSpool.Ends?, begins: Bool
  ) throws(PgOutputError) {
    if let ends {
      try decoder.decode((begins ? ends.first : ends.last).span, at: .zero) { _ in }
      return
    }
    // The decoder has not seen the blocks: for it all of them are one.
    var block = ByteWriter()
    if begins {
      block.write(PgOutputMessage.Kind.streamStart.rawValue)
      block.write(xid)
      block.write(UInt8(1))
    } else {
      block.write(PgOutputMessage.Kind.streamStop.rawValue)
    }
    try decoder.decode(block.bytes.span, at: .zero) { _ in }
    guard !begins else { return }
    var abort = ByteWriter()
    abort.write(PgOutputMessage.Kind.streamAbort.rawValue)
    abort.write(xid)
    abort.write(xid)
    try decoder.decode(abort.bytes.span, at: .zero) { _ in }
  }

  /// Begins to keep a transaction that comes whole, as if it came in one block.
  private mutating func keep(
    _ kind: PgOutputMessage.Kind, _ payload: Payload, at lsn: LSN
  ) throws(PgOutputError) {
    guard kept == nil, !isOpen else { throw .unexpectedMessage(kind, .transaction, lsn: lsn) }
    let begun = try KeptTransaction(kind, payload, at: lsn)
    try streamed.startBlock(of: begun.info.xid, isFirst: true, at: lsn)
    kept = begun
  }

  private mutating func finishKept(
    _ kind: PgOutputMessage.Kind, _ payload: Payload, at lsn: LSN
  ) throws(PgOutputError) {
    guard let begun = kept.take() else { return }
    try streamed.stopBlock(at: lsn)
    guard var spool = streamed.take(begun.info.xid) else {
      throw .unexpectedStream(kind, xid: begun.info.xid, lsn: lsn)
    }
    let (end, last) = try KeptTransaction.end(kind, payload, at: lsn)
    spool.ends = TransactionSpool.Ends(first: begun.first, last: last)
    var info = begun.info
    info.origin = spool.origin
    steps.append(.whole(info, end: end, spool))
  }

  private mutating func takeStreamed(
    _ kind: PgOutputMessage.Kind, _ payload: Payload, at lsn: LSN
  ) throws(PgOutputError) {
    let message = try payload.withBytes { (bytes) throws(PgOutputError) -> StreamedEnd in
      do throws(WireError) {
        switch kind {
        case .streamStart: return .start(try StreamStart(decoding: bytes))
        case .streamStop: return .stop
        case .streamAbort: return .abort(try StreamAbort(decoding: bytes))
        case .streamCommit: return .commit(try StreamCommit(decoding: bytes))
        default: return .prepare(try Prepare(decoding: bytes))
        }
      } catch {
        throw .malformed(kind, error, lsn: lsn)
      }
    }
    switch message {
    case .start(let start):
      guard !isOpen else { throw .unexpectedMessage(kind, .transaction, lsn: lsn) }
      try streamed.startBlock(start, at: lsn)
    case .stop: try streamed.stopBlock(at: lsn)
    case .abort(let abort): streamed.abort(abort)
    case .commit(let commit):
      try finish(kind, end: commit.endLSN, at: lsn, TransactionInfo(commit))
    case .prepare(let prepare):
      try finish(kind, end: prepare.endLSN, at: lsn, TransactionInfo(streamed: prepare))
    }
  }

  private enum StreamedEnd {
    case start(StreamStart)
    case stop
    case abort(StreamAbort)
    case commit(StreamCommit)
    case prepare(Prepare)
  }

  private mutating func finish(
    _ kind: PgOutputMessage.Kind, end: LSN, at lsn: LSN, _ info: TransactionInfo
  ) throws(PgOutputError) {
    guard let spool = streamed.take(info.xid) else {
      throw .unexpectedStream(kind, xid: info.xid, lsn: lsn)
    }
    var info = info
    info.origin = spool.origin
    steps.append(.whole(info, end: end, spool))
  }

  private mutating func decode(_ payload: Payload, at lsn: LSN) throws(PgOutputError) {
    let subxid = payload.withBytes { decoder.xid(of: $0) }
    let block = decoder.streamedTransaction
    let found = try payload.withBytes { (bytes) throws(PgOutputError) in
      try Self.decode(bytes, at: lsn, &decoder, &places)
    }
    if case .ignored = found { return }
    if case .origin(let origin) = found { return take(origin, block: block) }
    flushBeginning()
    switch found {
    case .begin(let info): beginning = info
    case .end(let end):
      isOpen = false
      steps.append(.end(end))
    case .point(let info, let end): steps.append(.point(info, end: end, nil))
    case .message(let message) where !message.transactional && block == nil:
      let info = TransactionInfo(kind: .message, xid: 0, commitLSN: message.lsn)
      steps.append(.point(info, end: message.lsn, .message(message)))
    case .streamStart(let start): provisional.begin(start)
    case .streamAbort(let abort):
      provisional.abort(abort)
      steps.append(.aborted(abort))
    case .streamEnd(let info, let end):
      guard let stage = provisional.end(info.xid) else { return }
      var info = info
      info.origin = stage.origin
      steps.append(.staged(info, end: end, stage))
    default:
      guard let change = change(found, payload, at: lsn, subxid: subxid) else { return }
      if mode == .provisional, let block {
        let change = provisional.change(change, xid: block, subxid: subxid)
        if let change { steps.append(.provisional(change)) }
      } else {
        steps.append(.change(change))
      }
    }
  }

  private mutating func take(_ origin: Origin, block: UInt32?) {
    if beginning != nil { beginning?.origin = origin }
    if let block { provisional.note(origin, of: block) }
  }

  /// The change that a message stands for, if it is one.
  private mutating func change(
    _ found: Found, _ payload: Payload, at lsn: LSN, subxid: UInt32?
  ) -> Change? {
    switch found {
    case .message(let message): return .message(message)
    case .truncate(let truncate): return .truncate(truncate, at: lsn)
    case .relation(let relation): return tracker.note(relation).map { .relation($0) }
    case .row(let kind, let relation, let tuples?):
      let row = RowChange(relation, tuples, in: payload, at: lsn, subxid: subxid, readers)
      return kind == .insert ? .insert(row) : kind == .update ? .update(row) : .delete(row)
    default: return nil
    }
  }

  private mutating func flushBeginning() {
    guard let info = beginning else { return }
    beginning = nil
    isOpen = true
    steps.append(.begin(info))
  }
}
