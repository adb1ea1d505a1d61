public import PGWire

/// Decodes the messages of one pgoutput stream, of every protocol version.
///
/// It keeps the relations and type names that the server has announced, and whether a streamed
/// block is open; so a stream needs a decoder of its own, which sees every message from the
/// stream's start. Only Begin, Commit and Message may be left out, which ``PgOutputMessage/Kind``
/// identifies. After an error the decoder is as it was before the message.
///
///     try decoder.decode(payload, at: lsn) { message in
///       switch message {
///       case .insert(let relation, let new):
///         new.forEachColumn { index, column in … }
///       …
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logical-replication.html>
public struct PgOutputDecoder: Sendable {
  var relations: [UInt32: Relation] = [:]
  var types: [UInt32: TypeName] = [:]
  /// Where the stream stands.
  @usableFromInline var position: StreamPosition
  /// Where it stood before the replay that is under way.
  var placeBeforeReplay: PgOutputMessage.Place?
  /// The relation of the latest change, which most often is the next one's as well.
  @usableFromInline var latest: Relation?
  /// Where the columns of the latest row change lie; kept, so that no message allocates.
  @usableFromInline var places: [ColumnPlace] = []

  /// A decoder for a stream that hasn't begun yet.
  public init() { self.init(checks: .shown) }

  package init(checks: StreamPosition.Checks) {
    position = StreamPosition(checks: checks)
  }

  /// The relation as the latest Relation message has described it.
  public func relation(oid: UInt32) -> Relation? { relations[oid] }

  /// The type as the latest Type message has named it.
  public func typeName(oid: UInt32) -> TypeName? { types[oid] }

  /// The transaction whose streamed block is open: what comes now is a part of it, and provisional.
  public var streamedTransaction: UInt32? { position.blockXID }

  /// Where in the stream the next message stands.
  package var place: PgOutputMessage.Place { position.place }

  /// Whether the next message is of a transaction that comes whole.
  package var isInWholeTransaction: Bool { place == .transaction || place == .preparedTransaction }

  /// The transaction or subtransaction that the next message belongs to.
  ///
  /// A ``StreamAbort`` names those whose changes have to be discarded.
  ///
  /// - Parameter payload: A message that was not decoded yet.
  /// - Returns: `nil` outside a streamed block, and for messages without an xid: only changes,
  ///   relations, types and logical messages have one.
  public func xid(of payload: Span<UInt8>) -> UInt32? {
    position.xid(of: payload)
  }

  /// Decodes one message and passes it to `body`.
  ///
  /// - Parameters:
  ///   - payload: The whole message: what follows the header of one XLogData.
  ///   - lsn: The position in that header; it is used only in errors.
  ///   - body: It may copy and keep everything but the rows themselves.
  /// - Returns: What `body` returns.
  /// - Throws: ``PgOutputError`` if this is not such a message, or not allowed here. A message that
  ///   servers send by mistake is not an error: see ``PgOutputMessage/ignored(_:)``.
  @inlinable public mutating func decode<R: ~Copyable>(
    _ payload: Span<UInt8>, at lsn: LSN,
    _ body: (PgOutputMessage) throws(PgOutputError) -> R
  ) throws(PgOutputError) -> R {
    // The code of the function below, and not a call: a closure between would cost a sixth of a
    // row's time.
    if position.acceptsChanges, let relation = latest.take() {
      if Self.parseInsert(payload, from: position.bodyStart, into: relation, &places) {
        return try relation.lendInsert(payload, &places, givenBackTo: &latest, to: body)
      }
      latest = relation
    }
    return try parse(payload, at: lsn).lend(payload, places.span, to: body)
  }

  /// Decodes one message and passes it to a `body` that can fail in its own way.
  ///
  /// - Parameter wrap: Turns a decoding error into an error of `body`'s kind.
  /// - Throws: What `body` throws, or what `wrap` makes of a ``PgOutputError``.
  @inlinable public mutating func decode<R: ~Copyable, Failure: Error>(
    _ payload: Span<UInt8>, at lsn: LSN,
    wrappingErrors wrap: (PgOutputError) -> Failure,
    _ body: (PgOutputMessage) throws(Failure) -> R
  ) throws(Failure) -> R {
    if position.acceptsChanges, let relation = latest.take() {
      if Self.parseInsert(payload, from: position.bodyStart, into: relation, &places) {
        return try relation.lendInsert(payload, &places, givenBackTo: &latest, to: body)
      }
      latest = relation
    }
    let parsed: ParsedMessage
    do throws(PgOutputError) {
      parsed = try parse(payload, at: lsn)
    } catch {
      throw wrap(error)
    }
    return try parsed.lend(payload, places.span, to: body)
  }

  /// Decodes one message and passes it to `body`, if it is a valid row change.
  ///
  /// Any other message can be decoded afterwards, which then reports what is wrong with it.
  ///
  /// - Returns: What `body` returns; false if it is not such a message.
  @inlinable package mutating func decodeRow(
    _ payload: Span<UInt8>, at lsn: LSN, _ body: (PgOutputMessage) -> Bool
  ) -> Bool {
    guard let kind = PgOutputMessage.kind(of: payload), kind.isRow else { return false }
    do throws(PgOutputError) { return try decode(payload, at: lsn, body) } catch { return false }
  }
}
