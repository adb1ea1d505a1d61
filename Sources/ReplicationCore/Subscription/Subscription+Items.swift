extension Subscription {
  /// The transactions, and the rows that snapshots read, in the order in which they are to be
  /// applied.
  ///
  ///     for try await item in subscription.items {
  ///       switch item {
  ///       case .transaction(let transaction):
  ///         for try await change in transaction.changes { … }
  ///         transaction.acknowledge()
  ///       case .rangeBegins(let chunk):
  ///         // Delete what you hold in chunk.range of chunk.table.
  ///         for try await batch in chunk.batches { … }
  ///         chunk.acknowledge()
  ///       case .tableIsWhole(let table): print("\(table.name) is whole")
  ///       @unknown default: break
  ///       }
  ///     }
  ///
  /// At any time every key that was delivered is exactly as in its own history up to there: no
  /// change is missing, none comes twice. From ``WholeTable/position`` on whole transactions are
  /// whole again for the table.
  ///
  /// For one consumer, as ``transactions`` is; a subscription gives one or the other. Transactions
  /// are delivered once all of them has arrived while a table is being read, and as they arrive
  /// otherwise.
  ///
  /// They throw ``ReplicationError/snapshotRefused(_:)`` where tables can't be read, with the
  /// reason: two-phase commit, a server in recovery, publications that leave out operations,
  /// missing rights.
  ///
  /// <doc:TransactionsAndAcknowledgement#Which-way-to-take-when>
  /// compares the ways.
  public var items: SubscriptionItems {
    SubscriptionItems(
      ready: { () throws(ReplicationError) -> SubscriptionItem? in
        try self.initialSource.isOver ? self.itemSource.readyItem() : nil
      },
      next: { () async throws(ReplicationError) -> SubscriptionItem? in
        if let item = try await self.initialSource.nextItem() { return item }
        return try await self.itemSource.nextItem()
      })
  }

  /// Has published tables read while the stream runs, for the first time or again.
  ///
  /// Their rows come among ``items``, for as long as these are iterated. What was asked for is kept
  /// in the checkpoint: after a restart it continues without being asked for again.
  ///
  /// - Parameter names: The tables, as `name` (in any schema) or `schema.name`; `nil` for all.
  /// - Returns: What is known of the reading, and ends it if need be. It need not be kept.
  /// - Throws: ``ReplicationError/snapshotRefused(_:)`` if a table is not published or can't be
  ///   read,
  ///   ``ReplicationError/invalidParameter(_:)`` if the transactions alone are iterated, or what
  ///   looking the tables up has failed with.
  @discardableResult
  public func snapshot(
    of names: [String]? = nil
  ) async throws(ReplicationError) -> IncrementalSnapshot {
    try context.choose(.items)
    guard !params.usesTwoPhase else { throw .snapshotRefused(.twoPhase) }
    let lookups = try context.requests.lookups(context.options.snapshot.incremental)
    let tables = try await lookups.tables(named: names)
    return IncrementalSnapshot(tables.map(\.table), context.requests)
  }

  /// How far the tables are that snapshots read.
  public var snapshotProgress: IncrementalSnapshotProgress { context.requests.progress() }
}
