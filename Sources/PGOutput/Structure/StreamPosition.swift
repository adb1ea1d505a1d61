package import PGWire

/// Where a stream stands, which decides what may come next and what it looks like.
///
///     outside       Begin, Begin Prepare, Stream Start, …                anything that opens
///     transaction   changes, then Commit (Prepare after Begin Prepare)
///     block         changes, each with its xid, then Stream Stop
///
/// It also checks the positions that messages name: a commit is where Begin has announced it, ends
/// behind its beginning, and lies beyond every commit before it. Which transactions are being
/// streamed is kept as well: one that the stream has never begun can't continue or end.
///
/// A check changes nothing unless it succeeds, so that a message that was refused is refused again.
package struct MessageOrder: Sendable {
  package private(set) var place = PgOutputMessage.Place.outside
  /// The transactions of which blocks have come, and no end.
  private var streamed: Set<UInt32> = []
  /// Where the transaction that is open commits, or is prepared.
  private var announced: LSN?
  /// Where the last transaction has committed.
  private var lastCommit = LSN.zero
  /// Whether every message of the stream is shown to it.
  ///
  /// A consumer need not show Begin and Commit to its decoder, and may show it a stream twice: then
  /// changes are allowed outside a transaction, and commits may lie anywhere.
  private let seesEverything: Bool

  package init(seesEverything: Bool = false) {
    self.seesEverything = seesEverything
  }

  /// The transaction whose block is open.
  var blockXID: UInt32? {
    if case .streamedBlock(let xid) = place { xid } else { nil }
  }

  /// Whether a message can come here.
  package func allows(_ kind: PgOutputMessage.Kind) -> Bool {
    switch kind {
    case .relation, .type, .origin, .message: true
    case .insert, .update, .delete, .truncate: !seesEverything || place != .outside
    case .commit: place == .transaction
    case .prepare: place == .preparedTransaction
    case .streamStop: blockXID != nil
    case .begin, .beginPrepare, .streamStart, .streamCommit, .streamPrepare, .streamAbort,
      .commitPrepared, .rollbackPrepared:
      place == .outside
    }
  }

  /// Makes sure that a message can come here.
  package func expect(_ kind: PgOutputMessage.Kind, at lsn: LSN) throws(PgOutputError) {
    guard allows(kind) else { throw .unexpectedMessage(kind, place, lsn: lsn) }
  }
}

// MARK: - Transactions that come whole

extension MessageOrder {
  /// A transaction begins, whose changes follow at once.
  package mutating func begins(_ begin: Begin, at lsn: LSN) throws(PgOutputError) {
    try expect(.begin, at: lsn)
    try checkCommit(.begin, begin.finalLSN, at: lsn)
    announced = begin.finalLSN
    place = .transaction
  }

  /// The transaction that is open commits.
  package mutating func ends(_ commit: Commit, at lsn: LSN) throws(PgOutputError) {
    try expect(.commit, at: lsn)
    try checkEnd(.commit, commit.commitLSN, commit.endLSN, at: lsn)
    committed(at: commit.commitLSN)
  }

  /// A transaction begins that is prepared at the end.
  ///
  /// It may have been prepared long before, and was not decoded then.
  package mutating func begins(_ begin: BeginPrepare, at lsn: LSN) throws(PgOutputError) {
    try expect(.beginPrepare, at: lsn)
    try checkPosition(.beginPrepare, begin.prepareLSN, at: lsn)
    announced = begin.prepareLSN
    place = .preparedTransaction
  }

  /// The transaction that is open is prepared.
  package mutating func ends(_ prepare: Prepare, at lsn: LSN) throws(PgOutputError) {
    try expect(.prepare, at: lsn)
    try checkEnd(.prepare, prepare.prepareLSN, prepare.endLSN, at: lsn)
    announced = nil
    place = .outside
  }

  /// A transaction that was prepared commits.
  package mutating func commits(_ commit: CommitPrepared, at lsn: LSN) throws(PgOutputError) {
    try expect(.commitPrepared, at: lsn)
    try checkCommit(.commitPrepared, commit.commitLSN, at: lsn)
    try checkEnd(.commitPrepared, commit.commitLSN, commit.endLSN, at: lsn)
    committed(at: commit.commitLSN)
  }

  /// A transaction that was prepared is rolled back.
  package func rollsBack(_ rollback: RollbackPrepared, at lsn: LSN) throws(PgOutputError) {
    try expect(.rollbackPrepared, at: lsn)
    try checkPosition(.rollbackPrepared, rollback.endLSN, at: lsn)
  }
}

