public import PGOutput
public import PGWire

/// Row changes as the decoder has found them: where each lies in a segment, and where its columns
/// lie, so that no byte is looked at again.
///
/// Many rows share a block; a row change is a reference to it and a number. Its owner writes behind
/// what has been handed out, and never over it. So what others read doesn't change, and the owner's
/// marks of how much is written are its own.
@usableFromInline @safe final class RowBlock: @unchecked Sendable {
  /// What a row change does.
  @usableFromInline enum Kind: Sendable {
    case insert
    /// What was sent of the row before, if anything was.
    case update(old: TupleData.Kind?)
    case delete(TupleData.Kind)
  }

  /// A row change, apart from its columns.
  @usableFromInline @safe struct Entry {
    @usableFromInline let relation: Unmanaged<Relation>
    @usableFromInline let lsn: LSN
    /// Where the message lies in the segment.
    @usableFromInline let message: Range<Int>
    /// Where the places of its columns begin, the old row's and then the new one's, and end.
    @usableFromInline let (old, new, end): (UInt32, UInt32, UInt32)
    @usableFromInline let subxid: UInt32?
    @usableFromInline let kind: Kind
  }

  @usableFromInline private(set) var segment: Segment
  @usableFromInline private(set) var readers: RowReaders
  @usableFromInline let entries: UnsafeMutableBufferPointer<Entry>
  @usableFromInline let places: UnsafeMutableBufferPointer<ColumnPlace>
  /// Keeps the tables alive that entries name.
  private var relations: [Relation] = []
  /// How many rows it has.
  private(set) var count = 0
  private var placeCount = 0
  /// How many columns the last row had.
  private var lastColumns = 0

  init(_ segment: Segment, _ readers: RowReaders, rows: Int, places: Int) {
    self.segment = segment
    self.readers = readers
    unsafe entries = .allocate(capacity: rows)
    unsafe self.places = .allocate(capacity: places)
  }

  // Entries and places are trivial, so there is nothing to deinitialize.
  deinit {
    unsafe entries.deallocate()
    unsafe places.deallocate()
  }
}

// MARK: - Its owner

extension RowBlock {
  /// Whether it has room for another row like the last one.
  @inline(__always)
  var hasRoom: Bool { hasRoom(for: lastColumns) }

  /// Whether it has room for another row with so many columns.
  @inline(__always)
  func hasRoom(for columns: Int) -> Bool {
    unsafe count < entries.count && placeCount + columns <= places.count
  }

  /// Forgets all rows, of which nobody has any.
  func reuse(for segment: Segment, _ readers: RowReaders) {
    count = 0
    placeCount = 0
    relations.removeAll(keepingCapacity: true)
    if self.segment !== segment { self.segment = segment }
    if self.readers !== readers { self.readers = readers }
  }

  /// Adds a row, if there is room for it.
  ///
  /// - Parameters:
  ///   - message: Where the message lies in the block's segment.
  ///   - subxid: The subtransaction that it names.
  @inline(__always)
  private func append(
    _ kind: Kind, of relation: Relation, _ old: Span<ColumnPlace>, _ new: Span<ColumnPlace>,
    in message: Range<Int>, at lsn: LSN, _ subxid: UInt32?
  ) -> Bool {
    lastColumns = old.count + new.count
    guard hasRoom(for: lastColumns) else { return false }
    if relations.last !== relation { relations.append(relation) }
    let start = placeCount
    write(old)
    let middle = placeCount
    write(new)
    unsafe entries.initializeElement(
      at: count,
      to: Entry(
        relation: .passUnretained(relation), lsn: lsn, message: message,
        old: UInt32(start), new: UInt32(middle), end: UInt32(placeCount), subxid: subxid,
        kind: kind))
    count += 1
    return true
  }

