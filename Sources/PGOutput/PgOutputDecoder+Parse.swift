public import PGWire

extension PgOutputDecoder {
  /// Makes the decoder read row changes of a relation that is known from elsewhere.
  ///
  /// - Parameter inBlock: Whether the changes come from a streamed block, with an xid.
  package mutating func readRows(of relation: Relation, inBlock: Bool) {
    latest = relation
    bodyStart = inBlock ? 5 : 1
  }

  /// Parses one message and takes in what it announces.
  @usableFromInline mutating func parse(
    _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    guard let kind = PgOutputMessage.kind(of: payload) else {
      if payload.isEmpty { throw .emptyMessage(lsn: lsn) }
      throw .unknownMessage(letter: payload[0], lsn: lsn)
    }
    guard order.allows(kind) else { throw .unexpectedMessage(kind, order.place, lsn: lsn) }
    // The xid is taken off here, once for all: what follows knows nothing of it.
    let start = kind.hasXIDInBlock ? bodyStart : 1
    guard payload.count >= start else {
      throw .malformed(kind, .truncated(needed: 4, available: payload.count - 1), lsn: lsn)
    }
    switch kind {
    case .insert, .update, .delete:
      guard payload.count >= start + 4 else {
        throw .malformed(kind, .truncated(needed: 4, available: payload.count - start), lsn: lsn)
      }
      let relation = try lookUp(payload.uint32(at: start), for: kind, at: lsn)
      return try .rowChange(kind, of: relation, payload, from: start + 4, at: lsn, &places)
    case .truncate:
      return try parseTruncate(payload.extracting(droppingFirst: start), at: lsn)
    case .streamStart, .streamStop, .streamCommit, .streamAbort, .streamPrepare:
      return try parseStreamed(kind, payload, at: lsn)
    case .begin, .commit, .origin, .relation, .type, .message, .beginPrepare, .prepare,
      .commitPrepared, .rollbackPrepared:
      do throws(WireError) {
        return try parseOwned(kind, payload, from: start)
      } catch {
        throw .malformed(kind, error, lsn: lsn)
      }
    }
  }

  /// The short way for what most messages are: an insert into the relation of the last change.
  ///
  /// - Returns: Whether it is one, in good order, and ``places`` has its columns. What is not is
  ///   left to ``parse(_:at:)``, which says why.
  @usableFromInline static func parseInsert(
    _ payload: Span<UInt8>, from start: Int, into latest: Relation, _ places: inout [ColumnPlace]
  ) -> Bool {
    guard payload.count >= start &+ 7 else { return false }
    let columnCount = latest.columns.count
    guard payload[0] == PgOutputMessage.Kind.insert.rawValue,
      payload.uint32(at: start) == latest.oid,
      payload[start &+ 4] == TupleData.Kind.new.rawValue,
      Int(payload[start &+ 5]) << 8 | Int(payload[start &+ 6]) == columnCount
    else { return false }
    places.makeRoom(for: columnCount)
    return payload.findColumns(from: start &+ 7, 0..<columnCount, &places)
      == .whole(end: payload.count)
  }

  /// Parses one of the messages that hold all that they say.
  private mutating func parseOwned(
    _ kind: PgOutputMessage.Kind, _ payload: Span<UInt8>, from start: Int
  ) throws(WireError) -> ParsedMessage {
    switch kind {
    case .begin:
      let begin = try Begin(decoding: payload)
      order.begins(prepared: false)
      return .begin(begin)
    case .commit:
      let commit = try Commit(decoding: payload)
      order.ends()
      return .commit(commit)
    case .beginPrepare:
      let begin = try BeginPrepare(decoding: payload)
      order.begins(prepared: true)
      return .beginPrepare(begin)
    case .prepare:
      let prepare = try Prepare(decoding: payload)
      order.ends()
      return .prepare(prepare)
    case .commitPrepared:
      return .commitPrepared(try CommitPrepared(decoding: payload))
    case .rollbackPrepared:
      return .rollbackPrepared(try RollbackPrepared(decoding: payload))
    case .relation:
      return .relation(try announce(payload.extracting(droppingFirst: start)))
    case .type:
      let type = try TypeName(body: payload.extracting(droppingFirst: start))
      types[type.oid] = type
      return .type(type)
    case .message:
      let xid = start > 1 ? payload.uint32(at: 1) : nil
      return .message(
        try LogicalMessage(xid: xid, body: payload.extracting(droppingFirst: start)))
    default:
      return .origin(try Origin(decoding: payload))
    }
  }

  /// Parses one of the messages about a transaction that is streamed in blocks.
  private mutating func parseStreamed(
    _ kind: PgOutputMessage.Kind, _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    let message: ParsedMessage
    // The transaction that the message names, if it can't do so here.
    var unexpected: UInt32?
    do throws(WireError) {
      switch kind {
      case .streamStart:
        let start = try StreamStart(decoding: payload)
        if !order.startsBlock(start) { unexpected = start.xid }
        message = .streamStart(start)
      case .streamStop:
        if payload.count > 1 { throw .trailingBytes(count: payload.count - 1) }
        message = .streamStop(xid: order.stopsBlock())
      case .streamCommit:
        let commit = try StreamCommit(decoding: payload)
        if !order.endsStreamed(commit.xid) { unexpected = commit.xid }
        message = .streamCommit(commit)
      case .streamPrepare:
        let prepare = try Prepare(decoding: payload)
        if !order.endsStreamed(prepare.xid) { unexpected = prepare.xid }
        message = .streamPrepare(prepare)
      default:
        let abort = try StreamAbort(decoding: payload)
        guard order.isStreamed(abort.xid) else { return .ignored(.streamAbort) }
        if abort.isWhole { _ = order.endsStreamed(abort.xid) }
        message = .streamAbort(abort)
      }
    } catch {
      throw .malformed(kind, error, lsn: lsn)
    }
    if let unexpected { throw .unexpectedStream(kind, xid: unexpected, lsn: lsn) }
    bodyStart = order.blockXID == nil ? 1 : 5
    return message
  }

  /// Takes in a Relation.
  ///
  /// One that is sent again with nothing new is still the same object.
  private mutating func announce(_ body: Span<UInt8>) throws(WireError) -> Relation {
    var relation = try Relation(body: body, types: types)
    if let known = relations[relation.oid], known.hasSameShape(as: relation) { relation = known }
    relations[relation.oid] = relation
    latest = relation
    return relation
  }

  /// The relation that a change names.
  private mutating func lookUp(
    _ oid: UInt32, for kind: PgOutputMessage.Kind, at lsn: LSN
  ) throws(PgOutputError) -> Relation {
    if let latest, latest.oid == oid { return latest }
    guard let relation = relations[oid] else {
      throw .unknownRelation(oid: oid, kind, lsn: lsn)
    }
    latest = relation
    return relation
  }

  private mutating func parseTruncate(
    _ body: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    let truncate: TruncatedOIDs
    do throws(WireError) {
      truncate = try TruncatedOIDs(body: body)
    } catch {
      throw .malformed(.truncate, error, lsn: lsn)
    }
    var relations: [Relation] = []
    for oid in truncate.oids { relations.append(try lookUp(oid, for: .truncate, at: lsn)) }
    return .truncate(Truncate(truncate, relations: relations))
  }
}
