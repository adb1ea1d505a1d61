public import PGWire

extension PgOutputDecoder {
  /// Parses one message and records what it announces.
  @usableFromInline mutating func parse(
    _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    // The xid is removed here; the code below does not see it.
    let head = try position.head(of: payload, at: lsn)
    let (kind, start) = (head.kind, head.bodyStart)
    switch kind {
    case .insert, .update, .delete:
      guard payload.count >= start + 4 else {
        throw .malformed(kind, .truncated(needed: 4, available: payload.count - start), lsn: lsn)
      }
      let relation = try lookUp(payload.uint32(at: start), for: kind, at: lsn)
      return try .rowChange(kind, of: relation, payload, from: start + 4, at: lsn, &places)
    case .truncate:
      return try parseTruncate(payload.extracting(droppingFirst: start), at: lsn)
    case .origin, .relation, .type:
      do throws(WireError) {
        return try parseOwned(kind, payload, from: start)
      } catch {
        throw .malformed(kind, error, lsn: lsn)
      }
    case .begin, .commit, .message, .streamStart, .streamStop, .streamCommit, .streamAbort,
      .beginPrepare, .prepare, .commitPrepared, .rollbackPrepared, .streamPrepare:
      return try position.read(head, payload, at: lsn)
    }
  }

  /// The fast path for most messages: an insert into the relation of the last change.
  ///
  /// - Returns: Whether it is a valid one, and ``places`` has its columns. Everything else is left
  ///   to ``parse(_:at:)``, which reports what is wrong.
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

  /// Parses one of the messages that describe something.
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
    default:
      return .origin(try ReplicationOrigin(decoding: payload))
    }
  }

  /// Records a Relation.
  ///
  /// If it is sent again without a change, the same object stays.
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
