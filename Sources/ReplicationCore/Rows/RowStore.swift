internal import PGOutput
internal import PGWire

/// Keeps row changes, many to a block.
///
/// One owner adds to it. A block lives as long as rows in it do, and is used again only when
/// nothing refers to its rows.
struct RowStore {
  private var block: RowBlock?

  /// The number of columns that a block has room for, unless a row has more.
  static let blockPlaces = 1024
  /// The number of rows that a block has room for.
  ///
  /// They stay in the processor's nearest cache until they are read, and a block is small enough to
  /// be kept for one row: 16 KiB.
  static let blockRows = 64

  /// Keeps the row change of a message.
  ///
  /// - Returns: `nil` if it is something else.
  mutating func keep(
    _ message: PgOutputMessage, _ payload: Payload, at lsn: LSN, subxid: UInt32?,
    _ readers: RowReaders
  ) -> RowChange? {
    guard let columns = message.rowColumns else { return nil }
    let block = prepare(payload.segment, readers, columns: columns)
    return block.append(message, in: payload.range, at: lsn, subxid: subxid)
      ? RowChange(block, block.count - 1) : nil
  }

  /// A block of rows in a segment, with room for one with this number of columns.
  mutating func prepare(_ segment: Segment, _ readers: RowReaders, columns: Int) -> RowBlock {
    if isKnownUniquelyReferenced(&block) { block?.reuse(for: segment, readers) }
    if let block, block.hasRoom(for: columns, of: segment, readers) { return block }
    let block = RowBlock(
      segment, readers, rows: Self.blockRows, places: max(columns, Self.blockPlaces))
    self.block = block
    return block
  }
}

extension PgOutputMessage {
  /// How many columns the rows of a row change have together.
  fileprivate var rowColumns: Int? {
    switch self {
    case .insert(_, let new), .update(_, nil, let new): new.columnCount
    case .update(_, let old?, let new): old.columnCount + new.columnCount
    case .delete(_, let old): old.columnCount
    default: nil
    }
  }
}
