import CDCTime
import PGOutput
import PGWire

/// A message that has been copied out of its bytes, so that tests can compare it.
enum OwnedMessage: Equatable {
  case begin(Begin)
  case commit(Commit)
  case origin(ReplicationOrigin)
  case relation(String)
  case type(TypeName)
  case insert(String, new: OwnedTuple)
  case update(String, old: OwnedTuple?, new: OwnedTuple)
  case delete(String, old: OwnedTuple)
  case truncate([String], cascade: Bool, restartIdentity: Bool)
  case message(LogicalMessage)
  case streamStart(StreamStart)
  case streamStop(xid: UInt32)
  case streamCommit(StreamCommit)
  case streamAbort(StreamAbort)
  case beginPrepare(BeginPrepare)
  case prepare(Prepare)
  case commitPrepared(CommitPrepared)
  case rollbackPrepared(RollbackPrepared)
  case streamPrepare(Prepare)
  case ignored(PgOutputMessage.Kind)

  init(_ message: PgOutputMessage) {
    self =
      switch message {
      case .begin(let begin): .begin(begin)
      case .commit(let commit): .commit(commit)
      case .origin(let origin): .origin(origin)
      case .relation(let relation): .relation(relation.qualifiedName)
      case .type(let type): .type(type)
      case .insert(let relation, let new):
        .insert(relation.qualifiedName, new: OwnedTuple(new))
      case .update(let relation, let old, let new):
        .update(
          relation.qualifiedName, old: OwnedTuple(optional: old), new: OwnedTuple(new))
      case .delete(let relation, let old):
        .delete(relation.qualifiedName, old: OwnedTuple(old))
      case .truncate(let truncate):
        .truncate(
          truncate.relations.map(\.qualifiedName), cascade: truncate.cascade,
          restartIdentity: truncate.restartIdentity)
      case .message(let message): .message(message)
      case .streamStart(let start): .streamStart(start)
      case .streamStop(let xid): .streamStop(xid: xid)
      case .streamCommit(let commit): .streamCommit(commit)
      case .streamAbort(let abort): .streamAbort(abort)
      case .beginPrepare(let begin): .beginPrepare(begin)
      case .prepare(let prepare): .prepare(prepare)
      case .commitPrepared(let commit): .commitPrepared(commit)
      case .rollbackPrepared(let rollback): .rollbackPrepared(rollback)
      case .streamPrepare(let prepare): .streamPrepare(prepare)
      case .ignored(let kind): .ignored(kind)
      }
  }
}

/// A tuple that has been copied out of its message.
struct OwnedTuple: Equatable {
  var kind: TupleData.Kind
  var columns: [OwnedColumn]

  static func new(_ columns: OwnedColumn...) -> Self { Self(kind: .new, columns: columns) }
  static func key(_ columns: OwnedColumn...) -> Self { Self(kind: .key, columns: columns) }
  static func full(_ columns: OwnedColumn...) -> Self { Self(kind: .full, columns: columns) }
}

enum OwnedColumn: Equatable, ExpressibleByStringLiteral {
  case null
  case unchanged
  case notSent
  case text(String)
  case binary([UInt8])

  init(stringLiteral text: String) { self = .text(text) }

  init(_ column: TupleColumn) {
    self =
      switch column {
      case .null: .null
      case .unchanged: .unchanged
      case .notSent: .notSent
      case .text(let bytes): .text(bytes.lossyString())
      case .binary(let bytes): .binary(bytes.copied())
      }
  }
}

extension OwnedTuple {
  init(_ tuple: TupleData) {
    kind = tuple.kind
    var columns: [OwnedColumn] = []
    tuple.forEachColumn { index, column in
      precondition(index == columns.count)
      columns.append(OwnedColumn(column))
    }
    precondition(columns.count == tuple.columnCount)
    self.columns = columns
  }

  init?(optional tuple: TupleData?) {
    guard let tuple else { return nil }
    self.init(tuple)
  }
}

extension PgOutputDecoder {
  /// Decodes one message and copies it out.
  mutating func owned(_ payload: [UInt8], at lsn: LSN = .zero) throws(PgOutputError) -> OwnedMessage
  {
    try decode(payload.span, at: lsn) { OwnedMessage($0) }
  }

  /// A decoder that has seen these messages already.
  init(after messages: [UInt8]...) throws {
    self.init()
    for message in messages { _ = try owned(message) }
  }
}

/// The payload's kind, told without a decoder.
func peek(_ payload: [UInt8]) -> PgOutputMessage.Kind? {
  PgOutputMessage.kind(of: payload.span)
}
