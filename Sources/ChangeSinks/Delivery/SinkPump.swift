internal import PGWire
internal import ReplicationCore

/// Fills one batch while another one is being written.
struct SinkPump<Sink: ChangeSink> {
  /// A batch, and what its being durable acknowledges.
  fileprivate struct Filling {
    let batch: Sink.Encoder.Batch
    var acknowledgements: [Acknowledgement] = []
    /// Makes the checkpoint for the last item that has ended in it.
    var checkpoint: (@Sendable () throws(ReplicationError) -> Checkpoint)?
    /// Whether rows of a range are in it, or a range has ended in it.
    var hasRange = false
  }

  /// The most transactions in a batch, which may have few records or none.
  private static var mostTransactions: Int { 4096 }

  private let subscription: Subscription
  private let session: SinkSession<Sink>
  private let limits: SinkLimits
  private let isAtomic: Bool
  private var encoder: Sink.Encoder
  private var filling: Filling
  private var spare: Sink.Encoder.Batch
  private var writing: Task<Void, any Error>?
  /// Waits for the next item while a batch is being written.
  private var waiting: Task<Void, Never>?
  private let events = PumpEvents()
  /// The commit of which the engine has a part; no table is read before the rest is written.
  private var unfinished: LSN?
  /// The changes of snapshots that the engine knows of.
  private var entries = 0
  /// Tables that got whole before that.
  private var wholeTables: [WholeTable] = []

  init(
    _ subscription: Subscription, _ session: SinkSession<Sink>, _ encoder: Sink.Encoder,
    _ limits: SinkLimits
  ) {
    self.subscription = subscription
    self.session = session
    self.limits = limits
    isAtomic = session.sink.isAtomic
    self.encoder = encoder
    filling = Filling(batch: session.sink.makeBatch())
    spare = session.sink.makeBatch()
    unfinished = session.state.unfinished?.lsn
  }

  /// Runs until the subscription has no more, and all of it is durable.
  mutating func run() async throws {
    do {
      try await takeAll()
    } catch {
      waiting?.cancel()
      await waiting?.value
      // A failed write has stopped the subscription, which fails for that reason then.
      try await finishWriting()
      throw error
    }
    try await handOver(isInside: false)
    try await finishWriting()
  }

  private mutating func takeAll() async throws {
    let items = subscription.items.makeAsyncIterator()
    while let item = try await next(items) {
      switch item {
      case .transaction(let transaction): try await take(transaction)
      case .rangeBegins(let chunk): try await take(chunk)
      case .tableIsWhole(let table): try await take(table)
      @unknown default: throw ReplicationError.invalidParameter("an item of an unknown kind")
      }
    }
  }

  /// The next item; before waiting for one, what is in the batch is handed over.
  private mutating func next(
    _ items: SubscriptionItems.AsyncIterator
  ) async throws -> SubscriptionItem? {
    while true {
      if waiting == nil, let item = try items.nextIfReady() { return item }
      if writing == nil {
        if !filling.isEmpty { try await handOver(isInside: false) }
        if writing == nil, waiting == nil { return try await items.next() }
      }
      if waiting == nil {
        waiting = Task { [events, subscription] in
          do {
            let items = subscription.items.makeAsyncIterator()
            events.arrived(.success(try await items.next()))
          } catch {
            events.arrived(.failure(error))
          }
        }
      }
      if let item = events.takeItem() {
        waiting = nil
        return try item.get()
      }
      if events.takeWritten(), writing != nil {
        try await finishWriting()
        continue
      }
      await waitForEvents()
    }
  }

  /// Waits for the next item or the end of writing; both end soon if the task is cancelled.
  private func waitForEvents() async {
    await withTaskCancellationHandler {
      await events.wait()
    } onCancel: { [waiting] in
      waiting?.cancel()
    }
    // The events of a cancelled task are over at once; what is waited for ends soon.
    if Task.isCancelled { await waiting?.value }
  }

