internal import PGOutput
internal import PGWire

/// What is delivered between two transactions.
extension ItemSource {
  /// A table that is whole, a chunk, or the transaction that has waited for one.
  func itemBetween(
    _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) -> SubscriptionItem? {
    if let table = delivery.incremental?.takeWhole() { return .tableIsWhole(table) }
    if let id = delivery.incremental?.machine.chunkToPlace(),
      let chunk = beginChunk(id, &delivery)
    {
      return .rangeBegins(chunk)
    }
    guard let waiting = delivery.waiting else { return nil }
    if !waiting.isScanned {
      try await scan(waiting.step, &delivery)
      delivery.waiting?.isScanned = true
      attend(&delivery)
    }
    switch delivery.incremental?.admission() {
    case .proceed, nil:
      delivery.waiting = nil
      delivery.incremental?.drive()
      return open(waiting.step, &delivery).map { .transaction($0) }
    case .deliverChunk(let id): return beginChunk(id, &delivery).map { .rangeBegins($0) }
    case .waitForFlush, .waitForSnapshot, .waitForAnySnapshot:
      delivery.incremental?.drive()
      return nil
    }
  }

  /// Looks at all changes of a transaction before any of them is delivered.
  private func scan(
    _ step: TransactionStep, _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) {
    guard case .whole(_, _, let spool) = step, var incremental = delivery.incremental else {
      return
    }
    var undecided: [UndecidedChange] = []
    /// Tables of which it is taken to touch everything.
    var touched: Set<UInt32> = []
    try await delivery.receiver.source.withChanges(of: spool) { change throws(ReplicationError) in
      undecided += incremental.scan(change).filter { !touched.contains($0.table) }
      guard undecided.count > Self.mostUndecided else { return }
      touched.formUnion(undecided.map(\.table))
      undecided = []
      for table in touched { incremental.scanWhole(table) }
    }
    delivery.incremental = incremental
    // Not more at a time than answers are kept.
    for start in stride(from: 0, to: undecided.count, by: Self.mostQuestions) {
      let some = Array(undecided[start...].prefix(Self.mostQuestions))
      try await locate(some, &delivery)
      for change in some where delivery.incremental?.scan(change.change, of: change.table) != nil {
        // The bounds have changed meanwhile: whatever it touches, it is among all of them.
        delivery.incremental?.scanWhole(change.table)
      }
    }
  }

  /// The most changes that the server is asked about at once.
  private static let mostQuestions = 1000
  /// The most changes of a transaction of which it is found out where they lie before it is
  /// delivered.
  private static let mostUndecided = 16_384

  private func beginChunk(_ id: RangeID, _ delivery: inout ItemDelivery) -> SnapshotChunk? {
    guard let begun = delivery.incremental?.beginChunk(id) else { return nil }
    let item = delivery.receiver.machine.openChunk()
    if !context.options.leavesSlot { context.acknowledgements.openChunk(item) }
    let progress = delivery.receiver.machine.progress
    let position = progress.position ?? .zero
    let last = SubscriptionContext.LastTransaction(end: progress.lastEnd, mark: progress.lastMark)
    let chunk = SnapshotChunk(
      of: begun.table, begun.range, at: begun.horizon,
      Acknowledgement(item, begun.horizon, context.acknowledgements), self
    ) { [context] () throws(ReplicationError) in
      try context.checkpoint(at: position, last.end > .zero ? last : nil, item)
    }
    delivery.chunk = ItemDelivery.OpenChunk(
      id: id, item: item, tableName: begun.table.relation.qualifiedName, streamPosition: position,
      chunk: chunk)
    return chunk
  }

  /// The next rows of a chunk; `nil` after the last.
  func nextBatch(of chunk: SnapshotChunk) async throws(ReplicationError) -> SnapshotBatch? {
    try await cell.use { (delivery) async throws(ReplicationError) in
      if chunk.isPassedOver { throw .chunkPassed(table: chunk.table.relation.qualifiedName) }
      guard let open = delivery.chunk, open.item == chunk.acknowledgement.id else {
        if chunk.hasAllRows { return nil }
        throw .chunkInterrupted(table: chunk.table.relation.qualifiedName, .cancelled)
      }
      // Other workers are looked after meanwhile.
      if context.control.isWoken { attend(&delivery) }
      return try await nextBatch(of: open, &delivery)
    }
  }

  private func nextBatch(
    of open: ItemDelivery.OpenChunk, _ delivery: inout ItemDelivery
  ) async throws(ReplicationError) -> SnapshotBatch? {
    guard case .reading? = delivery.incremental?.machine.state(of: open.id),
      let readers = delivery.incremental?.readers
    else {
      // The table was asked for again, or is not to be read any more.
      throw breakOff(open, .cancelled, &delivery)
    }
    do throws(ReplicationError) {
      if let batch = try await readers.nextBatch(of: open.id) {
        delivery.incremental?.deliveredRows(of: open.id, batch)
        return batch
      }
    } catch {
      if error.isCancellation, Task.isCancelled { throw .cancelled }
      delivery.incremental?.breakChunk(open.id, error)
      throw breakOff(open, error, &delivery)
    }
    let deltas = delivery.incremental?.endChunk(open.id) ?? []
    noteTransactions(delivery)
    context.acknowledgements.end(open.item, at: open.streamPosition, deltas)
    open.chunk?.end()
    delivery.chunk = nil
    attend(&delivery)
    return nil
  }

  private func breakOff(
    _ open: ItemDelivery.OpenChunk, _ error: ReplicationError, _ delivery: inout ItemDelivery
  ) -> ReplicationError {
    context.acknowledgements.void(open.item)
    delivery.chunk = nil
    delivery.incremental?.drive()
    return .chunkInterrupted(table: open.tableName, error)
  }

  /// Reads what the consumer has not taken of a chunk.
  func dropRest(of delivery: inout ItemDelivery) async throws(ReplicationError) {
    while let open = delivery.chunk {
      open.chunk?.passOver()
      do throws(ReplicationError) {
        while try await nextBatch(of: open, &delivery) != nil {}
      } catch .chunkInterrupted {
        return
      }
    }
  }
}
