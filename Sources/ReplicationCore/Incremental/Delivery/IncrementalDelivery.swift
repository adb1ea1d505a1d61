internal import PGOutput
internal import PGWire

/// Brings an ``IncrementalMachine`` together with those who read ranges, and with what is asked for.
///
/// It belongs to the consumer's task, and is looked after whenever that asks for something.
struct IncrementalDelivery: Sendable {
  typealias Instant = ContinuousClock.Instant

  private(set) var machine: IncrementalMachine
  private(set) var readers: any RangeReading
  private let requests: SnapshotRequests
  private let lookups: TableLookups
  /// Which tables are read without being asked for; `nil` if none are.
  private let options: IncrementalSnapshotOptions?
  private let longestWait: Duration
  /// The tables that were published when they were looked up last.
  private var tables: [UInt32: IncrementalTable] = [:]
  /// Tables that need not be read unless that is asked for.
  private var settled: Set<UInt32>
  /// Ranges that a worker looks at, and that it has not claimed yet.
  private var offers: [UInt32: RangeID] = [:]
  private var paused: Set<UInt32> = []
  /// Tables whose key changes did not have, so that they are read as one range.
  private var keyless: Set<UInt32> = []
  private var keys = ChangeKeys()
  private var retries = RangeRetries()
  /// When a snapshot, or the position of the log on disk, was asked for last.
  private var asked: Instant?
  /// Since when the next transaction waits, and for what.
  private var waiting: (for: Admission, since: Instant)?
  /// Rows of the chunk that is being delivered.
  private var chunkRows: (rows: Int64, bytes: Int64) = (0, 0)
  /// Whether what was asked for could not be taken in the last time, and has to be looked at again.
  private(set) var isPutOff = false
  /// What ends the subscription.
  private(set) var failure: ReplicationError?

  /// The time between two questions of the same kind to the server.
  private static let pace = Duration.milliseconds(100)

  init(
    _ progress: IncrementalProgress, at position: LSN, _ readers: any RangeReading,
    _ requests: SnapshotRequests, _ lookups: TableLookups, _ snapshot: SubscriptionSnapshot,
    _ rules: IncrementalRules
  ) {
    machine = IncrementalMachine(progress, position: position)
    machine.rules = rules
    self.readers = readers
    self.requests = requests
    self.lookups = lookups
    options = snapshot.incremental
    longestWait = (snapshot.incremental ?? IncrementalSnapshotOptions()).longestWait
    settled = Set(progress.whole.keys)
    for oid in progress.tables.keys { requests.note(oid) { $0.isWhole = false } }
    for oid in progress.whole.keys { requests.note(oid) { $0.isWhole = true } }
    if !machine.isIdle { lookups.ask() }
  }

  /// Whether no table is being read, so that transactions need no look.
  var isIdle: Bool { machine.isIdle }

  /// Whether it has nothing to do or to deliver.
  var isQuiet: Bool { machine.isIdle && machine.items.isEmpty && !isPutOff }

  /// What the checkpoint has to know of transactions, as the machine knows it.
  func noteTransactions(in progress: inout IncrementalProgress) {
    progress.takeTransactions(of: machine)
  }
}

// MARK: - What others bring

extension IncrementalDelivery {
  /// Takes in what readers have reported and what was asked for, and has done what follows.
  ///
  /// - Parameter mayBegin: Whether tables can be added now: unless one is being read already, no
  ///   transaction may have begun to arrive, since it is not kept.
  mutating func attend(mayBegin: Bool) {
    for report in readers.takeReports() { take(report) }
    isPutOff = !mayBegin && machine.isIdle
    if !isPutOff {
      let found = requests.take()
      for request in found { take(request) }
      if found.contains(where: \.isLookup) { machine.idle.lookedUp() }
    }
    drive()
  }

