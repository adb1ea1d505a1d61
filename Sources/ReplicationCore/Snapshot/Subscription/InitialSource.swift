internal import Logging
internal import PGOutput
internal import PGWire
internal import Synchronization

/// Gives the one consumer of a subscription the snapshot that it begins with: each table as a
/// chunk, one after the other.
final class InitialSource: ChunkSource {
  private struct State {
    var reading: InitialReading?
    /// Those since the first that has failed.
    var attempts: Attempts?
    /// Internal errors of the server, one after the other.
    var internalErrors = 0
    /// Those that have not begun.
    var tables: ArraySlice<SnapshotTable> = []
    /// The tables of the attempt.
    var oids: [UInt32] = []
    var checkpoint: Checkpoint?
    var open: Open?
    var whole: WholeTable?
    /// Why the chunk was interrupted that was delivered last.
    var failure: ReplicationError?
  }

  /// A table whose rows are being delivered.
  private struct Open {
    let id: AcknowledgementLedger.ID
    let table: SnapshotTable
    weak var chunk: SnapshotChunk?
  }

  let context: SubscriptionContext
  private let cell = ExclusiveCell(State())
  private let over: Atomic<Bool>
  /// The attempt that has been begun last, and whether another may be.
  private let current = Lock<(reading: InitialReading?, isFinished: Bool)>((nil, false))

  init(_ context: SubscriptionContext) {
    self.context = context
    over = Atomic(context.options.snapshot.initial == nil)
  }

  /// Whether there is no snapshot to be read, or it is finished.
  var isOver: Bool { over.load(ordering: .acquiring) }

  /// The next item; `nil` once the snapshot is finished, and if the subscription is stopped.
  func nextItem() async throws(ReplicationError) -> SubscriptionItem? {
    if isOver { return nil }
    try context.choose(.items)
    return try await cell.use { (state) async throws(ReplicationError) in
      while !context.control.isStopped {
        do throws(ReplicationError) {
          if let failure = state.failure { throw failure }
          let item = try await next(&state)
          if item == nil { finished(&state) }
          return item
        } catch {
          if error.isCancellation, Task.isCancelled { throw .cancelled }
          if error.isCancellation || error == .closed, context.control.isStopped { return nil }
          await reset(&state)
          try await pause(after: error, &state)
        }
      }
      return nil
    }
  }

  /// Ends what is being read, and begins nothing more.
  func finish() async {
    let reading = current.withLock { current in
      current.isFinished = true
      return current.reading
    }
    await reading?.end()
  }
}

// MARK: - Tables

extension InitialSource {
  private func next(_ state: inout State) async throws(ReplicationError) -> SubscriptionItem? {
    let reading = if let begun = state.reading { begun } else { try begin(&state) }
    state.open?.chunk?.passOver()
    while state.open != nil { _ = try await nextBatch(reading, &state, endsOnStop: true) }
    while true {
      if let whole = state.whole.take() { return .tableIsWhole(whole) }
      if let table = state.tables.popFirst(), let checkpoint = state.checkpoint {
        return .rangeBegins(beginChunk(of: table, checkpoint, reading, &state))
      }
      switch try await event(of: reading, endsOnStop: true) {
      case .begins(let tables, let checkpoint):
        (state.tables, state.checkpoint) = (tables[...], checkpoint)
        state.oids = tables.map(\.relation.oid)
        for table in tables {
          context.requests.note(table.relation.oid) { $0.estimatedRows = table.estimatedRows }
        }
        context.requests.noteTables()
      case .rows, .tableEnds: continue
      case nil: return nil
      }
    }
  }

  private func begin(_ state: inout State) throws(ReplicationError) -> InitialReading {
    guard let (options, slot) = context.options.snapshot.initial, let store = context.store else {
      throw .closed
    }
    let reading = InitialReading(context.client)
    try current.withLock { (current) throws(ReplicationError) in
      guard !current.isFinished else { throw .closed }
      current.reading = reading
      // Before anyone can end it.
      reading.start(options, slot, recordedIn: store)
    }
    state.reading = reading
    state.attempts?.opened = .now()
    return reading
  }

  private func event(
    of reading: InitialReading, endsOnStop: Bool
  ) async throws(ReplicationError) -> InitialReading.Event? {
    try await context.control.wait(endsOnStop: endsOnStop) { () throws(ReplicationError) in
      try await reading.events.next()
    }
  }