  /// Has the engine know which tables are read, before it gets a part of a transaction.
  ///
  /// Which changes of that are delivered depends on it.
  private mutating func saveEntries() async throws {
    let latest = subscription.snapshotEntries
    guard latest != entries else { return }
    entries = latest
    try await handOver(isInside: false)
    try await finishWriting()
    await subscription.saveSnapshotEntries()
  }

  private mutating func take(_ transaction: ReplicationTransaction) async throws {
    try await saveEntries()
    if !isAtomic, filling.hasRange { try await handOver(isInside: false) }
    try await encoder.begin(transaction, to: filling.batch)
    for try await change in transaction.changes {
      try await encoder.append(change, of: transaction, to: filling.batch)
      if filling.batch.byteCount >= limits.bytes { try await handOver(isInside: true) }
    }
    try await encoder.end(transaction, to: filling.batch)
    filling.acknowledgements.append(transaction.acknowledgement)
    filling.checkpoint = { () throws(ReplicationError) in try transaction.checkpoint() }
    if filling.batch.byteCount >= limits.bytes
      || filling.acknowledgements.count >= Self.mostTransactions
    {
      try await handOver(isInside: false)
    }
    if let unfinished, transaction.commitLSN >= unfinished {
      try await handOver(isInside: false)
      try await finishWriting()
      self.unfinished = nil
      subscription.releaseSnapshots()
      for table in wholeTables { try await take(table) }
      wholeTables = []
    }
  }

  /// Among the records of a commit that the engine has a part of, it would pass for one of them.
  private mutating func take(_ table: WholeTable) async throws {
    if unfinished != nil {
      wholeTables.append(table)
    } else {
      try await encoder.append(table, to: filling.batch)
    }
  }

  private mutating func take(_ chunk: SnapshotChunk) async throws {
    if !isAtomic { try await handOver(isInside: false) }
    // Also if a part of it is handed over: the rest, or its end, is in what is filled then.
    defer { filling.hasRange = true }
    do {
      try await write(chunk)
    } catch ReplicationError.chunkInterrupted {
      return try await encoder.withdraw(chunk, to: filling.batch)
    }
    filling.acknowledgements.append(chunk.acknowledgement)
    filling.checkpoint = { () throws(ReplicationError) in try chunk.checkpoint() }
  }

  private mutating func write(_ chunk: SnapshotChunk) async throws {
    try await encoder.begin(chunk, to: filling.batch)
    for try await rows in chunk.batches {
      try await encoder.append(rows, to: filling.batch)
      if filling.batch.byteCount >= limits.bytes { try await handOver(isInside: true) }
    }
    try await encoder.end(chunk, to: filling.batch)
  }

  /// Has the batch written, once the one before is.
  private mutating func handOver(isInside: Bool) async throws {
    try await finishWriting()
    guard !filling.isEmpty else { return }
    let full = filling
    let progress = SinkProgress(
      checkpoint: try full.checkpoint?(), isInsideTransaction: isInside)
    filling = Filling(batch: spare)
    spare = full.batch
    let (session, subscription, events) = (session, subscription, events)
    _ = events.takeWritten()
    writing = Task {
      defer { events.written() }
      do {
        if !full.batch.isEmpty {
          try await session.write(full.batch, progress)
        } else if full.hasRange, let checkpoint = progress.checkpoint {
          // The transactions that follow depend on it, even if a range brought no records.
          try await session.save(checkpoint)
        }
      } catch {
        // A consumer that waits for the next item would not notice.
        subscription.stop()
        throw error
      }
      for acknowledgement in full.acknowledgements { acknowledgement.acknowledge() }
    }
  }

  /// Waits until the batch that was handed over is durable.
  private mutating func finishWriting() async throws {
    guard let writing else { return }
    self.writing = nil
    try await writing.value
    spare.removeAll()
  }
}

extension SinkPump.Filling {
  /// Whether there is nothing to write or to acknowledge.
  fileprivate var isEmpty: Bool { batch.isEmpty && acknowledgements.isEmpty }
}
