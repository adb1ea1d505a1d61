internal import PGWire

/// What workers report, and what they may do.
extension IncrementalMachine {
  /// A range that no worker has and that may be read now, the first of its table.
  ///
  /// - Returns: `nil` if there is none, or too many are unfinished.
  func openRange(of table: UInt32) -> (id: RangeID, range: KeyRange)? {
    guard let table = tables[table], table.startsAt == nil else { return nil }
    guard unpassedRanges < limits.unpassedRanges,
      let index = table.ranges.pieces.firstIndex(where: { $0.state == .open })
    else { return nil }
    return (table.ranges.pieces[index].id, table.ranges.range(at: index))
  }

  /// Ranges whose snapshots have to be kept, or will have to be.
  private var unpassedRanges: Int {
    tables.values.reduce(0) { sum, table in
      sum + table.ranges.pieces.count { $0.state.hasWorker || $0.state.point != nil }
    }
  }

  /// A worker begins with a range: it locks the table in ACCESS SHARE MODE, without a snapshot.
  ///
  /// - Parameter bound: Where to cut it, so that the worker gets the first part.
  /// - Returns: What it is to read; `nil` if the range is no longer open.
  mutating func claim(_ id: RangeID, upTo bound: KeyBound? = nil) -> KeyRange? {
    guard case .open? = state(of: id), let index = tables[id.table]?.ranges.index(of: id),
      let range = range(id)
    else { return nil }
    if let bound, range.isCut(by: bound) != false, range.start != bound, range.end != bound {
      let rest = newID(id.table)
      tables[id.table]?.ranges.cut(at: index, by: bound, rest)
      // The next transaction may touch either part.
      if current?.touched.contains(id) == true { current?.touched.insert(rest) }
      forgetPlaces(id.table)
    }
    setState(.claimed(hasLock: false), of: id)
    return self.range(id)
  }

  /// A worker has its lock, and no snapshot yet.
  mutating func lockHeld(_ id: RangeID) {
    guard case .claimed? = state(of: id) else { return actions.append(.abandon(id)) }
    if let current, !current.isAdmitted, current.touched.contains(id), rules.holdsWhileArming {
      setState(.claimed(hasLock: true), of: id)
    } else {
      arm(id)
    }
  }

  mutating func arm(_ id: RangeID) {
    let isDelivering = current?.isAdmitted == true
    guardCurrent()
    setState(
      .arming(mustSee: dropped), of: id,
      armedDuring: isDelivering && rules.guardsCurrent ? serial : nil)
    actions.append(.takeSnapshot(id))
  }

  /// A worker has taken its snapshot.
  ///
  /// - Parameter flushed: `pg_current_wal_flush_lsn()`.
  mutating func snapshotTaken(_ id: RangeID, _ point: ReadPoint, flushed: LSN) {
    observed(point.snapshot)
    flushedPosition = max(flushedPosition, flushed)
    guard case .arming(var mustSee)? = state(of: id), let (table, index) = index(of: id) else {
      return actions.append(.abandon(id))
    }
    let armedDuring = table.ranges.pieces[index].armedDuring
    mustSee.remove(seenBy: point.snapshot)
    if rules.checksDropped, !mustSee.isEmpty {
      setState(.arming(mustSee: mustSee), of: id, armedDuring: armedDuring)
      return actions.append(.repeatSnapshot(id))
    }
    setState(.reading(.init(point: point)), of: id, armedDuring: armedDuring)
    actions.append(.readChunk(id))
  }

  /// The worker, or the stream in front of it, has waited for as long as it should.
  mutating func waitedTooLong(_ id: RangeID) {
    switch state(of: id) {
    case .arming:
      // A commit takes long to become visible, and the stream must not be held up by it.
      workerFailed(id)
      actions.append(.abandon(id))
    case .reading(var reading):
      guard let (table, index) = index(of: id) else { return }
      reading.hasWaited = true
      let armedDuring = table.ranges.pieces[index].armedDuring
      setState(.reading(reading), of: id, armedDuring: armedDuring)
    default: return
    }
  }

  /// The first rows of a chunk go to the consumer, which now drops what it holds of the range.
  ///
  /// - Returns: The range; `nil` if there is no such chunk, or it must not be delivered now.
  mutating func chunkBegins(_ id: RangeID) -> KeyRange? {
    guard case .reading(var reading)? = state(of: id), current?.isAdmitted != true else {
      return nil
    }
    guard isOnDisk(reading.point) else { return nil }
    reading.isBeingDelivered = true
    setState(.reading(reading), of: id)
    return range(id)
  }

  /// All rows of a chunk have gone to the consumer, and COPY has ended without an error.
  mutating func chunkEnds(_ id: RangeID) {
    guard case .reading(let reading)? = state(of: id), let range = range(id) else { return }
    let horizon = max(tables[id.table]?.horizon ?? .zero, reading.point.horizon)
    tables[id.table]?.horizon = horizon
    guard let index = tables[id.table]?.ranges.index(of: id) else { return }
    let anchor = tables[id.table]?.ranges.anchor(at: index)
    deltas.append(.rangeDone(id.table, range, anchor: anchor, reading.point))
    tables[id.table]?.ranges.markRead(at: index)
    setState(rules.filtersUpToHorizon ? .done(reading.point) : .passed, of: id)
    settle()
  }

  /// A worker has lost its connection, its lock or its query: the range is open again.
  ///
  /// What it saw remains seen, and what waited for it is dropped from now on.
  mutating func workerFailed(_ id: RangeID) {
    guard state(of: id)?.hasWorker == true else { return }
    setState(.open, of: id)
    join(id.table)
  }

  /// A snapshot of the primary server, whatever it was taken for.
  mutating func observed(_ snapshot: TransactionSnapshot) {
    isObserving = false
    anchor = max(anchor ?? snapshot.xmin, snapshot.xmin)
    dropped.remove(seenBy: snapshot)
    for (oid, table) in tables {
      if let start = table.startsAt, snapshot.xmin >= start { tables[oid]?.startsAt = nil }
    }
  }

  /// Whether a table waits until transactions have ended.
  ///
  /// While it does, a snapshot should be observed from time to time.
  var isWaitingForWriters: Bool { tables.values.contains { $0.startsAt != nil } }

  /// The server's log is on disk up to a position, as `pg_current_wal_flush_lsn()` says.
  mutating func flushed(_ position: LSN) {
    flushedPosition = max(flushedPosition, position)
  }
}
