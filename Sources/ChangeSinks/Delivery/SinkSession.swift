public import ReplicationCore
internal import PGWire

/// A sink that was opened, as the place where a subscription keeps its checkpoint.
///
///     let session = try await SinkSession(opening: sink, slot: params.slot)
///     let subscription = try Subscription(
///       params, checkpoints: session, options: session.options())
///     try await subscription.run(into: session)
///
/// It serves one subscription. ``Connector`` does all this again whenever something fails.
public final class SinkSession<Sink: ChangeSink>: CheckpointStore {
  /// The sink.
  public let sink: Sink
  /// What the engine had when it was opened.
  public let state: SinkState
  private let line = OneAtATime()
  private let durable: Lock<Checkpoint?>
  private let firstError = Lock<(any Error)?>(nil)

  /// Opens a sink.
  ///
  /// - Parameter slot: The replication slot's name.
  /// - Throws: ``SinkError``, or what else the sink throws.
  public init(opening sink: Sink, slot: String) async throws {
    self.sink = sink
    state = try await sink.open(slot: slot)
    durable = Lock(state.checkpoint)
  }

  /// Options that a subscription needs for a sink: transactions are delivered whole.
  ///
  /// - Parameter options: The rest.
  public func options(
    _ options: SubscriptionOptions = SubscriptionOptions()
  ) -> SubscriptionOptions {
    var options = options
    options.keepsTransactionsWhole = true
    return options
  }

  /// Returns the checkpoint that the engine has by now.
  public func load() async throws -> Checkpoint? { durable.withLock { $0 } }

  /// Stores a checkpoint in the engine, unless a batch has brought it or a later one.
  public func save(_ checkpoint: Checkpoint) async throws {
    if isCovered(checkpoint) { return }
    try await line.run { [self] in
      if isCovered(checkpoint) { return }
      try await noting { try await sink.save(checkpoint) }
      durable.withLock { $0 = checkpoint }
    }
  }

  /// Writes a batch.
  func write(_ batch: Sink.Encoder.Batch, _ progress: SinkProgress) async throws {
    try await line.run { [self] in
      try await noting { try await sink.write(batch, progress) }
      if let checkpoint = progress.checkpoint { durable.withLock { $0 = checkpoint } }
    }
  }

  /// The error of the engine that came first; a subscription reports one of its store as its own.
  var failure: SinkError? { firstError.withLock { $0 as? SinkError } }

  private func noting(_ body: () async throws -> Void) async throws {
    // What the engine has after an error, only the next opening finds out.
    if let error = firstError.withLock({ $0 }) { throw error }
    do {
      try await body()
    } catch {
      firstError.withLock { $0 = $0 ?? error }
      throw error
    }
  }

  private func isCovered(_ checkpoint: Checkpoint) -> Bool {
    durable.withLock { $0?.covers(checkpoint) ?? false }
  }
}
