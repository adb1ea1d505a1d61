public import PGOutput
public import PGWire

/// Decoded row changes: where each lies in a segment, and where its columns lie, so that no byte is
/// parsed again.
///
/// Many rows share a block; a row change is a reference to it and an index. The owner only writes
/// after the rows that were handed out, and never over them. So the rows that others read don't
/// change, and only the owner reads the counts of what is written.
@usableFromInline @safe final class RowBlock: @unchecked Sendable {
  /// What a row change does.
  @usableFromInline enum Kind: Sendable {
    case insert
    /// Which part of the old row was sent, if any.
    case update(old: TupleData.Kind?)
    case delete(TupleData.Kind)
  }

  /// A row change, apart from its columns.
  @usableFromInline @safe struct Entry {
    @usableFromInline let relation: Unmanaged<Relation>
    @usableFromInline let lsn: LSN
    /// Where the message lies in the segment.
    @usableFromInline let message: Range<Int>
    /// Where the places of the old row's columns begin, those of the new row's columns, and where
    /// they end.
    @usableFromInline let (old, new, end): (UInt32, UInt32, UInt32)
    @usableFromInline let subxid: UInt32?
    @usableFromInline let kind: Kind
  }

  /// The data that all rows share; in memory of its own, as in an ``ExclusiveCell``.
  @usableFromInline struct Head {
    @usableFromInline var segment: Segment
    @usableFromInline var readers: RowReaders
    /// Keeps the tables alive that entries refer to.
    var relations: [Relation] = []
    /// The number of rows, and of places of columns.
    var rows = 0
    var places = 0
    /// How many columns the last row had.
    var lastColumns = 0
  }

  @usableFromInline let head: UnsafeMutablePointer<Head>
  @usableFromInline let entries: UnsafeMutableBufferPointer<Entry>
  @usableFromInline let places: UnsafeMutableBufferPointer<ColumnPlace>

  init(_ segment: Segment, _ readers: RowReaders, rows: Int, places: Int) {
    unsafe head = .allocate(capacity: 1)
    unsafe head.initialize(to: Head(segment: segment, readers: readers))
    unsafe entries = .allocate(capacity: rows)
    unsafe self.places = .allocate(capacity: places)
  }

  // Entries and places are trivial, so there is nothing to deinitialize.
  deinit {
    unsafe head.deinitialize(count: 1)
    unsafe head.deallocate()
    unsafe entries.deallocate()
    unsafe places.deallocate()
  }
}

// MARK: - Its owner

extension RowBlock {
  /// How many rows it has.
  var count: Int { unsafe head.pointee.rows }

  /// Whether it has room for another row like the last one.
  @inline(__always)
  var hasRoom: Bool { hasRoom(for: unsafe head.pointee.lastColumns) }

  /// Whether it has room for another row with this number of columns.
  @inline(__always)
  private func hasRoom(for columns: Int) -> Bool {
    unsafe head.pointee.rows < entries.count && head.pointee.places + columns <= places.count
  }

  /// Whether it has room for another row of a segment, with this number of columns.
  func hasRoom(for columns: Int, of segment: Segment, _ readers: RowReaders) -> Bool {
    unsafe head.pointee.segment === segment && head.pointee.readers === readers
      && hasRoom(for: columns)
  }

  /// Removes all rows; nothing may refer to any of them.
  func reuse(for segment: Segment, _ readers: RowReaders) {
    unsafe (head.pointee.rows, head.pointee.places) = (0, 0)
    unsafe head.pointee.relations.removeAll(keepingCapacity: true)
    if unsafe head.pointee.segment !== segment { unsafe head.pointee.segment = segment }
    if unsafe head.pointee.readers !== readers { unsafe head.pointee.readers = readers }
  }

  /// Adds the row change of a message.
  ///
  /// - Parameters:
  ///   - range: Where the message lies in the block's segment.
  ///   - subxid: The subtransaction that it names.
  /// - Returns: Whether the message is a row change, and there was room for it.
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
  private func append(
    _ kind: Kind, of relation: Relation, _ old: Span<ColumnPlace>, _ new: Span<ColumnPlace>,
    in message: Range<Int>, at lsn: LSN, _ subxid: UInt32?
  ) -> Bool {
    unsafe head.pointee.lastColumns = old.count + new.count
    guard hasRoom else { return false }
    let table = unsafe Unmanaged.passUnretained(relation)
    if unsafe !hasJust(table) { unsafe head.pointee.relations.append(relation) }
    let start = unsafe head.pointee.places
    write(old)
    let middle = unsafe head.pointee.places
    write(new)
    unsafe entries.initializeElement(
      at: head.pointee.rows,
      to: Entry(
        relation: table, lsn: lsn, message: message, old: UInt32(start),
        new: UInt32(middle), end: UInt32(head.pointee.places), subxid: subxid, kind: kind))
    unsafe head.pointee.rows += 1
    return true
  }

