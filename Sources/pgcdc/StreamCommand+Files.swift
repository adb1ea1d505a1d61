internal import ChangeFormats
internal import ChangeSinks
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

/// `--output FILE`.
extension StreamCommand {
  /// Streams into files.
  func runIntoFiles(_ options: FileSinkOptions) async throws {
    switch format {
    case .debezium:
      let kind = snapshot.kind == .initial ? DebeziumFormat.Options.Snapshot.initial : .incremental
      let format = try debeziumFormat(kind)
      let describes = filter.plan.changesColumns || !debezium.noCatalog
      try await run(
        into: FileSink(
          options, describesTables: describes, compressor: files.compressor, format: format))
    default:
      let format = JSONLineFormat(options: try lineOptions())
      try await run(
        into: FileSink(
          options, describesTables: filter.plan.changesColumns, compressor: files.compressor,
          format: format))
    }
  }

  private func run<Format: ChangeFormat>(into sink: FileSink<Format>) async throws {
    let client = try arguments.client { params in
      adjust(&params)
      if snapshot.kind == .incremental { params.createsSlot = true }
    }
    // What is wrong with the files is reported before anything is created, and not waited for.
    let checkpoint = try await sink.open(slot: client.params.slot).checkpoint
    await sink.close()
    let isContinued = checkpoint?.incremental?.tables.contains { $0.wholeFrom == nil } ?? false
    let bounded = try await arguments.bounded(client)
    // Another client streams, and the role may have just one connection.
    client.closeControl()
    if snapshot.kind == .incremental, bounded.params.stopAt != nil {
      // First all tables, however far the stream gets; then the rest, up to the position.
      var unbounded = bounded.params
      unbounded.stopAt = nil
      try await run(unbounded, into: sink, isContinued: isContinued, endsWhenComplete: true)
      if Task.isCancelled { return }
    }
    try await run(bounded.params, into: sink, isContinued: isContinued, endsWhenComplete: false)
  }

  /// - Parameters:
  ///   - isContinued: Whether a part of a table was read before.
  ///   - endsWhenComplete: Whether to end once every table is whole.
  private func run<Format: ChangeFormat>(
    _ params: ReplicationParams, into sink: FileSink<Format>, isContinued: Bool,
    endsWhenComplete: Bool
  ) async throws {
    var options = ConnectorOptions()
    options.subscription = transactions.sinkOptions
    switch snapshot.kind {
    case .initial: options.subscription.snapshot = .initial(snapshot.options)
    case .incremental:
      options.subscription.snapshot = .incremental(try snapshot.incrementalOptions())
    case nil: break
    }
    let connector = Connector(params, into: sink, options: options)
    let (progress, readsTables) = (progress, snapshot.kind != nil)
    let watch = Task {
      guard progress || readsTables else { return }
      await ConnectorWatch.run(connector) { subscription in
        await Self.show(
          subscription, progress: progress, readsTables: readsTables, isContinued: isContinued,
          endsWhenComplete: endsWhenComplete)
      }
    }
    let work = Task { try await connector.run() }
    let result = await withTaskCancellationHandler {
      await work.result
    } onCancel: {
      connector.stop()
    }
    watch.cancel()
    await watch.value
    try result.get()
  }

  /// Shows how a subscription is doing, until the task is cancelled.
  private static func show(
    _ subscription: Subscription, progress: Bool, readsTables: Bool, isContinued: Bool,
    endsWhenComplete: Bool
  ) async {
    await withTaskGroup(of: Void.self) { group in
      if progress { group.addTask { await StreamWatch(subscription).run() } }
      if readsTables {
        group.addTask {
          await SnapshotWatch.run(
            subscription, isContinued: isContinued, stopsWhenComplete: endsWhenComplete,
            isShown: !progress)
        }
      }
    }
  }
}
