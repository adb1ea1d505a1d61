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
    try order.expect(kind, at: lsn)
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
    case .begin, .commit, .beginPrepare, .prepare, .commitPrepared, .rollbackPrepared:
      return try parseWhole(kind, payload, at: lsn)
    case .origin, .relation, .type, .message:
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

  /// Parses one of the messages that stand anywhere.
  private mutating func parseOwned(
    _ kind: PgOutputMessage.Kind, _ payload: Span<UInt8>, from start: Int
  ) throws(WireError) -> ParsedMessage {
    switch kind {
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

  /// Parses one of the messages about a transaction that comes whole.
  private mutating func parseWhole(
    _ kind: PgOutputMessage.Kind, _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    switch kind {
    case .begin:
      let begin = try decoded(kind, payload, at: lsn, Begin.init(decoding:))
      try order.begins(begin, at: lsn)
      return .begin(begin)
    case .commit:
      let commit = try decoded(kind, payload, at: lsn, Commit.init(decoding:))
      try order.ends(commit, at: lsn)
      return .commit(commit)
    case .beginPrepare:
      let begin = try decoded(kind, payload, at: lsn, BeginPrepare.init(decoding:))
      try order.begins(begin, at: lsn)
      return .beginPrepare(begin)
    case .prepare:
      let prepare = try decoded(kind, payload, at: lsn, Prepare.init(decoding:))
      try order.ends(prepare, at: lsn)
      return .prepare(prepare)
    case .commitPrepared:
      let commit = try decoded(kind, payload, at: lsn, CommitPrepared.init(decoding:))
      try order.commits(commit, at: lsn)
      return .commitPrepared(commit)
    default:
      let rollback = try decoded(kind, payload, at: lsn, RollbackPrepared.init(decoding:))
      try order.rollsBack(rollback, at: lsn)
      return .rollbackPrepared(rollback)
    }
  }

  /// Parses one of the messages about a transaction that is streamed in blocks.
  private mutating func parseStreamed(
    _ kind: PgOutputMessage.Kind, _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    defer { bodyStart = order.blockXID == nil ? 1 : 5 }
    switch kind {
    case .streamStart:
      let start = try decoded(kind, payload, at: lsn, StreamStart.init(decoding:))
      try order.startsBlock(start, at: lsn)
      return .streamStart(start)
    case .streamStop:
      guard payload.count == 1 else {
        throw .malformed(kind, .trailingBytes(count: payload.count - 1), lsn: lsn)
      }
      return .streamStop(xid: try order.stopsBlock(at: lsn))
    case .streamCommit:
      let commit = try decoded(kind, payload, at: lsn, StreamCommit.init(decoding:))
      try order.ends(commit, at: lsn)
      return .streamCommit(commit)
    case .streamPrepare:
      let prepare = try decoded(kind, payload, at: lsn, Prepare.init(decoding:))
      try order.endsStreamed(prepare, at: lsn)
      return .streamPrepare(prepare)
    default:
      let abort = try decoded(kind, payload, at: lsn, StreamAbort.init(decoding:))
      return try order.aborts(abort, at: lsn) ? .streamAbort(abort) : .ignored(.streamAbort)
    }
  }

  private func decoded<Message>(
    _ kind: PgOutputMessage.Kind, _ payload: Span<UInt8>, at lsn: LSN,
    _ decoder: (Span<UInt8>) throws(WireError) -> Message
  ) throws(PgOutputError) -> Message {
    do throws(WireError) {
      return try decoder(payload)
    } catch {
      throw .malformed(kind, error, lsn: lsn)
    }
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
