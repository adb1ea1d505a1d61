internal import PGOutput
internal import PGWire

/// Makes transactions of a plugin's messages.
///
/// Pure: it is given messages in order and tells what they amount to. A transaction that comes
/// whole is passed on as it comes; one that comes in blocks is kept until it has committed.
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
  }

  var streamed: StreamedTransactions
  private var decoder = PgOutputDecoder()
  /// The shapes that the consumer has been told of.
  private var tracker: RelationTracker
  /// A transaction that has begun, until it is clear whether its origin is told.
  private var beginning: TransactionInfo?
  private var isOpen = false
  private var steps: [Step] = []
  private(set) var readers: RowReaders

  init(spoolLimit: Int, tracker: RelationTracker, _ readers: RowReaders) {
    streamed = StreamedTransactions(limit: spoolLimit)
    self.tracker = tracker
    self.readers = readers
  }

  /// The shapes that have been told of so far.
  var knownShapes: RelationTracker { tracker }

  /// The next step, which stays.
  var upcomingStep: Step? { steps.first }

  /// The next step, in the order in which they came.
  mutating func nextStep() -> Step? {
    steps.isEmpty ? nil : steps.removeFirst()
  }

  /// What types are made of has been learnt: rows from here on are read with it.
  mutating func learn(_ readers: RowReaders) {
    self.readers = readers
  }

  /// Takes in a keepalive.
  mutating func take(_ keepAlive: KeepAlive) {
    guard !isOpen, beginning == nil, streamed.blockXID == nil else { return }
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
  mutating func replays(_ xid: UInt32, begins: Bool) throws(PgOutputError) {
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
      try finish(
        commit.xid, kind, end: commit.endLSN, at: lsn,
        TransactionInfo(
          kind: .committed, xid: commit.xid, commitLSN: commit.commitLSN, time: commit.commitTime,
          isStreamed: true))
    case .prepare(let prepare):
      try finish(
        prepare.xid, kind, end: prepare.endLSN, at: lsn,
        TransactionInfo(
          kind: .prepared(gid: prepare.gid), xid: prepare.xid, commitLSN: prepare.prepareLSN,
          time: prepare.prepareTime, isStreamed: true, prepareEnd: prepare.endLSN))
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
    _ xid: UInt32, _ kind: PgOutputMessage.Kind, end: LSN, at lsn: LSN, _ info: TransactionInfo
  ) throws(PgOutputError) {
    guard let spool = streamed.take(xid) else {
      throw .unexpectedStream(kind, xid: xid, lsn: lsn)
    }
    var info = info
    info.origin = spool.origin
    steps.append(.whole(info, end: end, spool))
  }

  private mutating func decode(_ payload: Payload, at lsn: LSN) throws(PgOutputError) {
    let subxid = payload.withBytes { decoder.xid(of: $0) }
    let isInBlock = decoder.streamedTransaction != nil
    let found = try payload.withBytes { (bytes) throws(PgOutputError) in
      try Self.decode(bytes, at: lsn, &decoder)
    }
    switch found {
    case .ignored: return
    case .origin(let origin):
      if beginning != nil { beginning?.origin = origin }
      return
    default: flushBeginning()
    }
    switch found {
    case .begin(let info): beginning = info
    case .end(let end):
      isOpen = false
      steps.append(.end(end))
    case .point(let info, let end): steps.append(.point(info, end: end, nil))
    case .message(let message): take(message)
    case .truncate(let truncate): steps.append(.change(.truncate(truncate, at: lsn)))
    case .relation(let relation):
      if let change = tracker.note(relation) { steps.append(.change(.relation(change))) }
    case .row(let kind, let relation):
      let row = RowChange(
        relation, payload, at: lsn, subxid: subxid, isFromBlock: isInBlock, readers)
      switch kind {
      case .insert: steps.append(.change(.insert(row)))
      case .update: steps.append(.change(.update(row)))
      default: steps.append(.change(.delete(row)))
      }
    case .origin, .ignored: break
    }
  }

  private mutating func flushBeginning() {
    guard let info = beginning else { return }
    beginning = nil
    isOpen = true
    steps.append(.begin(info))
  }

  private mutating func take(_ message: LogicalMessage) {
    guard !message.transactional else { return steps.append(.change(.message(message))) }
    let info = TransactionInfo(kind: .message, xid: 0, commitLSN: message.lsn)
    steps.append(.point(info, end: message.lsn, .message(message)))
  }
}

extension TransactionAssembler {
  /// What a message says, without the bytes that it borrows.
  private enum Found {
    case begin(TransactionInfo)
    case end(LSN)
    case point(TransactionInfo, end: LSN)
    case origin(Origin)
    case row(PgOutputMessage.Kind, Relation)
    case truncate(Truncate)
    case message(LogicalMessage)
    case relation(Relation)
    case ignored
  }

  private static func decode(
    _ bytes: Span<UInt8>, at lsn: LSN, _ decoder: inout PgOutputDecoder
  ) throws(PgOutputError) -> Found {
    try decoder.decode(bytes, at: lsn) { message in
      switch message {
      case .begin(let begin):
        .begin(
          TransactionInfo(
            kind: .committed, xid: begin.xid, commitLSN: begin.finalLSN, time: begin.commitTime))
      case .beginPrepare(let begin):
        .begin(
          TransactionInfo(
            kind: .prepared(gid: begin.gid), xid: begin.xid, commitLSN: begin.prepareLSN,
            time: begin.prepareTime, prepareEnd: begin.endLSN))
      case .commit(let commit): .end(commit.endLSN)
      case .prepare(let prepare): .end(prepare.endLSN)
      case .commitPrepared(let commit):
        .point(
          TransactionInfo(
            kind: .commitPrepared(gid: commit.gid), xid: commit.xid, commitLSN: commit.commitLSN,
            time: commit.commitTime, outcome: .committed(commit)), end: commit.endLSN)
      case .rollbackPrepared(let rollback):
        .point(
          TransactionInfo(
            kind: .rollbackPrepared(gid: rollback.gid), xid: rollback.xid,
            commitLSN: rollback.endLSN, time: rollback.rollbackTime,
            outcome: .rolledBack(rollback)),
          end: rollback.endLSN)
      case .origin(let origin): .origin(origin)
      case .relation(let relation): .relation(relation)
      case .insert(let relation, _): .row(.insert, relation)
      case .update(let relation, _, _): .row(.update, relation)
      case .delete(let relation, _): .row(.delete, relation)
      case .truncate(let truncate): .truncate(truncate)
      case .message(let message): .message(message)
      default: .ignored
      }
    }
  }
}
