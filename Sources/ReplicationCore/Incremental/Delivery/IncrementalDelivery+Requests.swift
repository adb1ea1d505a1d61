internal import PGWire

/// What readers report and what other tasks ask for.
extension IncrementalDelivery {
  /// Takes in what readers have reported and what was asked for, and has done what follows.
  ///
  /// - Parameters:
  ///   - mayBegin: Whether tables can be added now: unless one is being read already, no
  ///     transaction may have begun to arrive, since it is not kept.
  ///   - mayTake: Whether what was asked for may be taken in at all.
  mutating func attend(mayBegin: Bool, mayTake: Bool = true) {
    for report in readers.takeReports() { take(report) }
    isPutOff = !mayBegin && machine.isIdle || requests.isHeld || !mayTake
    if !isPutOff {
      let found = requests.take()
      for request in found { take(request) }
      if found.contains(where: \.isLookup) { machine.idle.lookedUp() }
    }
    drive()
  }

  mutating func take(_ report: ReadingReport) {
    switch report {
    case .ready(let id, let bound):
      if offers[id.table] == id { offers[id.table] = nil }
      if let range = machine.claim(id, upTo: bound) {
        readers.begin(id, range)
      } else {
        readers.release(id)
      }
    case .lockHeld(let id): machine.lockHeld(id)
    case .snapshotTaken(let id, let point, let flushed):
      retries.succeeded(id.table)
      machine.snapshotTaken(id, point, flushed: flushed)
    case .waitedTooLong(let id): machine.waitedTooLong(id)
    case .failed(let id, let error): failed(id, error)
    case .observed(let snapshot, let flushed):
      observations = RangeBackoff()
      machine.observed(snapshot)
      machine.flushed(flushed)
    case .observationFailed(let error):
      observations.failed(now: .now)
      if observations.remedy(for: error) == .none { failure = failure ?? error }
    }
  }

  /// A range was not read.
  mutating func failed(_ id: RangeID, _ error: ReplicationError) {
    if offers[id.table] == id { offers[id.table] = nil }
    offered[id] = nil
    machine.workerFailed(id)
    switch retries.failed(id.table, error, now: .now) {
    case .tryAgain: break
    case .lookUpTables: lookups.ask()
    case .none: failure = failure ?? error
    }
  }

  mutating func take(_ request: SnapshotRequests.Request) {
    switch request {
    case .found(let found, let point): takeFound(found, at: point)
    case .read(let oids, let found, let point):
      for table in found where oids.contains(table.oid) {
        tables[table.oid] = table
        add(table, at: point.snapshot)
        notePublished(table)
      }
    case .pause(let oids): paused.formUnion(oids)
    case .resume(let oids): paused.subtract(oids)
    case .cancel(let oids): for oid in oids.sorted() { cancel(oid) }
    case .failed(let error): failure = failure ?? error
    }
  }

  mutating func takeFound(_ found: [IncrementalTable], at point: ReadPoint) {
    tables = Dictionary(found.map { ($0.oid, $0) }, uniquingKeysWith: { $1 })
    // The machine knows of those no more, though it was not said yet.
    for case .tableIsWhole(let oid, _) in machine.items { settled.insert(oid) }
    for oid in settled.union(machine.tables.keys).sorted() where tables[oid] == nil {
      remove(oid, before: point.horizon)
    }
    for table in found {
      // What was changed while it was not published is missing.
      if hasLeft(table) { remove(table.oid, before: point.horizon) }
      requests.noteIfKnown(table.oid) { $0.estimatedRows = table.table.estimatedRows }
      if machine.isBeingRead(table.oid) {
        guard !keyless.contains(table.oid) else { continue }
        if machine.shapeChanged(table.oid, table.shape) { restarted(table.oid) }
      } else if let options, options.includes(table.table), !settled.contains(table.oid) {
        add(table, at: point.snapshot)
      }
      notePublished(table)
    }
    requests.noteTables()
  }

  /// Whether a table has left the publications since it was looked up last; it is there again.
  private func hasLeft(_ table: IncrementalTable) -> Bool {
    guard let known = published[table.oid], !known.isEmpty, !table.memberships.isEmpty else {
      return false
    }
    return !table.memberships.contains { known.contains($0) }
  }

  /// Remembers what makes the publications have a table of which the checkpoint says something.
  private mutating func notePublished(_ table: IncrementalTable) {
    guard machine.isBeingRead(table.oid) || settled.contains(table.oid),
      !table.memberships.isEmpty, published[table.oid] != table.memberships
    else { return }
    published[table.oid] = table.memberships
    machine.deltas.append(.tablePublished(table.oid, by: table.memberships))
  }

  mutating func add(_ table: IncrementalTable, at snapshot: TransactionSnapshot) {
    keyless.remove(table.oid)
    settled.remove(table.oid)
    paused.remove(table.oid)
    restarted(table.oid)
    requests.forget(table.oid)
    requests.note(table.oid) { $0.estimatedRows = table.table.estimatedRows }
    machine.forgetItems(of: table.oid)
    machine.add(table.oid, table.shape, at: snapshot)
  }

  mutating func remove(_ oid: UInt32, before horizon: LSN) {
    published[oid] = nil
    settled.remove(oid)
    paused.remove(oid)
    restarted(oid)
    requests.forget(oid)
    machine.forgetItems(of: oid)
    machine.remove(oid, before: horizon)
  }

  mutating func cancel(_ oid: UInt32) {
    guard machine.isBeingRead(oid) else { return }
    withdrawOffer(oid)
    offered = offered.filter { $0.key.table != oid }
    paused.remove(oid)
    requests.forget(oid)
    settled.insert(oid)
    machine.cancel(oid)
  }

  /// Nothing that is known of a table's ranges holds any more.
  mutating func restarted(_ oid: UInt32) {
    withdrawOffer(oid)
    offered = offered.filter { $0.key.table != oid }
    keys.forget(oid)
    retries.succeeded(oid)
  }

  mutating func withdrawOffer(_ oid: UInt32) {
    if let id = offers.removeValue(forKey: oid) { readers.release(id) }
  }

  /// The log was followed up to a position, and continues differently on another server, of which
  /// others read.
  mutating func rewind(to end: LSN, _ readers: any RangeReading) {
    for oid in machine.tables.keys.sorted() { restarted(oid) }
    machine.rewind(to: end)
    // Beyond it the other server has positions of its own.
    askedUpTo = min(askedUpTo, end)
    for action in machine.takeActions() { self.readers.perform(action) }
    self.readers = readers
  }
}

extension SnapshotRequests.Request {
  /// Whether it comes of a lookup.
  var isLookup: Bool {
    switch self {
    case .found, .read: true
    default: false
    }
  }
}
