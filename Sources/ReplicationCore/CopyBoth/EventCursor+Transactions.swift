internal import CDCTime
internal import PGOutput
internal import PGWire
internal import Synchronization

/// Follows the transactions of pgoutput: what begins or ends one, and whether that can be.
extension EventCursor {
  /// The event for a message that begins or ends a transaction, or stands outside of one.
  mutating func transactionEvent(
    _ segment: Segment, _ payload: Range<Int>, at body: Range<Int>
  ) throws(ReplicationError) -> ReplicationEvent? {
    guard !payload.isEmpty else { return nil }
    let kind = PgOutputMessage.Kind(rawValue: segment.byte(at: payload.lowerBound))
    switch kind {
    case .insert, .update, .delete, .truncate:
      guard takesChanges || !checksOrder else {
        throw .decoding(
          .unexpectedMessage(kind ?? .insert, order.place, lsn: headerPosition(segment, body)))
      }
      return nil
    case .relation, .type, .origin, nil: return nil
    default: break
    }
    let lsn = headerPosition(segment, body)
    defer { takesChanges = order.place != .outside }
    switch kind {
    case .begin:
      let begin = try decode(segment, payload, .begin, at: lsn, Begin.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.begins(begin, at: lsn) }
      if stop?.reaches(commit: begin.finalLSN) == true { return stopped() }
      stop?.entersTransaction()
      return .begin(begin)
    case .commit:
      let commit = try decode(segment, payload, .commit, at: lsn, Commit.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.ends(commit, at: lsn) }
      stop?.leavesTransaction()
      delivered(upTo: commit.endLSN, committed: commit.commitTime)
      return .commit(commit)
    case .message: return try messageEvent(segment, payload, at: lsn)
    case .streamStart:
      let start = try decode(segment, payload, .streamStart, at: lsn, StreamStart.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.startsBlock(start, at: lsn) }
      stop?.entersTransaction()
      return nil
    case .streamStop:
      try follow { (order) throws(PgOutputError) in try order.stopsBlock(at: lsn) }
      stop?.leavesTransaction()
      return nil
    case .streamAbort:
      let abort = try decode(segment, payload, .streamAbort, at: lsn, StreamAbort.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.aborts(abort, at: lsn) }
      return nil
    case let kind?: return try otherEnd(kind, segment, payload, at: lsn)
    case nil: return nil
    }
  }

  private mutating func messageEvent(
    _ segment: Segment, _ payload: Range<Int>, at lsn: LSN
  ) throws(ReplicationError) -> ReplicationEvent? {
    let isInBlock = if case .streamedBlock = order.place { true } else { false }
    let message = try decode(segment, payload, .message, at: lsn) { bytes throws(WireError) in
      try LogicalMessage(decoding: bytes, inStreamedBlock: isInBlock)
    }
    if message.transactional, order.place == .outside, checksOrder {
      throw .decoding(.unexpectedMessage(.message, order.place, lsn: lsn))
    }
    if !message.transactional, stop?.reaches(messageEnd: message.lsn) == true { return stopped() }
    return .message(message)
  }

  /// What ends a streamed or a prepared transaction; it is delivered as it is.
  ///
  /// - Returns: The event that stands in its place, if the stream is to stop before it.
  private mutating func otherEnd(
    _ kind: PgOutputMessage.Kind, _ segment: Segment, _ payload: Range<Int>, at lsn: LSN
  ) throws(ReplicationError) -> ReplicationEvent? {
    switch kind {
    case .streamCommit:
      let commit = try decode(segment, payload, kind, at: lsn, StreamCommit.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.ends(commit, at: lsn) }
      if stop?.reaches(commit: commit.commitLSN) == true { return stopped() }
      delivered(upTo: commit.endLSN, committed: commit.commitTime)
    case .beginPrepare:
      let begin = try decode(segment, payload, kind, at: lsn, BeginPrepare.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.begins(begin, at: lsn) }
      if stop?.reaches(commit: begin.prepareLSN) == true { return stopped() }
      stop?.entersTransaction()
    case .prepare:
      let prepare = try decode(segment, payload, kind, at: lsn, Prepare.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.ends(prepare, at: lsn) }
      stop?.leavesTransaction()
      delivered(upTo: prepare.endLSN, committed: prepare.prepareTime)
    case .streamPrepare:
      let prepare = try decode(segment, payload, kind, at: lsn, Prepare.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.endsStreamed(prepare, at: lsn) }
      if stop?.reaches(commit: prepare.prepareLSN) == true { return stopped() }
      delivered(upTo: prepare.endLSN, committed: prepare.prepareTime)
    case .commitPrepared:
      let commit = try decode(segment, payload, kind, at: lsn, CommitPrepared.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.commits(commit, at: lsn) }
      if stop?.reaches(commit: commit.commitLSN) == true { return stopped() }
      delivered(upTo: commit.endLSN, committed: commit.commitTime)
    case .rollbackPrepared:
      let rollback = try decode(segment, payload, kind, at: lsn, RollbackPrepared.init(decoding:))
      try follow { (order) throws(PgOutputError) in try order.rollsBack(rollback, at: lsn) }
      if stop?.reaches(messageEnd: rollback.endLSN) == true { return stopped() }
      delivered(upTo: rollback.endLSN, committed: rollback.rollbackTime)
    default: break
    }
    return nil
  }

  /// Takes the next step of the order; one that can't be is an error, if that is checked.
  private mutating func follow<R>(
    _ step: (inout MessageOrder) throws(PgOutputError) -> R
  ) throws(ReplicationError) {
    do throws(PgOutputError) {
      _ = try step(&order)
    } catch {
      if checksOrder { throw .decoding(error) }
    }
  }

  private func delivered(upTo end: LSN, committed time: PostgresTimestamp) {
    counters.delivered.store(end.rawValue, ordering: .relaxed)
    counters.lastCommitTime.store(time.microseconds, ordering: .relaxed)
  }

  private func headerPosition(_ segment: Segment, _ body: Range<Int>) -> LSN {
    LSN(rawValue: segment.uint64(at: body.lowerBound + 1))
  }

  private func decode<Message>(
    _ segment: Segment, _ payload: Range<Int>, _ kind: PgOutputMessage.Kind, at lsn: LSN,
    _ decoder: (Span<UInt8>) throws(WireError) -> Message
  ) throws(ReplicationError) -> Message {
    do throws(WireError) {
      return try segment.withBytes(payload, decoder)
    } catch {
      throw .decoding(.malformed(kind, error, lsn: lsn))
    }
  }
}