  /// Adds the row change that a message is.
  ///
  /// - Returns: Whether it is one, and there was room for it.
  @inline(__always)
  func append(
    _ message: PgOutputMessage, in range: Range<Int>, at lsn: LSN, subxid: UInt32? = nil
  ) -> Bool {
    switch message {
    case .insert(let relation, .checked(_, _, let new)):
      append(.insert, of: relation, Span(), new, in: range, at: lsn, subxid)
    case .update(let relation, nil, .checked(_, _, let new)):
      append(.update(old: nil), of: relation, Span(), new, in: range, at: lsn, subxid)
    case .update(let relation, .checked(let kind, _, let old)?, .checked(_, _, let new)):
      append(.update(old: kind), of: relation, old, new, in: range, at: lsn, subxid)
    case .delete(let relation, .checked(let kind, _, let old)):
      append(.delete(kind), of: relation, old, Span(), in: range, at: lsn, subxid)
    default: false
    }
  }

  @inline(__always)
  private func write(_ added: Span<ColumnPlace>) {
    for index in added.indices {
      unsafe places.initializeElement(at: placeCount + index, to: added[index])
    }
    placeCount += added.count
  }
}

// MARK: - Those who read

extension RowBlock {
  /// A row change; its number was handed out, so it has been written.
  @inlinable @inline(__always)
  func entry(_ index: Int) -> Entry { unsafe entries[index] }

  /// Its table.
  @inlinable @inline(__always)
  func relation(_ index: Int) -> Relation { unsafe entries[index].relation.takeUnretainedValue() }

  /// Passes the new tuple and the old one, those that there are.
  @inlinable @inline(__always)
  func withTuples<R>(
    of index: Int, _ body: (_ new: TupleData?, _ old: TupleData?) throws -> R
  ) throws -> R {
    try read(index) { entry, bytes, old, new in
      switch entry.kind {
      case .insert, .update(nil): try body(.checked(.new, bytes, new), nil)
      case .update(let kind?): try body(.checked(.new, bytes, new), .checked(kind, bytes, old))
      case .delete(let kind): try body(nil, .checked(kind, bytes, old))
      }
    }
  }

  /// Passes a row change as a message.
  func withMessage<R>(of index: Int, _ body: (PgOutputMessage) throws -> R) throws -> R {
    let relation = relation(index)
    return try read(index) { entry, bytes, old, new in
      switch entry.kind {
      case .insert: try body(.insert(relation, new: .checked(.new, bytes, new)))
      case .update(nil): try body(.update(relation, old: nil, new: .checked(.new, bytes, new)))
      case .update(let kind?):
        try body(
          .update(relation, old: .checked(kind, bytes, old), new: .checked(.new, bytes, new)))
      case .delete(let kind): try body(.delete(relation, old: .checked(kind, bytes, old)))
      }
    }
  }

  /// Passes a row change with its message, and where in that the old row's and the new one's
  /// columns lie.
  @inlinable @inline(__always)
  func read<R>(
    _ index: Int, _ body: (Entry, Span<UInt8>, Span<ColumnPlace>, Span<ColumnPlace>) throws -> R
  ) throws -> R {
    let entry = entry(index)
    let range = Int(entry.old)..<Int(entry.end)
    let places = unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: places[range]))
    let middle = Int(entry.new - entry.old)
    return try segment.withBytes(entry.message) { bytes in
      try body(entry, bytes, places.extracting(first: middle), places.extracting(droppingFirst: middle))
    }
  }

  /// The same row in memory of its own.
  func copy(of index: Int) -> RowBlock {
    let entry = entry(index)
    let bytes = Payload(segment, entry.message).copy()
    let columns = Int(entry.end - entry.old)
    let block = RowBlock(bytes.segment, readers, rows: 1, places: columns)
    try? read(index) { entry, _, old, new in
      _ = block.append(
        entry.kind, of: relation(index), old, new, in: 0..<bytes.count, at: entry.lsn,
        entry.subxid)
    }
    return block
  }
}
