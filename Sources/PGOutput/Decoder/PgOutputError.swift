public import PGWire

/// Why a pgoutput message could not be decoded.
///
/// Every case names the position of the message, as the frame around it gave it (`0/0` for a
/// Relation or a Type). No case and no description holds any data of a row.
@nonexhaustive public enum PgOutputError: Error, Hashable, Sendable {
  /// The message has no byte at all.
  case emptyMessage(lsn: LSN)
  /// The message's type letter is unknown.
  case unknownMessage(letter: UInt8, lsn: LSN)
  /// The message is not allowed at this point of the stream.
  case unexpectedMessage(PgOutputMessage.Kind, PgOutputMessage.Place, lsn: LSN)
  /// The message continues a streamed transaction that the stream has not begun or has ended,
  /// or begins one that it has begun already.
  case unexpectedStream(PgOutputMessage.Kind, xid: UInt32, lsn: LSN)
  /// The message names a position that is not possible at this point of the stream.
  case unexpectedPosition(PgOutputMessage.Kind, LSN, PgOutputMessage.PositionFault, lsn: LSN)
  /// The message's bytes aren't what its layout asks for.
  case malformed(PgOutputMessage.Kind, WireError, lsn: LSN)
  /// A change names a relation that no Relation message has described before.
  case unknownRelation(oid: UInt32, PgOutputMessage.Kind, lsn: LSN)
  /// A tuple has more or fewer columns than its relation; servers 15.0 and 15.1 send such old
  /// tuples where a column list is in use.
  case columnCountMismatch(relation: String, expected: Int, actual: Int, lsn: LSN)
  /// The byte that says how a column is sent is none of `n`, `u`, `t` and `b`.
  case unknownColumnKind(letter: UInt8, relation: String, column: String, lsn: LSN)
  /// The byte that says which tuple follows is none that the message can have there.
  case unexpectedTuple(letter: UInt8, PgOutputMessage.Kind, relation: String, lsn: LSN)
}

extension PgOutputError: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .emptyMessage(let lsn):
      "pgoutput message at \(lsn): it is empty"
    case .unknownMessage(let letter, let lsn):
      "pgoutput message at \(lsn): unknown type \(quoted(letter))"
    case .unexpectedMessage(let kind, let place, let lsn):
      "pgoutput \(kind) at \(lsn): it can't come \(place)"
    case .unexpectedStream(.streamStart, let xid, let lsn):
      "pgoutput Stream Start at \(lsn): its flag is not that of the next block of transaction "
        + "\(xid)"
    case .unexpectedStream(let kind, let xid, let lsn):
      "pgoutput \(kind) at \(lsn): transaction \(xid) is not being streamed"
    case .unexpectedPosition(let kind, let position, let fault, let lsn):
      "pgoutput \(kind) at \(lsn): it names position \(position), which \(fault)"
    case .malformed(let kind, let reason, let lsn):
      "pgoutput \(kind) at \(lsn): malformed, \(reason)"
    case .unknownRelation(let oid, let kind, let lsn):
      "pgoutput \(kind) at \(lsn): no Relation message has described the relation with oid \(oid)"
    case .columnCountMismatch(let relation, let expected, let actual, let lsn):
      "pgoutput tuple at \(lsn): \(relation) has \(expected) columns, the tuple \(actual)"
    case .unknownColumnKind(let letter, let relation, let column, let lsn):
      "pgoutput tuple at \(lsn): unknown kind \(quoted(letter)) for \(column) of \(relation)"
    case .unexpectedTuple(let letter, let kind, let relation, let lsn):
      "pgoutput \(kind) at \(lsn): unexpected tuple \(quoted(letter)) for \(relation)"
    }
  }

  private func quoted(_ letter: UInt8) -> String {
    guard (0x21...0x7E).contains(letter) else { return "0x" + String(letter, radix: 16) }
    return "'\(Character(Unicode.Scalar(letter)))'"
  }
}

extension PgOutputMessage {
  /// What is wrong with a position that a message names.
  @nonexhaustive public enum PositionFault: Hashable, Sendable {
    /// There is no position zero.
    case zero
    /// The beginning of the transaction announced another one.
    case announced(LSN)
    /// The end of a transaction does not lie after its commit.
    case endsBefore(LSN)
    /// An earlier transaction committed there or later.
    ///
    /// Transactions are sent in the order of their commits.
    case behindCommit(LSN)
  }
}

extension PgOutputMessage.PositionFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .zero: "no message has"
    case .announced(let lsn): "is not \(lsn), as announced by the transaction's beginning"
    case .endsBefore(let lsn): "is not after the commit at \(lsn)"
    case .behindCommit(let lsn): "is not after the previous commit at \(lsn)"
    }
  }
}