// MARK: - Transactions that come in blocks

extension MessageOrder {
  package mutating func startsBlock(_ start: StreamStart, at lsn: LSN) throws(PgOutputError) {
    try expect(.streamStart, at: lsn)
    guard streamed.contains(start.xid) != start.isFirst else {
      throw .unexpectedStream(.streamStart, xid: start.xid, lsn: lsn)
    }
    streamed.insert(start.xid)
    place = .streamedBlock(xid: start.xid)
  }

  /// - Returns: The transaction whose block it was.
  @discardableResult
  package mutating func stopsBlock(at lsn: LSN) throws(PgOutputError) -> UInt32 {
    guard let xid = blockXID else { throw .unexpectedMessage(.streamStop, place, lsn: lsn) }
    place = .outside
    return xid
  }

  package mutating func ends(_ commit: StreamCommit, at lsn: LSN) throws(PgOutputError) {
    try expect(.streamCommit, at: lsn)
    try checkCommit(.streamCommit, commit.commitLSN, at: lsn)
    try checkEnd(.streamCommit, commit.commitLSN, commit.endLSN, at: lsn)
    try endsStreamed(commit.xid, .streamCommit, at: lsn)
    committed(at: commit.commitLSN)
  }

  package mutating func endsStreamed(_ prepare: Prepare, at lsn: LSN) throws(PgOutputError) {
    try expect(.streamPrepare, at: lsn)
    try checkEnd(.streamPrepare, prepare.prepareLSN, prepare.endLSN, at: lsn)
    try endsStreamed(prepare.xid, .streamPrepare, at: lsn)
  }

  /// - Returns: Whether the transaction was being streamed.
  @discardableResult
  package mutating func aborts(_ abort: StreamAbort, at lsn: LSN) throws(PgOutputError) -> Bool {
    try expect(.streamAbort, at: lsn)
    guard streamed.contains(abort.xid) else { return false }
    if abort.isWhole { streamed.remove(abort.xid) }
    return true
  }

  private mutating func endsStreamed(
    _ xid: UInt32, _ kind: PgOutputMessage.Kind, at lsn: LSN
  ) throws(PgOutputError) {
    guard streamed.remove(xid) != nil else {
      throw .unexpectedStream(kind, xid: xid, lsn: lsn)
    }
  }
}

// MARK: - Positions

extension MessageOrder {
  private mutating func committed(at commit: LSN) {
    lastCommit = commit
    announced = nil
    place = .outside
  }

  private func checkPosition(
    _ kind: PgOutputMessage.Kind, _ position: LSN, at lsn: LSN
  ) throws(PgOutputError) {
    guard position > .zero else { throw .unexpectedPosition(kind, position, .zero, lsn: lsn) }
  }

  private func checkCommit(
    _ kind: PgOutputMessage.Kind, _ commit: LSN, at lsn: LSN
  ) throws(PgOutputError) {
    try checkPosition(kind, commit, at: lsn)
    guard !seesEverything || commit > lastCommit else {
      throw .unexpectedPosition(kind, commit, .behindCommit(lastCommit), lsn: lsn)
    }
  }

  private func checkEnd(
    _ kind: PgOutputMessage.Kind, _ commit: LSN, _ end: LSN, at lsn: LSN
  ) throws(PgOutputError) {
    try checkPosition(kind, commit, at: lsn)
    if let announced, commit != announced {
      throw .unexpectedPosition(kind, commit, .announced(announced), lsn: lsn)
    }
    guard end > commit else {
      throw .unexpectedPosition(kind, end, .endsBefore(commit), lsn: lsn)
    }
  }
}

extension PgOutputMessage {
  /// Where in a stream a message stands.
  public enum Place: Hashable, Sendable {
    /// Between transactions.
    case outside
    /// Between Begin and Commit.
    case transaction
    /// Between Begin Prepare and Prepare.
    case preparedTransaction
    /// Between Stream Start and Stream Stop of this transaction.
    case streamedBlock(xid: UInt32)
  }
}

extension PgOutputMessage.Place: CustomStringConvertible {
  public var description: String {
    switch self {
    case .outside: "outside a transaction"
    case .transaction: "inside a transaction"
    case .preparedTransaction: "inside a prepared transaction"
    case .streamedBlock(let xid): "inside a streamed block of transaction \(xid)"
    }
  }
}

extension PgOutputMessage.Kind {
  /// Whether an xid follows the letter inside a streamed block.
  package var hasXIDInBlock: Bool {
    switch self {
    case .relation, .type, .insert, .update, .delete, .truncate, .message: true
    default: false
    }
  }
}
