internal import CDCTime
internal import PGWire

/// Tables that are to be read, and what happens to them.
extension IncrementalMachine {
  /// A table is to be read from now on, for the first time or again.
  ///
  /// Transactions that have begun by now may have written to it without the stream having that, if
  /// the table has just become a part of the publication, or may have been delivered without being
  /// visible yet. So no range is read before all of them have ended.
  ///
  /// - Parameter snapshot: Taken on the primary server, after the publication had the table. Of a
  ///   standby it would be wrong: there it lists no running transactions.
  mutating func add(_ table: UInt32, _ shape: KeyShape, at snapshot: TransactionSnapshot) {
    anchor = max(anchor ?? snapshot.xmin, snapshot.xmin)
    if let id = idle.greatest(near: snapshot.xmax) {
      greatestBegun = max(greatestBegun ?? id, id)
    }
    begin(table, shape, startsAt: snapshot.xmax)
    observed(snapshot)
  }

  /// The table's key has other columns or types than before, so that its ranges mean nothing.
  ///
  /// Other changes of its columns do no harm: no range is read across them, since workers hold the
  /// table's lock, and the stream announces them.
  ///
  /// - Returns: Whether that is so.
  @discardableResult
  mutating func shapeChanged(_ table: UInt32, _ shape: KeyShape) -> Bool {
    guard let old = tables[table], old.shape != shape, let anchor else { return false }
    begin(table, shape, startsAt: old.startsAt ?? anchor)
    return true
  }

  /// Nothing that was read of the table counts.
  mutating func restart(_ table: UInt32) {
    guard let old = tables[table], let anchor else { return }
    begin(table, old.shape, startsAt: old.startsAt ?? anchor)
  }

  private mutating func begin(
    _ table: UInt32, _ shape: KeyShape, startsAt: FullTransactionID
  ) {
    abandonAll(of: table)
    let id = newID(table)
    let startsAt = max(startsAt, afterAllBegun ?? startsAt)
    tables[table] = Table(shape: shape, ranges: TableRanges(id: id), startsAt: startsAt)
    deltas.append(.tableAdded(table, shape, startsAt: startsAt))
    if current?.isAdmitted == false { current?.touched.insert(id) }
    guardCurrent()
  }

  /// The id behind the greatest of all transactions that have begun in the stream.
  private var afterAllBegun: FullTransactionID? {
    greatestBegun.map { FullTransactionID(rawValue: $0.rawValue.addingSaturating(1)) }
  }

  /// The table was dropped, or left the publication, while it is read or after it has become whole:
  /// if it joins again, what was not published meanwhile has to be read.
  ///
  /// The stream may still have changes of the time before. Those of ranges that were not read are
  /// dropped: the consumer does not have their rows.
  ///
  /// - Parameter horizon: Where the log was when that had happened: no change comes from there on.
  mutating func remove(_ table: UInt32, before horizon: LSN) {
    guard tables[table] != nil, rules.dropsLostRanges, position < horizon else {
      return forget(table)
    }
    guard tables[table]?.leavesAt == nil else { return }
    abandonAll(of: table)
    tables[table]?.ranges.lose()
    tables[table]?.leavesAt = horizon
    forgetPlaces(table)
  }

  /// Nothing is known of the table any more.
  mutating func forget(_ table: UInt32) {
    abandonAll(of: table)
    tables[table] = nil
    deltas.append(.tableRemoved(table))
  }

  /// The table is not to be read to its end.
  ///
  /// From now on all its changes are delivered, except those that the chunks of its ranges that are
  /// done already have.
  mutating func cancel(_ table: UInt32) {
    guard isBeingRead(table) else { return }
    abandonAll(of: table)
    tables[table]?.ranges.release()
    deltas.append(.tableCancelled(table))
    settle()
  }

  private mutating func abandonAll(of table: UInt32) {
    for piece in tables[table]?.ranges.pieces ?? [] where piece.state.hasWorker {
      actions.append(.abandon(piece.id))
    }
  }

  /// That a table is whole, which nobody was told yet, is no longer so.
  mutating func forgetItems(of table: UInt32) {
    items.removeAll { if case .tableIsWhole(table, _) = $0 { true } else { false } }
  }
}
