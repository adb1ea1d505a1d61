internal import PGOutput
internal import PGWire

/// Assembles transactions from a plugin's messages.
///
/// Pure: it is given the messages of one stream in order and returns steps. A transaction that
/// arrives whole is passed on as it arrives; one that arrives in blocks is kept until it has
/// committed.
struct TransactionAssembler: Sendable {
  var streamed: StreamedTransactions
  /// Whether transactions that arrive whole are kept too, until they are complete.
  var keepsAll = false
  /// The whole transaction that is being kept now, and its place in the stream.
  private var kept: (info: TransactionInfo, place: PgOutputMessage.Place)?
  private var decoder: PgOutputDecoder
  private var queue: StepQueue

  /// - Parameters:
  ///   - checksOrder: Whether messages in an impossible order are an error; a server that repeats a
  ///     recording sends such.
  ///   - keepsRepeats: Whether descriptions of tables that bring nothing new become steps as well.
  init(
    spoolLimit: Int, _ tracker: RelationTracker, _ readers: RowReaders, checksOrder: Bool = true,
    keepsRepeats: Bool = false
  ) {
    streamed = StreamedTransactions(limit: spoolLimit)
    decoder = PgOutputDecoder(checks: checksOrder ? .everything : .shown)
    queue = StepQueue(tracker, readers, keepsRepeats: keepsRepeats)
  }

  /// The shapes that have been announced so far.
  var knownShapes: RelationTracker { queue.tracker }

  /// Whether no transaction has begun that has not ended, and no step is left.
  var isBetweenTransactions: Bool { decoder.place == .outside && queue.isEmpty }

  /// The readers of rows.
  var readers: RowReaders { queue.readers }

  /// The table that the next step describes, if it does.
  var upcomingRelation: Relation? { queue.upcomingRelation }

  /// The commit position of the whole transaction that is being kept.
  var keptCommit: LSN? { kept?.info.commitLSN }

  /// The next step, in the order in which they came.
  mutating func nextStep() -> TransactionStep? { queue.popFirst() }

  /// The definitions of types were learnt: rows from here on are read with them.
  mutating func learn(_ readers: RowReaders) {
    queue.readers = readers
  }

  /// Takes in a keepalive.
  mutating func take(_ keepAlive: KeepAlive) {
    guard decoder.place == .outside else { return }
    queue.append(.idle(keepAlive.walEnd, isRequested: keepAlive.replyRequested))
  }

  /// Takes in a message.
  mutating func take(_ data: XLogData) throws(PgOutputError) {
    if keeps(data.payload) {
      try keep(data.payload, at: data.start)
    } else {
      try decode(data.payload, at: data.start)
    }
  }
}

// MARK: - Messages that are kept

extension TransactionAssembler {
  /// Whether a message is of a transaction that is kept, or opens, closes or ends one.
  private func keeps(_ payload: Payload) -> Bool {
    if kept != nil || decoder.streamedTransaction != nil { return true }
    guard let kind = payload.first.flatMap({ PgOutputMessage.Kind(rawValue: $0) }) else {
      return false
    }
    return kind.isOfStreamed || keepsAll && kind.opensWhole
  }

  private mutating func keep(_ payload: Payload, at lsn: LSN) throws(PgOutputError) {
    let block = decoder.streamedTransaction
    let (head, boundary, info) = try payload.withBytes { (bytes) throws(PgOutputError) in
      try decoder.skim(bytes, at: lsn)
    }
    switch boundary {
    case .opensBlock(let start):
      if start.isFirst { try streamed.begin(start.xid, head.kind, at: lsn) }
    case .closesBlock: break
    case .aborts(let abort): streamed.abort(abort)
    case .opens:
      guard let info else { return }
      try streamed.begin(info.xid, head.kind, at: lsn)
      kept = (info, decoder.place)
    case .ends(let end, _):
      guard let (info, place) = kept.take() else { return }
      try finish(info, from: place, end: end, head.kind, at: lsn)
    case .endsStreamed(_, let end):
      guard let info else { return }
      try finish(info, from: .streamedBlock(xid: info.xid), end: end, head.kind, at: lsn)
    case .none, .point:
      guard let xid = block ?? kept?.info.xid else { return }
      try payload.withBytes { (bytes) throws(PgOutputError) in
        try streamed.append(bytes, head, to: xid, at: lsn)
      }
    }
  }