  private func beginChunk(
    of table: SnapshotTable, _ checkpoint: Checkpoint, _ reading: InitialReading,
    _ state: inout State
  ) -> SnapshotChunk {
    let id = reading.receipts.open(table.qualifiedName)
    let chunk = SnapshotChunk(
      of: table, SnapshotKeyRange(.everything, KeyShape([])), at: checkpoint.position,
      Acknowledgement(id, checkpoint.position, reading.receipts), self
    ) { checkpoint }
    state.open = Open(id: id, table: table, chunk: chunk)
    return chunk
  }

  private func finished(_ state: inout State) {
    over.store(true, ordering: .releasing)
    context.requests.noteTables()
    state.reading = nil
    current.withLock { $0.reading = nil }
  }
}

// MARK: - Rows

extension InitialSource {
  func nextBatch(of chunk: SnapshotChunk) async throws(ReplicationError) -> SnapshotBatch? {
    try await cell.use { (state) async throws(ReplicationError) in
      let name = chunk.table.relation.qualifiedName
      if chunk.isPassedOver { throw .chunkPassed(table: name) }
      guard let open = state.open, open.chunk === chunk, let reading = state.reading else {
        if chunk.hasAllRows { return nil }
        throw .chunkInterrupted(table: name, .cancelled)
      }
      do throws(ReplicationError) {
        return try await nextBatch(reading, &state, endsOnStop: false)
      } catch {
        if error.isCancellation, Task.isCancelled { throw .cancelled }
        state.open = nil
        state.failure = error
        throw .chunkInterrupted(table: name, error)
      }
    }
  }

  /// The next rows of the table whose turn it is; `nil` after the last.
  private func nextBatch(
    _ reading: InitialReading, _ state: inout State, endsOnStop: Bool
  ) async throws(ReplicationError) -> SnapshotBatch? {
    guard let open = state.open else { return nil }
    switch try await event(of: reading, endsOnStop: endsOnStop) {
    case .rows(let batch):
      context.requests.note(open.table.relation.oid) { progress in
        progress.rows += Int64(batch.rowCount)
        progress.bytes += Int64(batch.byteCount)
      }
      return batch
    case .tableEnds:
      let relation = open.table.relation
      context.requests.note(relation.oid) { progress in
        progress.ranges += 1
        progress.isWhole = true
      }
      state.whole = WholeTable(
        oid: relation.oid, namespace: relation.namespace, name: relation.name,
        position: state.checkpoint?.position ?? .zero)
      open.chunk?.end()
      state.open = nil
      // Everything was delivered, even if the subscription is closed now.
      if state.tables.isEmpty { reading.receipts.hasAllRows() }
      return nil
    case .begins, nil:
      // The reading has ended early, which its tables rule out.
      throw .closed
    }
  }

  /// A batch's rows are the consumer's to compare, and a whole table has all keys.
  func areInside(
    _ keys: [Key], _ chunk: SnapshotChunk
  ) async throws(ReplicationError) -> [Bool] {
    keys.map { _ in true }
  }
}

// MARK: - Failure

extension InitialSource {
  /// What was read counts for nothing.
  private func reset(_ state: inout State) async {
    await state.reading?.end()
    current.withLock { $0.reading = nil }
    for oid in state.oids { context.requests.forget(oid) }
    state = State(attempts: state.attempts, internalErrors: state.internalErrors)
  }

  /// Waits before the next attempt, or throws if there is none.
  private func pause(
    after error: ReplicationError, _ state: inout State
  ) async throws(ReplicationError) {
    guard error.rangeRemedy == .tryAgain || error.deservesAnotherStream else { throw error }
    state.internalErrors = error.sqlState == .internalError ? state.internalErrors + 1 : 0
    // A damaged table has such errors too, and they don't pass.
    guard state.internalErrors < RangeBackoff.mostInternalErrors else { throw error }
    // One that took long was a good one, though it failed.
    state.attempts = state.attempts?.failing(error, now: .now())
    var attempts = state.attempts ?? Attempts(context.options.reconnect, now: .now())
    guard let wait = attempts.wait(forSlot: error.isSlotActive, now: .now()) else { throw error }
    state.attempts = attempts
    context.client.log.log(
      .warning, "the initial snapshot broke off and is repeated", condition: error.group,
      metadata: [
        "slot": "\(context.client.params.slot)", "error": "\(error)",
        "retryIn": "\(Amounts.wait(wait))",
      ])
    try await context.control.pause(wait, until: nil)
  }
}
