internal import PGWire

/// What a promoted standby makes necessary.
extension IncrementalMachine {
  /// The log ends at a position and continues differently.
  ///
  /// A chunk whose horizon lies beyond may hold rows of transactions that are gone, and its
  /// snapshot says nothing of those that have taken their ids. Such tables are read again.
  mutating func rewind(to end: LSN) {
    for (oid, table) in tables {
      let isBeyond = table.ranges.pieces.contains { piece in
        piece.state.hasWorker || piece.state.point.map { $0.horizon > end } ?? false
      }
      if isBeyond { restart(oid) }
    }
    // What the new log has from there on has not been delivered.
    position = min(position, end)
    flushedPosition = min(flushedPosition, end)
  }
}
