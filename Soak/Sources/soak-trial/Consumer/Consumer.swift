import PGOutput
import PGWire
import ReplicationCore

/// Applies a stream to a replica, and compares that with the source when a marker comes.
///
/// A transaction is collected first, so that nothing has to be undone if it is interrupted.
final class Consumer {
  let mode: ConsumerMode
  let control: ConsumerControl
  let store: ConsumerStore
  private let options: ConnectionOptions
  private let file: ReplicaFile?
  private(set) var replica: Replica

  /// Prepared transactions that nobody has decided about yet.
  var prepared: [String: [RowOperation]] = [:]
  /// Changes of transactions in progress, and the subtransactions that made them.
  var staged: [UInt32: [(subxid: UInt32, operation: RowOperation)]] = [:]
  /// The tables that have been read to their end once.
  private var whole: Set<UInt32> = []

  /// What has been applied and is not in the file yet.
  private var unsaved: [Acknowledgement] = []
  private var latest: Checkpoint?
  private var savedAt = ContinuousClock.now

  /// The last marker, if it has not been compared.
  private var marker: String?

  private var transactions = 0
  private var faults = 0
  private var reconnects = 0
  private var comparisons = 0

  init(
    mode: ConsumerMode, options: ConnectionOptions, control: ConsumerControl,
    store: ConsumerStore, replica: Replica, file: ReplicaFile?
  ) {
    self.mode = mode
    self.options = options
    self.control = control
    self.store = store
    self.replica = replica
    self.file = file
  }

  var summary: String {
    "\(mode.rawValue): \(transactions) transactions, \(reconnects) reconnects, "
      + "\(faults) faults of the server, \(comparisons) comparisons, \(replica.rowCount) rows"
  }

  /// Consumes until it is told to end.
  ///
  /// - Parameter makeSubscription: Makes one that continues at the store's checkpoint; called again
  ///   after a fault of the server.
  func run(_ makeSubscription: () throws -> Subscription) async throws {
    while !control.isStopped {
      let subscription = try makeSubscription()
      control.use(subscription)
      let failure = await failureOf { try await self.consume(subscription) }
      reconnects += subscription.statistics.reconnects
      // What is applied has to be saved before the next stream begins.
      try save()
      let ending = await failureOf { try await subscription.close() }
      if let failure, !isFaultOfServer(failure) { throw failure }
      if failure == nil, let ending { throw ending }
      guard failure != nil else { return }
      faults += 1
      try await Task.sleep(for: .milliseconds(500))
    }
  }

  private func consume(_ subscription: Subscription) async throws {
    switch mode {
    case .transactions, .resume:
      for try await transaction in subscription.transactions {
        try await take(transaction, subscription)
      }
    case .incremental:
      for try await item in subscription.items {
        try await take(item, subscription)
        try await compareIfPossible()
      }
    case .provisional:
      for try await step in subscription.provisional {
        try await take(step, subscription)
      }
    }
  }

  private func take(_ item: SubscriptionItem, _ subscription: Subscription) async throws {
    switch item {
    case .transaction(let transaction): try await take(transaction, subscription)
    case .rangeBegins(let chunk): try await take(chunk, subscription)
    case .tableIsWhole(let table): whole.insert(table.oid)
    @unknown default: throw SoakError("an unknown kind of item")
    }
  }

  // MARK: - Applying

  /// Applies what has committed.
  func apply(_ operations: [RowOperation], _ subscription: Subscription) async throws {
    for operation in operations {
      for relation in operation.relations { try await shape(relation, subscription) }
      try replica.apply(operation)
      if let marker = operation.marker { self.marker = marker }
    }
  }

  /// Gives a table its new shape; the server says what its rows have in added columns.
  private func shape(_ relation: Relation, _ subscription: Subscription) async throws {
    let columns = replica.addedColumns(relation)
    var fill: [String: UInt64] = [:]
    if !columns.isEmpty {
      let added = try await askPatiently {
        try await subscription.earlierValues(of: columns, in: relation)
      }
      for column in added {
        // A column that is unknown has been dropped or renamed since; then it had no default.
        guard case .value(let text) = column.earlierValue else { continue }
        fill[column.column.name] = ValueHash.of(text)
      }
    }
    replica.shape(relation, fill: fill)
  }

