import PGWire

// One row inserted, updated or deleted.
//
//     Insert  I | [xid 4] | relation oid 4 | N | tuple
//     Update  U | [xid 4] | relation oid 4 | [K | tuple  or  O | tuple] | N | tuple
//     Delete  D | [xid 4] | relation oid 4 | K | tuple  or  O | tuple
//
// The xid is there only inside a streamed block, and is taken off before.
//
// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>

extension ParsedMessage {
  /// Checks the tuples of a row change, which lie from an offset to the message's end.
  ///
  /// - Parameter places: Takes the places of the columns, the old row's first.
  static func rowChange(
    _ kind: PgOutputMessage.Kind, of relation: Relation,
    _ payload: Span<UInt8>, from start: Int, at lsn: LSN, _ places: inout [ColumnPlace]
  ) throws(PgOutputError) -> ParsedMessage {
    do throws(TupleFault) {
      var at = start
      let first = try ParsedTuple(in: payload, from: &at, relation, &places, after: 0)
      if kind == .update, first.kind != .new {
        let second = try ParsedTuple(
          in: payload, from: &at, relation, &places, after: first.places.upperBound)
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

/// A tuple that has been checked: what it is, and which of the noted places are its columns'.
@usableFromInline struct ParsedTuple {
  @usableFromInline let kind: TupleData.Kind
  @usableFromInline let places: Range<Int>

  /// Checks a tuple and the letter before it, notes where its columns lie, and moves the offset
  /// behind it.
  fileprivate init(
    in payload: Span<UInt8>, from at: inout Int, _ relation: Relation,
    _ places: inout [ColumnPlace], after first: Int
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
    guard Int(count) == relation.columns.count else { throw .columnCount(Int(count)) }
    let range = first..<first + Int(count)
    places.makeRoom(for: range.upperBound)
    switch payload.findColumns(from: at + 3, range, &places) {
    case .whole(let end): at = end
    case .stopped(let index, let offset): throw payload.faultOfColumn(index, at: offset)
    }
    if kind == .key { places.markUnsent(of: relation, from: first) }
    self.kind = kind
    self.places = range
  }
}

extension [ColumnPlace] {
  /// Makes sure that this number of places can be overwritten.
  mutating func makeRoom(for needed: Int) {
    guard count < needed else { return }
    append(contentsOf: repeatElement(ColumnPlace(.null), count: needed - count))
  }

  /// Distinguishes the columns outside the key, which came as NULL, from a real NULL.
  fileprivate mutating func markUnsent(of relation: Relation, from first: Int) {
    for index in relation.columns.indices where !relation.columns[index].isKey {
      if self[first + index].kind == .null { self[first + index] = ColumnPlace(.notSent) }
    }
  }
}

extension Span<UInt8> {
  /// The last step: nothing may follow.
  fileprivate func expectEnd(_ at: Int) throws(TupleFault) {
    guard at == count else { throw .malformed(.trailingBytes(count: count - at)) }
  }

  /// Iterates over a tuple's columns and notes where they lie.
  @inline(__always) func findColumns(
    from start: Int, _ range: Range<Int>, _ places: inout [ColumnPlace]
  ) -> ColumnWalk {
    var places = places.mutableSpan
    var at = start
    for index in range {
      guard at < count else { return .stopped(index: index - range.lowerBound, at: at) }
      let letter = self[at]
      guard letter == UInt8(ascii: "t") || letter == UInt8(ascii: "b") else {
        guard let kind = ColumnPlace.Kind(unsentLetter: letter) else {
          return .stopped(index: index - range.lowerBound, at: at)
        }
        places[index] = ColumnPlace(kind)
        at &+= 1
        continue
      }
      let value = at &+ 5
      guard value <= count else { return .stopped(index: index - range.lowerBound, at: at) }
      let length = uint32(at: at &+ 1)
      guard Int(length) <= count &- value else {
        return .stopped(index: index - range.lowerBound, at: at)
      }
      places[index] = ColumnPlace(
        letter == UInt8(ascii: "t") ? .text : .binary, start: value, count: length)
      at = value &+ Int(length)
    }
    return .whole(end: at)
  }

  /// What is wrong with the column at which the walk stopped.
  @inline(never) fileprivate func faultOfColumn(_ index: Int, at offset: Int) -> TupleFault {
    guard offset < count else { return .malformed(.truncated(needed: 1, available: 0)) }
    guard self[offset] == UInt8(ascii: "t") || self[offset] == UInt8(ascii: "b") else {
      return .columnKind(self[offset], index: index)
    }
    guard offset + 5 <= count else {
      return .malformed(.truncated(needed: 5, available: count - offset))
    }
    return .malformed(.columnLength(uint32(at: offset + 1), available: count - offset - 5))
  }
}

/// How a walk over a tuple's columns has ended.
enum ColumnWalk: Equatable {
  /// All are valid, and the last one ends there.
  case whole(end: Int)
  /// This column, which begins there, is not valid.
  case stopped(index: Int, at: Int)
}

extension ColumnPlace.Kind {
  /// The kind of a column that has no bytes, by its letter.
  @inline(__always) fileprivate init?(unsentLetter: UInt8) {
    switch unsentLetter {
    case UInt8(ascii: "n"): self = .null
    case UInt8(ascii: "u"): self = .unchanged
    default: return nil
    }
  }
}

/// What is wrong with a tuple, before it is known in which message.
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
