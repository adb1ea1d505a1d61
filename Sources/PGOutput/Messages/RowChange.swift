import PGWire

// One row inserted, updated or deleted.
//
//     Insert  I | relation oid 4 | N | tuple
//     Update  U | relation oid 4 | [K | tuple  or  O | tuple] | N | tuple
//     Delete  D | relation oid 4 | K | tuple  or  O | tuple
//
// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>

extension ParsedMessage {
  /// Checks the tuples of a row change, which lie from an offset to the message's end.
  static func rowChange(
    _ kind: PgOutputMessage.Kind, of relation: Relation,
    _ payload: Span<UInt8>, from start: Int, at lsn: LSN
  ) throws(PgOutputError) -> ParsedMessage {
    do throws(TupleFault) {
      let columnCount = relation.columns.count
      var at = start
      let first = try ParsedTuple(in: payload, from: &at, columnCount: columnCount)
      if kind == .update, first.kind != .new {
        let second = try ParsedTuple(in: payload, from: &at, columnCount: columnCount)
        guard second.kind == .new else { throw .tupleKind(second.kind.rawValue) }
        try payload.expectEnd(at)
        return .update(relation, old: first, new: second)
      }
      guard (kind == .delete) == (first.kind != .new) else {
        throw .tupleKind(first.kind.rawValue)
      }
      try payload.expectEnd(at)
      switch kind {
      case .delete: return .delete(relation, old: first)
      case .update: return .update(relation, old: nil, new: first)
      default: return .insert(relation, new: first)
      }
    } catch {
      throw error.inMessage(kind, of: relation, at: lsn)
    }
  }
}

/// A tuple that has been checked: what it is, and where its columns lie in the message.
@usableFromInline struct ParsedTuple {
  @usableFromInline let kind: TupleData.Kind
  @usableFromInline let columns: Range<Int>

  /// Checks a tuple and the letter before it, and moves the offset behind it.
  fileprivate init(
    in payload: Span<UInt8>, from at: inout Int, columnCount: Int
  ) throws(TupleFault) {
    guard payload.count - at >= 3 else {
      throw .malformed(.truncated(needed: 3, available: payload.count - at))
    }
    guard let kind = TupleData.Kind(rawValue: payload[at]) else {
      throw .tupleKind(payload[at])
    }
    let count = Int16(bitPattern: UInt16(payload[at + 1]) << 8 | UInt16(payload[at + 2]))
    guard count >= 0 else {
      throw .malformed(.invalidValue(field: "column count", value: Int64(count)))
    }
    guard Int(count) == columnCount else { throw .columnCount(Int(count)) }
    at += 3
    let start = at
    for index in 0..<Int(count) {
      at = try payload.endOfColumn(index, at: at)
    }
    self.kind = kind
    columns = start..<at
  }

  /// Checks an insert's tuple, which lies from an offset to the message's end.
  ///
  /// - Returns: Where its columns lie.
  static func insertedColumns(
    of payload: Span<UInt8>, from start: Int, into relation: Relation, at lsn: LSN
  ) throws(PgOutputError) -> Range<Int> {
    do throws(TupleFault) {
      var at = start
      let tuple = try ParsedTuple(in: payload, from: &at, columnCount: relation.columns.count)
      guard tuple.kind == .new else { throw .tupleKind(tuple.kind.rawValue) }
      try payload.expectEnd(at)
      return tuple.columns
    } catch {
      throw error.inMessage(.insert, of: relation, at: lsn)
    }
  }
}

extension Span<UInt8> {
  /// The last step: nothing may follow.
  @inline(__always) fileprivate func expectEnd(_ at: Int) throws(TupleFault) {
    guard at == count else { throw .malformed(.trailingBytes(count: count - at)) }
  }

  /// Where the column that begins at an offset ends, if it is whole.
  @inline(__always) fileprivate func endOfColumn(
    _ index: Int, at offset: Int
  ) throws(TupleFault) -> Int {
    guard offset < count else { throw .malformed(.truncated(needed: 1, available: 0)) }
    let kind = self[offset]
    guard kind == UInt8(ascii: "t") || kind == UInt8(ascii: "b") else {
      return try endOfUnsentColumn(kind, index, at: offset)
    }
    let start = offset &+ 5
    guard start <= count else {
      throw .malformed(.truncated(needed: 5, available: count - offset))
    }
    let length = uint32(at: offset &+ 1)
    guard Int(length) <= count &- start else {
      throw .malformed(.columnLength(length, available: count - start))
    }
    return start &+ Int(length)
  }

  /// The rarer half of `endOfColumn`, kept out of the loop: NULL or unchanged.
  @inline(never) private func endOfUnsentColumn(
    _ kind: UInt8, _ index: Int, at offset: Int
  ) throws(TupleFault) -> Int {
    guard kind == UInt8(ascii: "n") || kind == UInt8(ascii: "u") else {
      throw .columnKind(kind, index: index)
    }
    return offset + 1
  }
}

/// What is wrong with a tuple, before it is told of which message.
private enum TupleFault: Error {
  case malformed(WireError)
  case tupleKind(UInt8)
  case columnCount(Int)
  case columnKind(UInt8, index: Int)

  func inMessage(
    _ kind: PgOutputMessage.Kind, of relation: Relation, at lsn: LSN
  ) -> PgOutputError {
    switch self {
    case .malformed(let reason):
      .malformed(kind, reason, lsn: lsn)
    case .tupleKind(let letter):
      .unexpectedTuple(letter: letter, kind, relation: relation.qualifiedName, lsn: lsn)
    case .columnCount(let actual):
      .columnCountMismatch(
        relation: relation.qualifiedName, expected: relation.columns.count, actual: actual,
        lsn: lsn)
    case .columnKind(let letter, let index):
      .unknownColumnKind(
        letter: letter, relation: relation.qualifiedName, column: relation.columns[index].name,
        lsn: lsn)
    }
  }
}

extension WireError {
  /// What is wrong with a column's length that is more than what is left of the message.
  fileprivate static func columnLength(_ length: UInt32, available: Int) -> WireError {
    let signed = Int32(bitPattern: length)
    return signed < 0
      ? .invalidValue(field: "column length", value: Int64(signed))
      : .truncated(needed: Int(signed), available: available)
  }
}