  /// Puts the rows of a range in place of what the replica has in it.
  private func take(_ chunk: SnapshotChunk, _ subscription: Subscription) async throws {
    var rows: [HashedRow] = []
    do {
      for try await batch in chunk.batches {
        try batch.forEachRow { row in rows.append(try HashedRow(row)) }
      }
      let relation = chunk.table.relation
      try await shape(relation, subscription)
      if let table = replica.tables[relation.oid] {
        try await removeRange(chunk, table)
      }
      for row in rows { try replica.apply(.insert(relation, row)) }
      try done(chunk.checkpoint(), chunk.acknowledgement)
    } catch ReplicationError.chunkInterrupted {
      // Nothing of it is in the replica, and it is delivered again.
    }
  }

  private func removeRange(_ chunk: SnapshotChunk, _ table: HeldTable) async throws {
    guard !chunk.range.isWholeTable else {
      replica.tables[table.relation.oid]?.removeAll()
      return
    }
    let keyNames = table.relation.columns.filter(\.isKey).map(\.name)
    let places = chunk.range.columns.compactMap { keyNames.firstIndex(of: $0) }
    guard places.count == chunk.range.columns.count else {
      throw SoakError("\(table.relation.qualifiedName): a range over \(chunk.range.columns)")
    }
    let keys = Array(table.keyed.keys)
    var start = 0
    while start < keys.count {
      let page = Array(keys[start..<min(start + 1000, keys.count)])
      let inside = try await chunk.contains(page.map { key in places.map { key[$0] } })
      replica.tables[table.relation.oid]?.remove(keys: zip(page, inside).filter(\.1).map(\.0))
      start += page.count
    }
  }

  // MARK: - What is done

  /// Everything up to a checkpoint is applied.
  func done(_ checkpoint: Checkpoint, _ acknowledgement: Acknowledgement) throws {
    transactions += 1
    latest = checkpoint
    guard file != nil else {
      try store.put(checkpoint)
      acknowledgement.acknowledge()
      return
    }
    unsaved.append(acknowledgement)
    if unsaved.count >= 200 || ContinuousClock.now - savedAt > .seconds(1) { try save() }
  }

  /// Writes the file, and acknowledges what is in it.
  private func save() throws {
    guard let file, let latest, !unsaved.isEmpty else { return }
    try file.write(replica, latest)
    try store.put(latest)
    for acknowledgement in unsaved { acknowledgement.acknowledge() }
    unsaved = []
    savedAt = .now
  }

  /// Sleeps if the consumer is told to be slow.
  func slowDown() async throws {
    if control.isSlow { try await Task.sleep(for: .milliseconds(30)) }
  }

  // MARK: - Comparing

  /// Compares if a marker has come, and everything that has to be read is there.
  func compareIfPossible() async throws {
    guard let marker else { return }
    let connection = try await askPatiently { try await ReplicaComparison.connect(options) }
    defer { connection.close() }
    let tables = try await ReplicaComparison.tables(of: mode.publications, connection)
    let published = Set(tables.map(\.oid))
    guard mode != .incremental || published.isSubset(of: whole) else { return }
    self.marker = nil
    try save()
    // Tables that were dropped, of which a stream says nothing.
    replica.tables = replica.tables.filter { published.contains($0.key) }
    whole.formIntersection(published)
    var comparison = ReplicaComparison()
    for table in tables {
      try await comparison.compare(table, replica.tables[table.oid], connection)
    }
    comparisons += 1
    for example in comparison.examples { report("  \(example)") }
    guard comparison.differences == 0 else {
      throw SoakError(
        "compared \(marker): \(comparison.differences) rows of \(comparison.tables) tables differ")
    }
    report(
      "compared \(marker): \(comparison.tables) tables, \(comparison.rows) rows, all equal")
  }
}

/// The error of an operation, if it fails.
func failureOf(_ operation: () async throws -> Void) async -> (any Error)? {
  do {
    try await operation()
    return nil
  } catch {
    return error
  }
}