  private mutating func finish(
    _ info: TransactionInfo, from place: PgOutputMessage.Place, end: LSN,
    _ kind: PgOutputMessage.Kind, at lsn: LSN
  ) throws(PgOutputError) {
    guard var spool = streamed.take(info.xid) else {
      throw .unexpectedStream(kind, xid: info.xid, lsn: lsn)
    }
    spool.place = place
    var info = info
    info.origin = spool.origin
    info.isEmptied = info.isStreamed && spool.length == 0
    queue.append(.whole(info, end: end, spool))
  }
}

// MARK: - Messages that are decoded

extension TransactionAssembler {
  /// The messages of a transaction that was kept come next, to be decoded.
  ///
  /// - Parameter place: Where in the stream they were: all blocks of a transaction count as one
  ///   place.
  mutating func beginReplay(at place: PgOutputMessage.Place) {
    decoder.beginReplay(at: place)
  }

  /// Decodes a message of a transaction that was kept.
  mutating func replay(_ message: SpoolReader.Message) throws(PgOutputError) {
    try decode(message.payload, at: message.lsn)
  }

  mutating func endReplay() {
    decoder.endReplay()
  }

  private mutating func decode(_ payload: Payload, at lsn: LSN) throws(PgOutputError) {
    try payload.withBytes { (bytes) throws(PgOutputError) in
      try Self.decode(bytes, of: payload, at: lsn, &decoder, into: &queue)
    }
  }

  private static func decode(
    _ bytes: Span<UInt8>, of payload: Payload, at lsn: LSN, _ decoder: inout PgOutputDecoder,
    into queue: inout StepQueue
  ) throws(PgOutputError) {
    let subxid = decoder.xid(of: bytes)
    let isInBlock = decoder.streamedTransaction != nil
    try decoder.decode(bytes, at: lsn) { message in
      queue.take(message, payload, at: lsn, isInBlock: isInBlock, subxid: subxid)
    }
  }
}

// MARK: - Many rows in one call

extension TransactionAssembler {
  /// The next of the rows that were taken in one call.
  @inline(__always)
  mutating func nextRow() -> TransactionChange? { queue.nextRow() }

  /// Passes the rows that were taken in one call.
  @inline(__always)
  mutating func popEachRow(_ body: (TransactionChange) throws -> Void) throws {
    try queue.popEachRow(body)
  }

  /// Takes the next rows of the transaction that arrives whole in one call: as many as this part of
  /// the stream has and a block can hold; there must be no step at the moment.
  ///
  /// Anything that is not a well-formed row is left where it is.
  ///
  /// - Returns: Whether there was any.
  mutating func takeRows(_ frames: inout FrameCursor) -> Bool {
    guard kept == nil, decoder.isInWholeTransaction, let segment = frames.segment else {
      return false
    }
    return queue.takeRows(in: segment) { block in
      frames.takeWhile { segment, content in
        guard block.hasRoom else { return false }
        return segment.withBytes(content) { bytes in
          guard XLogDataHeader.isWhole(bytes) else { return false }
          let lsn = XLogDataHeader.start(of: bytes)
          let message = content.lowerBound + XLogDataHeader.size..<content.upperBound
          return decoder.decodeRow(bytes.extracting(droppingFirst: XLogDataHeader.size), at: lsn) {
            block.append($0, in: message, at: lsn)
          }
        }
      }
    }
  }
}

extension PgOutputMessage.Kind {
  /// Whether it opens, closes or ends something of a transaction that is streamed in blocks.
  fileprivate var isOfStreamed: Bool {
    switch self {
    case .streamStart, .streamStop, .streamAbort, .streamCommit, .streamPrepare: true
    default: false
    }
  }

  /// Whether it opens a transaction that arrives whole.
  fileprivate var opensWhole: Bool { self == .begin || self == .beginPrepare }
}
