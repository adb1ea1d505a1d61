internal import CDCTime

/// What becomes of the changes of an admitted transaction.
///
/// A transaction is judged alike from its first change to its last: a range that is armed while it
/// is being delivered is open for it to the end, and its id is on the guard's list from then on.
extension IncrementalMachine {
  /// Judges a change of the current transaction to a table that is being read.
  mutating func judge(_ change: KeyChange, of table: UInt32) -> Verdict {
    guard tables[table] != nil else { return .deliver }
    let undecided = change.keys.filter { place(of: $0, in: table) == nil }
    guard undecided.isEmpty else {
      return tables[table]?.hasNoOrder == true ? .drop : .undecided(undecided)
    }
    switch change {
    case .insert(let key), .delete(let key), .update(nil, let key, _):
      return isDelivered(key, of: table) ? .deliver : .drop
    case .update(let old?, let new, let isPartial):
      return judge(from: old, to: new, isPartial: isPartial, of: table)
    }
  }

  /// An update of a key is a delete in one range and an insert in another.
  private mutating func judge(
    from old: Key, to new: Key, isPartial: Bool, of table: UInt32
  ) -> Verdict {
    guard rules.splitsKeyChanges, place(of: old, in: table) != place(of: new, in: table) else {
      return isDelivered(new, of: table) ? .deliver : .drop
    }
    let isOldDelivered = isDelivered(old, of: table)
    let isNewDelivered = isDelivered(new, of: table)
    switch (isOldDelivered, isNewDelivered) {
    case (true, true): return .deliver
    case (true, false): return .deliverDelete
    case (false, false): return .drop
    case (false, true) where isPartial && rules.readsMovedRowsAgain:
      // The consumer lacks the old row, so nobody has the values that were not sent.
      reopen(new, of: table)
      return .drop
    case (false, true): return .deliverInsert
    }
  }

  /// Judges a TRUNCATE by the current transaction of a table that is being read.
  ///
  /// Where one range was read before it and another one after it, only the former gets empty.
  /// Rather than tell consumers of ranges that get empty, the table, which has few rows then, is
  /// read again. Of a range that has not been delivered the consumer has nothing, so that it does
  /// no harm there.
  mutating func judgeTruncate(of table: UInt32) -> TruncateVerdict {
    guard let ranges = tables[table]?.ranges else { return .deliver }
    var isEmptied = false
    var isHarmful = false
    for index in ranges.pieces.indices {
      if isDelivered(at: index, of: table) {
        isEmptied = true
      } else if case .done = ranges.pieces[index].state {
        isHarmful = true
      }
    }
    if !isEmptied { return .drop }
    guard isHarmful else { return .deliver }
    restart(table)
    return .deliverAndReadAgain
  }

  /// Where a key lies; `nil` if only the server knows and has not been asked.
  func place(of key: Key, in table: UInt32) -> Int? {
    guard let table = tables[table] else { return nil }
    if let index = table.ranges.index(of: key) { return index }
    return table.located[key].flatMap { table.ranges.index(of: $0) }
  }

  /// The bounds of a table's ranges, for a question to the server where keys lie.
  func bounds(of table: UInt32) -> (bounds: [KeyBound], generation: UInt64)? {
    tables[table].map { ($0.ranges.pieces.compactMap(\.start), $0.ranges.generation) }
  }

  /// The server's answer: the number of bounds that each key is behind.
  ///
  /// It is of no use if the bounds have changed since; the keys are then undecided again.
  mutating func located(
    _ places: [(key: Key, index: Int)], of table: UInt32, generation: UInt64
  ) {
    guard let ranges = tables[table]?.ranges, ranges.generation == generation else { return }
    if let count = tables[table]?.located.count, count > Self.maxLocated {
      tables[table]?.located = [:]
    }
    for (key, index) in places where ranges.pieces.indices.contains(index) {
      tables[table]?.located[key] = ranges.pieces[index].id
    }
  }

  /// The table is gone, and with it what its keys are compared by.
  ///
  /// Changes whose place is not known are dropped from now on, all of them. A row of a range that
  /// was read may so keep an old value, or stay, in the consumer's copy of a table that is no more.
  /// If they were delivered, a consumer that knows its rows would get updates and deletes of rows
  /// that it was never given.
  mutating func loseOrder(of table: UInt32) {
    tables[table]?.hasNoOrder = true
  }

  /// Whether where a table's keys lie can't be found out.
  func hasNoOrder(_ table: UInt32) -> Bool { tables[table]?.hasNoOrder == true }

  /// The most answers that are kept.
  static let maxLocated = 4096

  private mutating func isDelivered(_ key: Key, of table: UInt32) -> Bool {
    guard let index = place(of: key, in: table) else { return true }
    return isDelivered(at: index, of: table)
  }

  /// Whether the current transaction's changes to a range are delivered; if they are dropped
  /// because the range is to be read, its id is remembered.
  private mutating func isDelivered(at index: Int, of table: UInt32) -> Bool {
    guard let piece = tables[table]?.ranges.pieces[index], let id = currentID() else {
      return true
    }
    if let serial = piece.armedDuring, serial == self.serial { return !rules.dropsWhileOpen }
    switch piece.state {
    case .open, .claimed:
      guard rules.dropsWhileOpen else { return true }
      dropped.insert(id)
      return false
    case .arming:
      // Admission does not let it come to this.
      if rules.holdsWhileArming { dropped.insert(id) }
      return false
    case .reading(let reading): return !isSeen(id, by: reading.point)
    case .done(let point): return !isSeen(id, by: point)
    case .passed, .released: return true
    case .lost: return false
    }
  }

  /// Reads a row again by itself.
  ///
  /// A snapshot that sees the current transaction, which is on the guard's list, also sees all that
  /// wrote to this key before. Where the row can't be cut out, its whole range is read again.
  /// Others that wrote to that range need not be visible, so it waits for all that have begun.
  private mutating func reopen(_ key: Key, of table: UInt32) {
    guard let index = place(of: key, in: table), let ranges = tables[table]?.ranges,
      let id = currentID()
    else { return }
    dropped.insert(id)
    if ranges.pieces.count(where: \.isSingleKey) >= limits.singleKeys || key.isOpaque {
      let start = FullTransactionID(
        rawValue: (greatestBegun ?? id).rawValue.addingSaturating(1))
      deltas.append(.rangeReopened(table, ranges.range(at: index), startsAt: start))
      tables[table]?.ranges.setState(.open, at: index)
      tables[table]?.wait(for: start)
    } else {
      deltas.append(.keyReopened(table, key))
      var isolated = ranges
      isolated.isolate(key, at: index) { newID(table) }
      tables[table]?.ranges = isolated
    }
    forgetPlaces(table)
  }
}