  private mutating func take(_ report: ReadingReport) {
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
      machine.observed(snapshot)
      machine.flushed(flushed)
    case .observationFailed(let error):
      if error.rangeRemedy == .none { failure = failure ?? error }
    }
  }

  /// A range was not read.
  mutating func failed(_ id: RangeID, _ error: ReplicationError) {
    if offers[id.table] == id { offers[id.table] = nil }
    machine.workerFailed(id)
    switch error.rangeRemedy {
    case .tryAgain: retries.failed(id.table, now: .now)
    case .lookUpTables:
      retries.failed(id.table, now: .now)
      lookups.ask()
    case .none: failure = failure ?? error
    }
  }

  private mutating func take(_ request: SnapshotRequests.Request) {
    switch request {
    case .found(let found, let snapshot): takeFound(found, at: snapshot)
    case .read(let oids, let found, let snapshot):
      for table in found where oids.contains(table.oid) {
        tables[table.oid] = table
        add(table, at: snapshot)
      }
    case .pause(let oids): paused.formUnion(oids)
    case .resume(let oids): paused.subtract(oids)
    case .cancel(let oids): for oid in oids.sorted() { cancel(oid) }
    case .failed(let error): failure = failure ?? error
    }
  }

  private mutating func takeFound(
    _ found: [IncrementalTable], at snapshot: TransactionSnapshot
  ) {
    tables = Dictionary(found.map { ($0.oid, $0) }, uniquingKeysWith: { $1 })
    for oid in machine.tables.keys.sorted() where tables[oid] == nil { remove(oid) }
    settled = settled.filter { tables[$0] != nil }
    for table in found {
      requests.noteIfKnown(table.oid) { $0.estimatedRows = table.table.estimatedRows }
      if machine.isBeingRead(table.oid) {
        guard !keyless.contains(table.oid) else { continue }
        if machine.shapeChanged(table.oid, table.shape) { restarted(table.oid) }
      } else if let options, options.includes(table.table), !settled.contains(table.oid) {
        add(table, at: snapshot)
      }
    }
    requests.noteTables()
  }

  private mutating func add(_ table: IncrementalTable, at snapshot: TransactionSnapshot) {
    keyless.remove(table.oid)
    settled.remove(table.oid)
    restarted(table.oid)
    requests.forget(table.oid)
    requests.note(table.oid) { $0.estimatedRows = table.table.estimatedRows }
    machine.add(table.oid, table.shape, at: snapshot)
  }

  private mutating func remove(_ oid: UInt32) {
    restarted(oid)
    requests.forget(oid)
    machine.remove(oid)
  }

  private mutating func cancel(_ oid: UInt32) {
    guard machine.isBeingRead(oid) else { return }
    withdrawOffer(oid)
    requests.forget(oid)
    settled.insert(oid)
    machine.cancel(oid)
  }

  /// Nothing that is known of a table's ranges holds any more.
  private mutating func restarted(_ oid: UInt32) {
    withdrawOffer(oid)
    keys.forget(oid)
    retries.succeeded(oid)
  }

  private mutating func withdrawOffer(_ oid: UInt32) {
    if let id = offers.removeValue(forKey: oid) { readers.release(id) }
  }

  /// The log was followed up to a position, and continues differently on another server, of which
  /// others read.
  mutating func rewind(to end: LSN, _ readers: any RangeReading) {
    for oid in machine.tables.keys.sorted() { restarted(oid) }
    machine.rewind(to: end)
    for action in machine.takeActions() { self.readers.perform(action) }
    self.readers = readers
  }
}

// MARK: - What readers do

extension IncrementalDelivery {
  /// Has done what the machine wants, and offers open ranges to free workers.
  mutating func drive(now: Instant = .now) {
    for action in machine.takeActions() { readers.perform(action) }
    offerRanges(now)
    ask(now)
  }

  private mutating func offerRanges(_ now: Instant) {
    for oid in machine.tables.keys.sorted() {
      guard readers.hasFreeWorker else { return }
      guard offers[oid] == nil, !paused.contains(oid), retries.mayTry(oid, now: now),
        var table = tables[oid], let shape = machine.tables[oid]?.shape,
        let (id, range) = machine.openRange(of: oid)
      else { continue }
      if table.shape != shape {
        table = IncrementalTable(
          table: table.table, shape: shape, fingerprint: table.fingerprint)
      }
      offers[oid] = id
      readers.offer(id, of: table, range)
    }
  }

  /// Asks for what the machine waits for, again and again.
  private mutating func ask(_ now: Instant) {
    guard needsAnswer, asked.map({ now - $0 >= Self.pace }) ?? true else { return }
    asked = now
    readers.askForFlush()
  }

  private var needsAnswer: Bool {
    guard !machine.isIdle else { return false }
    return machine.isWaitingForWriters || machine.isObserving || waitsForServer
      || machine.tables.values.contains { table in
        table.ranges.pieces.contains { piece in
          if case .reading(let reading) = piece.state {
            reading.point.horizon > machine.flushedPosition
          } else {
            false
          }
        }
      }
  }

