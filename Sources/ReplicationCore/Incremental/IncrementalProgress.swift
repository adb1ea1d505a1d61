internal import PGWire

/// What a checkpoint holds of incremental snapshots: how far each table is, and the guard's list.
///
/// It belongs to a position of the stream and changes in step with it: what an item has done
/// (``SnapshotDelta``) is applied when the item and all before it have been acknowledged. So a
/// range is done here if and only if its chunk was acknowledged, and all others are open.
///
/// Its size is bounded: a long range for all that the stream has passed, up to
/// ``IncrementalMachine/Limits/unpassedRanges`` ranges with a snapshot each, up to
/// ``IncrementalMachine/Limits/singleKeys`` rows for each table, what is open between them, and up
/// to ``DroppedTransactions/full`` ids.
struct IncrementalProgress: Hashable, Sendable {
  struct Table: Hashable, Sendable {
    var shape: KeyShape
    var ranges: TableRanges
    var startsAt: FullTransactionID
    var horizon = LSN.zero
  }

  /// Tables that are being read.
  var tables: [UInt32: Table] = [:]
  /// Tables that are whole, and from which position on.
  var whole: [UInt32: LSN] = [:]
  /// What made the publications have a table when it was looked up last.
  var published: [UInt32: [UInt32]] = [:]
  var dropped = DroppedTransactions()
  var anchor: FullTransactionID?
  var greatestBegun: FullTransactionID?
  var nextNumber: UInt64 = 1

  init() {}

  /// Takes what an acknowledged item has changed.
  mutating func apply(_ delta: SnapshotDelta) {
    switch delta {
    case .tableAdded(let oid, let shape, let startsAt):
      whole[oid] = nil
      tables[oid] = Table(
        shape: shape, ranges: TableRanges(id: newID(oid)), startsAt: startsAt)
    case .tableRemoved(let oid):
      (tables[oid], whole[oid], published[oid]) = (nil, nil, nil)
    case .tablePublished(let oid, let memberships):
      published[oid] = memberships
    case .tableCancelled(let oid):
      tables[oid]?.ranges.release()
    case .rangeDone(let oid, let range, let anchor, let point):
      guard var table = tables[oid] else { return }
      table.horizon = max(table.horizon, point.horizon)
      table.ranges.set(.done(point), of: range, behind: anchor) { newID(oid) }
      tables[oid] = table
    case .keyReopened(let oid, let key):
      guard var table = tables[oid], let index = table.ranges.index(of: key) else { return }
      table.ranges.isolate(key, at: index) { newID(oid) }
      tables[oid] = table
    case .rangeReopened(let oid, let range, let startsAt):
      guard var table = tables[oid] else { return }
      table.ranges.reopen(range)
      table.startsAt = max(table.startsAt, startsAt)
      tables[oid] = table
    }
  }

  /// The acknowledged position: filters with a horizon at or below it are forgotten.
  mutating func advance(to position: LSN) {
    for (oid, var table) in tables {
      table.ranges.pass(position)
      table.ranges.join()
      tables[oid] = table
      let states = table.ranges.pieces.map(\.state)
      guard states.allSatisfy({ $0 == .passed || $0 == .released }) else { continue }
      tables[oid] = nil
      if !states.contains(.released) { whole[oid] = table.horizon }
    }
  }

  /// Takes what the machine knows of transactions; it may know more than was acknowledged.
  mutating func takeTransactions(of machine: IncrementalMachine) {
    if machine.rules.savesDropped { dropped = machine.dropped }
    anchor = machine.anchor
    greatestBegun = machine.greatestBegun
  }

  private mutating func newID(_ table: UInt32) -> RangeID {
    defer { nextNumber &+= 1 }
    return RangeID(table: table, number: nextNumber)
  }
}

extension IncrementalMachine {
  /// The machine as it is at the position of a checkpoint, from which the stream begins again.
  ///
  /// Ranges that are done filter by their snapshots, all others are open. So it is after a kill,
  /// and also whenever a lost connection makes the stream send again what was delivered already.
  init(_ progress: IncrementalProgress, position: LSN) {
    self.init()
    for (oid, table) in progress.tables {
      tables[oid] = Table(
        shape: table.shape, ranges: table.ranges, startsAt: table.startsAt,
        horizon: table.horizon)
    }
    dropped = progress.dropped
    anchor = progress.anchor
    greatestBegun = progress.greatestBegun
    nextNumber = progress.nextNumber
    pass(position)
  }
}