  /// Whether the last row is of that table.
  @inline(__always)
  private func hasJust(_ table: Unmanaged<Relation>) -> Bool {
    guard count > 0 else { return false }
    return unsafe entries[count - 1].relation.toOpaque() == table.toOpaque()
  }

  @inline(__always)
  private func write(_ added: Span<ColumnPlace>) {
    let start = unsafe head.pointee.places
    unsafe added.withUnsafeBufferPointer { added in
      _ = unsafe places.extracting(start...).initialize(fromContentsOf: added)
    }
    unsafe head.pointee.places = start + added.count
  }
}

// MARK: - Reading

extension RowBlock {
  /// A row change; its index was handed out, so it has been written.
  @inlinable @inline(__always)
  func entry(_ index: Int) -> Entry { unsafe entries[index] }

  @inlinable @inline(__always)
  func relation(_ index: Int) -> Relation { unsafe entries[index].relation.takeUnretainedValue() }

  /// The message that a row change came in.
  @inlinable @inline(__always)
  func payload(_ index: Int) -> Payload {
    unsafe Payload(head.pointee.segment, entries[index].message)
  }

  /// The readers of its rows.
  @inlinable @inline(__always)
  var readers: RowReaders { unsafe head.pointee.readers }

  /// Passes a reader of rows and a row's table, without counting a reference to either: the block
  /// keeps both.
  @inlinable @inline(__always)
  func withReader<R, E>(
    of index: Int, _ body: (RowReader, Relation) throws(E) -> R
  ) throws(E) -> R {
    // What lends a reference rethrows any error, so the error is a value within it.
    let readers = unsafe Unmanaged.passUnretained(head.pointee.readers)
    let result = unsafe readers._withUnsafeGuaranteedRef { readers -> Result<R, E> in
      readers.use { reader -> Result<R, E> in
        unsafe entries[index].relation._withUnsafeGuaranteedRef { relation -> Result<R, E> in
          do throws(E) {
            return .success(try body(reader, relation))
          } catch {
            return .failure(error)
          }
        }
      }
    }
    return try result.get()
  }

  /// Passes the tuple that a row is read from, and the old one that fills it up, if it was sent
  /// with an update.
  @inlinable @inline(__always)
  func withRowTuples<R, E>(
    of index: Int, _ body: (_ row: TupleData, _ old: TupleData?) throws(E) -> R
  ) throws(E) -> R {
    try read(index) { (entry, bytes, old, new) throws(E) -> R in
      switch entry.kind {
      case .insert, .update(nil): try body(.checked(.new, bytes, new), nil)
      case .update(let kind?): try body(.checked(.new, bytes, new), .checked(kind, bytes, old))
      case .delete(let kind): try body(.checked(kind, bytes, old), nil)
      }
    }
  }

  /// Passes the new tuple and the old one, if they exist.
  @inlinable @inline(__always)
  func withTuples<R, E>(
    of index: Int, _ body: (_ new: TupleData?, _ old: TupleData?) throws(E) -> R
  ) throws(E) -> R {
    try read(index) { (entry, bytes, old, new) throws(E) -> R in
      switch entry.kind {
      case .insert, .update(nil): try body(.checked(.new, bytes, new), nil)
      case .update(let kind?): try body(.checked(.new, bytes, new), .checked(kind, bytes, old))
      case .delete(let kind): try body(nil, .checked(kind, bytes, old))
      }
    }
  }

  /// Passes a row change as a message.
  func withMessage<R, E>(
    of index: Int, _ body: (PgOutputMessage) throws(E) -> R
  ) throws(E) -> R {
    let relation = relation(index)
    return try read(index) { (entry, bytes, old, new) throws(E) -> R in
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
  func read<R, E>(
    _ index: Int,
    _ body: (Entry, Span<UInt8>, _ old: Span<ColumnPlace>, _ new: Span<ColumnPlace>) throws(E) -> R
  ) throws(E) -> R {
    let entry = entry(index)
    let range = Int(entry.old)..<Int(entry.end)
    let middle = Int(entry.new - entry.old)
    // The segment's bytes and the places stay as long as the block does.
    let places = unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: places[range]))
    let bytes = unsafe UnsafeRawBufferPointer(
      start: head.pointee.segment.base + entry.message.lowerBound, count: entry.message.count)
    return try body(
      entry, unsafe Span<UInt8>(_unsafeBytes: bytes), places.extracting(first: middle),
      places.extracting(droppingFirst: middle))
  }

  /// The same row in a block of its own.
  ///
  /// - Parameters:
  ///   - kind: The kind of the copy; `nil` for the same kind.
  ///   - payload: Its message.
  func copy(of index: Int, as kind: Kind? = nil, in payload: Payload) -> RowBlock {
    read(index) { entry, _, old, new in
      let block = RowBlock(payload.segment, readers, rows: 1, places: old.count + new.count)
      _ = block.append(
        kind ?? entry.kind, of: relation(index), old, new, in: payload.range, at: entry.lsn,
        entry.subxid)
      return block
    }
  }
}
