public import PGWire

// The one reader of the messages that begin or end something.

extension StreamPosition {
  /// Reads a message if it can mean something for transactions, moves past it and passes it to
  /// `body`.
  ///
  /// Other messages are not parsed.
  ///
  /// - Returns: What `body` returns; `nil` if the message is one of the others, or of a kind that
  ///   pgoutput doesn't have.
  /// - Throws: ``PgOutputError``; the position is then as it was.
  @inlinable package mutating func read<R>(
    _ payload: Span<UInt8>, at lsn: LSN, _ body: (PgOutputMessage) -> R
  ) throws(PgOutputError) -> R? {
    guard let message = try parse(payload, at: lsn) else { return nil }
    return message.lend(payload, Span(), to: body)
  }

  @usableFromInline mutating func parse(
    _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage? {
    guard let kind = PgOutputMessage.kind(of: payload), !passesOver(kind) else { return nil }
    let head = try head(kind, payload, at: lsn)
    return kind.canBeBoundary ? try read(head, payload, at: lsn) : nil
  }

  /// The same for a message whose head was read and that can be a boundary.
  mutating func read(
    _ head: MessageHead, _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    switch head.kind {
    case .begin:
      let begin = try decode(head, payload, at: lsn, Begin.init(decoding:))
      try begins(begin, at: lsn)
      return .begin(begin)
    case .commit:
      let commit = try decode(head, payload, at: lsn, Commit.init(decoding:))
      try ends(commit, at: lsn)
      return .commit(commit)
    case .message:
      let message = try decode(head, payload, at: lsn) { bytes throws(WireError) in
        try LogicalMessage(xid: head.xid, body: bytes.extracting(droppingFirst: head.bodyStart))
      }
      try checkPlace(of: message, at: lsn)
      return .message(message)
    case .streamStart, .streamStop, .streamCommit, .streamAbort, .streamPrepare:
      return try readStreamed(head, payload, at: lsn)
    case .beginPrepare, .prepare, .commitPrepared, .rollbackPrepared:
      return try readPrepared(head, payload, at: lsn)
    case .origin, .relation, .type, .insert, .update, .delete, .truncate:
      throw .unexpectedMessage(head.kind, place, lsn: lsn)
    }
  }

  /// Reads one of the messages about a transaction that comes whole and is prepared.
  private mutating func readPrepared(
    _ head: MessageHead, _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    switch head.kind {
    case .beginPrepare:
      let begin = try decode(head, payload, at: lsn, BeginPrepare.init(decoding:))
      try begins(begin, at: lsn)
      return .beginPrepare(begin)
    case .prepare:
      let prepare = try decode(head, payload, at: lsn, Prepare.init(decoding:))
      try ends(prepare, at: lsn)
      return .prepare(prepare)
    case .commitPrepared:
      let commit = try decode(head, payload, at: lsn, CommitPrepared.init(decoding:))
      try commits(commit, at: lsn)
      return .commitPrepared(commit)
    default:
      let rollback = try decode(head, payload, at: lsn, RollbackPrepared.init(decoding:))
      try rollsBack(rollback, at: lsn)
      return .rollbackPrepared(rollback)
    }
  }

  /// Reads one of the messages about a transaction that is streamed in blocks.
  private mutating func readStreamed(
    _ head: MessageHead, _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    switch head.kind {
    case .streamStart:
      let start = try decode(head, payload, at: lsn, StreamStart.init(decoding:))
      try startsBlock(start, at: lsn)
      return .streamStart(start)
    case .streamStop:
      guard payload.count == 1 else {
        throw .malformed(head.kind, .trailingBytes(count: payload.count - 1), lsn: lsn)
      }
      return .streamStop(xid: stopsBlock())
    case .streamCommit:
      let commit = try decode(head, payload, at: lsn, StreamCommit.init(decoding:))
      try ends(commit, at: lsn)
      return .streamCommit(commit)
    case .streamPrepare:
      let prepare = try decode(head, payload, at: lsn, Prepare.init(decoding:))
      try endsStreamed(prepare, at: lsn)
      return .streamPrepare(prepare)
    default:
      let abort = try decode(head, payload, at: lsn, StreamAbort.init(decoding:))
      return aborts(abort) ? .streamAbort(abort) : .ignored(.streamAbort)
    }
  }

  private func decode<Message>(
    _ head: MessageHead, _ payload: Span<UInt8>, at lsn: LSN,
    _ decoder: (Span<UInt8>) throws(WireError) -> Message
  ) throws(PgOutputError) -> Message {
    do throws(WireError) {
      return try decoder(payload)
    } catch {
      throw .malformed(head.kind, error, lsn: lsn)
    }
  }
}
