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
@usableFromInline package struct StreamPosition: Sendable {
  /// What is checked of the order of messages.
  package enum Checks: Sendable {
    /// Nothing: it is only followed. A recording may be played many times over.
    case nothing
    /// That what opens and ends something can come where it does.
    ///
    /// A consumer need not show Begin and Commit to its decoder, and may show it a stream twice: so
    /// changes are allowed outside a transaction, and commits may lie anywhere.
    case shown
    /// Everything, since every message of one stream is shown to it.
    case everything
  }

  package private(set) var place = PgOutputMessage.Place.outside
  /// Whether a change of a row can come here; decided by ``place``.
  @usableFromInline package private(set) var acceptsChanges: Bool
  /// Where the body of a change begins here: behind the letter, and behind the xid inside a block;
  /// decided by ``place``.
  @usableFromInline package private(set) var bodyStart = 1
  /// Transactions of which blocks have come, but no end.
  private var streamed: Set<UInt32> = []
  /// Where the transaction that is open commits, or is prepared.
  private var announced: LSN?
  /// Where the last transaction has committed.
  private var lastCommit = LSN.zero
  private let checks: Checks

  package init(checks: Checks = .shown) {
    self.checks = checks
    acceptsChanges = checks != .everything
  }

  /// The transaction whose block is open.
  package var blockXID: UInt32? {
    if case .streamedBlock(let xid) = place { xid } else { nil }
  }

  /// Sets the position, regardless of what has come.
  package mutating func move(to place: PgOutputMessage.Place) {
    self.place = place
    acceptsChanges = checks != .everything || place != .outside
    bodyStart = blockXID == nil ? 1 : 5
  }

  /// Whether a message can come here.
  package func allows(_ kind: PgOutputMessage.Kind) -> Bool {
    switch kind {
    case .relation, .type, .origin, .message: true
    case .insert, .update, .delete, .truncate: acceptsChanges
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
    guard checks == .nothing || allows(kind) else {
      throw .unexpectedMessage(kind, place, lsn: lsn)
    }
  }

  /// Whether a message may come here and means nothing for transactions, by its letter alone.
  ///
  /// Most are such, so this is cheap. A letter that pgoutput doesn't have means nothing either.
  @inlinable @inline(__always) package func passesOver(_ letter: UInt8) -> Bool {
    letter == PgOutputMessage.Kind.insert.rawValue && acceptsChanges || passesOverOther(letter)
  }

  @usableFromInline func passesOverOther(_ letter: UInt8) -> Bool {
    guard let kind = PgOutputMessage.Kind(rawValue: letter) else { return true }
    return passesOver(kind)
  }

  func passesOver(_ kind: PgOutputMessage.Kind) -> Bool {
    !kind.canBeBoundary && (checks == .nothing || allows(kind))
  }
}

// MARK: - Transactions that come whole

extension StreamPosition {
  /// A transaction begins, whose changes follow at once.
  mutating func begins(_ begin: Begin, at lsn: LSN) throws(PgOutputError) {
    try checkCommit(.begin, begin.finalLSN, at: lsn)
    announced = begin.finalLSN
    move(to: .transaction)
  }

  /// The transaction that is open commits.
  mutating func ends(_ commit: Commit, at lsn: LSN) throws(PgOutputError) {
    try checkEnd(.commit, commit.commitLSN, commit.endLSN, at: lsn)
    committed(at: commit.commitLSN)
  }

  /// A transaction begins that is prepared at the end.
  ///
  /// It may have been prepared long before, and was not decoded then.
  mutating func begins(_ begin: BeginPrepare, at lsn: LSN) throws(PgOutputError) {
    try checkPosition(.beginPrepare, begin.prepareLSN, at: lsn)
    announced = begin.prepareLSN
    move(to: .preparedTransaction)
  }

  /// The transaction that is open is prepared.
  mutating func ends(_ prepare: Prepare, at lsn: LSN) throws(PgOutputError) {
    try checkEnd(.prepare, prepare.prepareLSN, prepare.endLSN, at: lsn)
    announced = nil
    move(to: .outside)
  }

  /// A transaction that was prepared commits.
  mutating func commits(_ commit: CommitPrepared, at lsn: LSN) throws(PgOutputError) {
    try checkCommit(.commitPrepared, commit.commitLSN, at: lsn)
    try checkEnd(.commitPrepared, commit.commitLSN, commit.endLSN, at: lsn)
    committed(at: commit.commitLSN)
  }

  /// A transaction that was prepared is rolled back.
  func rollsBack(_ rollback: RollbackPrepared, at lsn: LSN) throws(PgOutputError) {
    try checkPosition(.rollbackPrepared, rollback.endLSN, at: lsn)
  }
}

// MARK: - Transactions that come in blocks

extension StreamPosition {
  mutating func startsBlock(_ start: StreamStart, at lsn: LSN) throws(PgOutputError) {
    guard checks == .nothing || streamed.contains(start.xid) != start.isFirst else {
      throw .unexpectedStream(.streamStart, xid: start.xid, lsn: lsn)
    }
    streamed.insert(start.xid)
    move(to: .streamedBlock(xid: start.xid))
  }

  /// - Returns: The transaction whose block it was; zero if none was open and that is not checked.
  mutating func stopsBlock() -> UInt32 {
    defer { move(to: .outside) }
    return blockXID ?? 0
  }

  mutating func ends(_ commit: StreamCommit, at lsn: LSN) throws(PgOutputError) {
    try checkCommit(.streamCommit, commit.commitLSN, at: lsn)
    try checkEnd(.streamCommit, commit.commitLSN, commit.endLSN, at: lsn)
    try endsStreamed(commit.xid, .streamCommit, at: lsn)
    committed(at: commit.commitLSN)
  }

  mutating func endsStreamed(_ prepare: Prepare, at lsn: LSN) throws(PgOutputError) {
    try checkEnd(.streamPrepare, prepare.prepareLSN, prepare.endLSN, at: lsn)
    try endsStreamed(prepare.xid, .streamPrepare, at: lsn)
    move(to: .outside)
  }

  /// - Returns: Whether the transaction was being streamed.
  mutating func aborts(_ abort: StreamAbort) -> Bool {
    guard streamed.contains(abort.xid) else { return false }
    if abort.isWhole { streamed.remove(abort.xid) }
    return true
  }

  private mutating func endsStreamed(
    _ xid: UInt32, _ kind: PgOutputMessage.Kind, at lsn: LSN
  ) throws(PgOutputError) {
    guard streamed.remove(xid) != nil || checks == .nothing else {
      throw .unexpectedStream(kind, xid: xid, lsn: lsn)
    }
  }
}

// MARK: - Logical messages

extension StreamPosition {
  /// A message that belongs to a transaction can't come outside of one.
  func checkPlace(of message: LogicalMessage, at lsn: LSN) throws(PgOutputError) {
    guard checks == .everything, message.isTransactional, place == .outside else { return }
    throw .unexpectedMessage(.message, place, lsn: lsn)
  }
}

// MARK: - Positions

extension StreamPosition {
  private mutating func committed(at commit: LSN) {
    lastCommit = commit
    announced = nil
    move(to: .outside)
  }

  private func checkPosition(
    _ kind: PgOutputMessage.Kind, _ position: LSN, at lsn: LSN
  ) throws(PgOutputError) {
    guard checks == .nothing || position > .zero else {
      throw .unexpectedPosition(kind, position, .zero, lsn: lsn)
    }
  }

  private func checkCommit(
    _ kind: PgOutputMessage.Kind, _ commit: LSN, at lsn: LSN
  ) throws(PgOutputError) {
    try checkPosition(kind, commit, at: lsn)
    guard checks != .everything || commit > lastCommit else {
      throw .unexpectedPosition(kind, commit, .behindCommit(lastCommit), lsn: lsn)
    }
  }

  private func checkEnd(
    _ kind: PgOutputMessage.Kind, _ commit: LSN, _ end: LSN, at lsn: LSN
  ) throws(PgOutputError) {
    guard checks != .nothing else { return }
    try checkPosition(kind, commit, at: lsn)
    if let announced, commit != announced {
      throw .unexpectedPosition(kind, commit, .announced(announced), lsn: lsn)
    }
    guard end > commit else {
      throw .unexpectedPosition(kind, end, .endsBefore(commit), lsn: lsn)
    }
  }
}