  private var waitsForServer: Bool {
    switch waiting?.for {
    case .waitForFlush, .waitForAnySnapshot: true
    default: false
    }
  }

  /// Whether something is filtered until the stream is further, which the server can be asked for.
  var waitsForStream: Bool {
    machine.tables.values.contains { table in
      table.ranges.pieces.contains { $0.state.point != nil }
    }
  }

  /// How soon to attend to it again if nothing happens; `nil` if that is not necessary.
  var pace: Duration? { machine.isIdle ? nil : Self.pace }
}

// MARK: - What the stream brings

extension IncrementalDelivery {
  /// A transaction is delivered while no table is being read.
  mutating func passWhileIdle(_ xid: UInt32) {
    machine.idle.note(xid)
  }

  mutating func begin(xid: UInt32, commitLSN: LSN) throws(ReplicationError) -> Attention {
    waiting = nil
    do {
      return try machine.begin(xid: xid, commitLSN: commitLSN)
    } catch {
      throw .snapshotRefused(.transactionID(xid))
    }
  }

  /// Looks at a change of the next transaction before any of it is delivered.
  ///
  /// - Returns: What could not be placed: the server has to be asked.
  mutating func scan(_ change: Change) -> [UndecidedChange] {
    switch change {
    case .insert(let row), .update(let row), .delete(let row):
      let oid = row.relation.oid
      guard let shape = machine.tables[oid]?.shape else { return [] }
      return scan(keyChange(change, row, shape), of: oid).map { [$0] } ?? []
    case .truncate(let truncate, _):
      for relation in truncate.relations { machine.scanWhole(relation.oid) }
      return []
    default: return []
    }
  }

  /// - Returns: The change, if the server has to be asked.
  mutating func scan(_ change: KeyChange, of table: UInt32) -> UndecidedChange? {
    let keys = machine.scan(change, of: table)
    return keys.isEmpty ? nil : UndecidedChange(table: table, change: change, keys: keys)
  }

  /// It is not known where the next transaction changes a table.
  mutating func scanWhole(_ table: UInt32) {
    machine.scanWhole(table)
  }

  /// Whether the transaction that was looked at can be delivered.
  mutating func admission(now: Instant = .now) -> Admission {
    let admission = machine.admission()
    guard admission != .proceed else {
      waiting = nil
      return .proceed
    }
    if waiting?.for != admission { waiting = (admission, now) }
    if case .waitForSnapshot(let id) = admission, let since = waiting?.since,
      now - since >= longestWait
    {
      waiting = nil
      retries.failed(id.table, now: now)
      machine.waitedTooLong(id)
      return machine.admission()
    }
    return admission
  }

  mutating func judge(_ change: Change) -> Judgement {
    switch change {
    case .insert(let row), .update(let row), .delete(let row):
      let oid = row.relation.oid
      guard let shape = machine.tables[oid]?.shape else { return .deliver(change) }
      let key = keyChange(change, row, shape)
      switch machine.judge(key, of: oid) {
      case .deliver: return .deliver(change)
      case .drop: return .drop
      case .deliverDelete: return row.asDelete.map { .deliver(.delete($0)) } ?? .drop
      case .deliverInsert: return .deliver(.insert(row.asInsert))
      case .undecided(let keys):
        return .undecided(UndecidedChange(table: oid, change: key, keys: keys))
      }
    case .truncate(let truncate, let lsn):
      return judge(truncate, at: lsn)
    case .relation(let change):
      if tables[change.relation.oid] == nil, options != nil { lookups.ask() }
      return .deliver(.relation(change))
    default: return .deliver(change)
    }
  }

  private mutating func judge(_ truncate: Truncate, at lsn: LSN) -> Judgement {
    var kept: [Relation] = []
    for relation in truncate.relations {
      switch machine.judgeTruncate(of: relation.oid) {
      case .deliver: kept.append(relation)
      case .drop: continue
      case .empty:
        // Some ranges were read before it and others after it. Rather than tell consumers of ranges
        // that get empty, the table, which has few rows then, is read again.
        restarted(relation.oid)
        machine.restart(relation.oid)
        kept.append(relation)
      }
    }
    drive()
    if kept.count == truncate.relations.count { return .deliver(.truncate(truncate, at: lsn)) }
    return kept.isEmpty ? .drop : .deliver(.truncate(truncate.limited(to: kept), at: lsn))
  }

