public import PGWire

/// Decodes the messages of one pgoutput stream, protocol version 1.
///
/// It keeps the relations and type names that the server has announced; so a stream needs a decoder
/// of its own, which sees every message from the stream's start. After an error the decoder is
/// as it was before the message.
///
///     try decoder.decode(payload, at: lsn) { message in
///       switch message {
///       case .insert(let relation, let new):
///         new.forEachColumn { index, column in … }
///       …
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logical-replication.html>
public struct PgOutputDecoder: Sendable {
  private var relations: [UInt32: Relation] = [:]
  private var types: [UInt32: TypeName] = [:]
  /// The relation of the latest change, which most often is the next one's as well.
  @usableFromInline var latest: Relation?
  /// Where the columns of the latest row change lie; kept, so that no message allocates.
  @usableFromInline var places: [ColumnPlace] = []

  /// A decoder for a stream that hasn't begun yet.
  public init() {}

  /// The relation as the latest Relation message has described it.
  public func relation(oid: UInt32) -> Relation? { relations[oid] }

  /// The type as the latest Type message has named it.
  public func typeName(oid: UInt32) -> TypeName? { types[oid] }

  /// Decodes one message and lends it to `body`.
  ///
  /// - Parameters:
  ///   - payload: The whole message: what follows the header of one XLogData.
  ///   - lsn: The position in that header; it is for errors alone.
  ///   - body: It may copy and keep everything but the rows themselves.
  /// - Returns: What `body` returns.
  /// - Throws: ``PgOutputError`` if this is no such message or not in its place. A message that
  ///   servers send by mistake is no error: see ``PgOutputMessage/ignored(_:)``.
  @inlinable public mutating func decode<R: ~Copyable>(
    _ payload: Span<UInt8>, at lsn: LSN,
    _ body: (PgOutputMessage) throws(PgOutputError) -> R
  ) throws(PgOutputError) -> R {
    if let latest, parseInsert(payload, into: latest) {
      let row = places.span.extracting(first: latest.columns.count)
      return try body(.insert(latest, new: .checked(.new, payload, row)))
    }
    return try parse(payload, at: lsn).lend(payload, places.span, to: body)
  }

  /// Decodes one message and lends it to a `body` that can fail in its own way.
  ///
  /// - Parameter wrap: Turns a decoding error into an error of `body`'s kind.
  /// - Throws: What `body` throws, or what `wrap` makes of a ``PgOutputError``.
  @inlinable public mutating func decode<R: ~Copyable, Failure: Error>(
    _ payload: Span<UInt8>, at lsn: LSN,
    wrappingErrors wrap: (PgOutputError) -> Failure,
    _ body: (PgOutputMessage) throws(Failure) -> R
  ) throws(Failure) -> R {
    if let latest, parseInsert(payload, into: latest) {
      let row = places.span.extracting(first: latest.columns.count)
      return try body(.insert(latest, new: .checked(.new, payload, row)))
    }
    let parsed: ParsedMessage
    do throws(PgOutputError) {
      parsed = try parse(payload, at: lsn)
    } catch {
      throw wrap(error)
    }
    return try parsed.lend(payload, places.span, to: body)
  }
}

extension PgOutputDecoder {
  /// Parses one message and takes in what it announces.
  @usableFromInline mutating func parse(
    _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    guard let kind = PgOutputMessage.kind(of: payload) else {
      if payload.isEmpty { throw .emptyMessage(lsn: lsn) }
      throw .unknownMessage(letter: payload[0], lsn: lsn)
    }
    // Inside a streamed block (version 2) an xid follows the letter: it is to be taken off here,
    // once for all.
    switch kind {
    case .insert, .update, .delete:
      guard payload.count >= 5 else {
        throw .malformed(kind, .truncated(needed: 4, available: payload.count - 1), lsn: lsn)
      }
      let relation = try lookUp(payload.uint32(at: 1), for: kind, at: lsn)
      return try .rowChange(kind, of: relation, payload, from: 5, at: lsn, &places)
    case .truncate:
      return try parseTruncate(payload, at: lsn)
    case .beginPrepare, .prepare, .commitPrepared, .rollbackPrepared, .streamPrepare:
      throw .twoPhaseSlot(kind, lsn: lsn)
    case .streamStart, .streamStop, .streamCommit:
      throw .unexpectedMessage(kind, lsn: lsn)
    case .begin, .commit, .origin, .relation, .type, .message, .streamAbort:
      do throws(WireError) {
        return try parseOwned(kind, payload)
      } catch {
        throw .malformed(kind, error, lsn: lsn)
      }
    }
  }

  /// The short way for what most messages are: an insert into the relation of the last change.
  ///
  /// - Returns: Whether it is one, in good order, and ``places`` has its columns. What is not is
  ///   left to ``parse(_:at:)``, which says why.
  @usableFromInline mutating func parseInsert(
    _ payload: Span<UInt8>, into latest: Relation
  ) -> Bool {
    guard payload.count >= 8 else { return false }
    let columnCount = latest.columns.count
    guard payload[0] == PgOutputMessage.Kind.insert.rawValue,
      payload.uint32(at: 1) == latest.oid,
      payload[5] == TupleData.Kind.new.rawValue,
      Int(payload[6]) << 8 | Int(payload[7]) == columnCount
    else { return false }
    places.makeRoom(for: columnCount)
    return payload.findColumns(from: 8, 0..<columnCount, &places) == payload.count
  }

  /// Parses one of the messages that hold all that they say.
  private mutating func parseOwned(
    _ kind: PgOutputMessage.Kind, _ payload: Span<UInt8>
  ) throws(WireError) -> ParsedMessage {
    switch kind {
    case .begin:
      return .begin(try Begin(decoding: payload))
    case .commit:
      return .commit(try Commit(decoding: payload))
    case .origin:
      return .origin(try Origin(decoding: payload))
    case .message:
      return .message(try LogicalMessage(decoding: payload))
    case .relation:
      let relation = try Relation(decoding: payload, types: types)
      relations[relation.oid] = relation
      latest = relation
      return .relation(relation)
    case .type:
      let type = try TypeName(decoding: payload)
      types[type.oid] = type
      return .type(type)
    default:
      return try ParsedMessage(strayStreamAbort: payload)
    }
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
    _ payload: Span<UInt8>, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    let truncate: TruncatedOIDs
    do throws(WireError) {
      truncate = try TruncatedOIDs(decoding: payload)
    } catch {
      throw .malformed(.truncate, error, lsn: lsn)
    }
    var relations: [Relation] = []
    for oid in truncate.oids { relations.append(try lookUp(oid, for: .truncate, at: lsn)) }
    return .truncate(Truncate(truncate, relations: relations))
  }
}