  /// A change by its key; one whose key can't be found makes its table one range.
  private mutating func keyChange(
    _ change: Change, _ row: RowChange, _ shape: KeyShape
  ) -> KeyChange {
    if let key = keys.key(change, row, shape) { return key }
    let oid = row.relation.oid
    keyless.insert(oid)
    restarted(oid)
    machine.shapeChanged(oid, KeyShape([]))
    drive()
    return keys.key(change, row, KeyShape([])) ?? .insert(.none)
  }

  /// Asks the server where keys lie.
  mutating func locate(_ changes: [UndecidedChange]) async throws(ReplicationError) {
    for (oid, changes) in Dictionary(grouping: changes, by: \.table).sorted(by: { $0.key < $1.key })
    {
      guard let (bounds, generation) = machine.bounds(of: oid), var table = tables[oid],
        let shape = machine.tables[oid]?.shape
      else {
        // The tables have not been looked up yet.
        throw .interrupted(commitLSN: .zero)
      }
      table = IncrementalTable(table: table.table, shape: shape, fingerprint: table.fingerprint)
      let keys = Array(Set(changes.flatMap(\.keys)))
      let places = try await readers.places(of: keys, in: table, bounds)
      machine.located(
        zip(keys, places).map { (key: $0, index: $1) }, of: oid, generation: generation)
    }
  }

  /// Whether where keys lie can be asked for.
  func canLocate(_ changes: [UndecidedChange]) -> Bool {
    changes.allSatisfy { tables[$0.table] != nil || !machine.isBeingRead($0.table) }
  }

  mutating func transactionEnds(at end: LSN) -> [SnapshotDelta] {
    machine.transactionEnds(endLSN: end)
    return machine.takeDeltas()
  }

  mutating func keepAlive(_ walEnd: LSN) {
    machine.keepalive(walEnd: walEnd)
  }

  /// Changes of the machine that no item brings.
  mutating func takeDeltas() -> [SnapshotDelta] { machine.takeDeltas() }
}

// MARK: - What is delivered besides

extension IncrementalDelivery {
  /// Tables that have become whole.
  mutating func takeWhole() -> WholeTable? {
    if machine.items.isEmpty { return nil }
    guard case .tableIsWhole(let oid, let position) = machine.items.removeFirst() else {
      return nil
    }
    settled.insert(oid)
    restarted(oid)
    requests.note(oid) { $0.isWhole = true }
    guard let relation = tables[oid]?.table.relation else { return takeWhole() }
    return WholeTable(
      oid: oid, namespace: relation.namespace, name: relation.name, position: position)
  }

  /// The first rows of a chunk are to be delivered.
  mutating func beginChunk(
    _ id: RangeID
  ) -> (table: SnapshotTable, range: SnapshotKeyRange, horizon: LSN)? {
    guard let table = tables[id.table], let shape = machine.tables[id.table]?.shape,
      let point = machine.state(of: id)?.point, let range = machine.chunkBegins(id)
    else { return nil }
    chunkRows = (0, 0)
    return (table.table, SnapshotKeyRange(range, shape), point.horizon)
  }

  mutating func deliveredRows(of id: RangeID, _ batch: SnapshotBatch) {
    let (rows, bytes) = (Int64(batch.rowCount), Int64(batch.byteCount))
    requests.note(id.table) { progress in
      progress.rows += rows
      progress.bytes += bytes
    }
    chunkRows.rows += rows
    chunkRows.bytes += bytes
  }

  /// All rows of a chunk have been delivered.
  mutating func endChunk(_ id: RangeID) -> [SnapshotDelta] {
    requests.note(id.table) { $0.ranges += 1 }
    machine.chunkEnds(id)
    return machine.takeDeltas()
  }

  /// A chunk has broken off.
  mutating func breakChunk(_ id: RangeID, _ error: ReplicationError) {
    let rows = chunkRows
    requests.note(id.table) { progress in
      progress.rows -= rows.rows
      progress.bytes -= rows.bytes
    }
    failed(id, error)
  }
}

/// A change of which only the server knows where it lies.
struct UndecidedChange: Sendable {
  let table: UInt32
  let change: KeyChange
  let keys: [Key]
}

/// What becomes of a change.
enum Judgement: Sendable {
  case deliver(Change)
  case drop
  case undecided(UndecidedChange)
}

extension SnapshotRequests.Request {
  /// Whether it comes of a lookup.
  fileprivate var isLookup: Bool {
    switch self {
    case .found, .read: true
    default: false
    }
  }
}
