internal import Logging
internal import PGWire
public import ReplicationCore

/// Keeps a sink's engine up to date with a publication: from the first row to the change of now.
///
///     var options = ConnectorOptions()
///     options.subscription.snapshot = .initial()
///     try await Connector(params, into: sink, options: options).run()
///
/// Whatever fails on the engine's side, it opens the sink again, asks how far the engine is, and
/// continues there; so does the next process after a crash of this one. While somebody else
/// holds the slot it stands by.
public final class Connector<Sink: ChangeSink>: Sendable {
  private struct State {
    var isStopped = false
    var subscription: Subscription?
    /// What it waits for between two attempts, or before the first one.
    var waiting: Task<Void, any Error>?
    var restarts = 0
    var lastFailure: (any Error)?
  }

  /// What is replicated.
  public let params: ReplicationParams
  /// Where to.
  public let sink: Sink
  private let options: ConnectorOptions
  private let state = Lock(State())

  /// Checks nothing and opens nothing yet.
  ///
  /// - Parameter params: What to replicate; a slot that doesn't exist is made if
  ///   ``/ReplicationCore/ReplicationParams/createsSlot`` says so.
  public init(
    _ params: ReplicationParams, into sink: Sink, options: ConnectorOptions = ConnectorOptions()
  ) {
    self.params = params
    self.sink = sink
    self.options = options
  }

  /// Runs until it is stopped, or fails for good.
  ///
  /// When it ends, everything that the engine has is acknowledged, the stream is closed, and the
  /// sink too.
  ///
  /// - Throws: ``SinkError`` or ``/ReplicationCore/ReplicationError`` that another attempt can't
  ///   mend, or the last one when the time for attempts is over;
  ///   ``/ChangeFormats/FormatError``; `CancellationError`. After ``stop()`` it returns.
  public func run() async throws {
    do {
      try await runToTheEnd()
    } catch {
      await sink.close()
      throw error
    }
    await sink.close()
  }

  private func runToTheEnd() async throws {
    var attempts = SinkAttempts(options.retry)
    while !state.withLock({ $0.isStopped }) {
      guard let error = await failure(noting: { attempts.hasOpened() }) else { return }
      if isCancellation(error) || Task.isCancelled { throw error }
      guard error.sinkCategory != .fatal, let wait = attempts.wait() else { throw error }
      state.withLock { state in
        state.restarts += 1
        state.lastFailure = error
      }
      params.logger.warning(
        "a sink has failed, and is opened again",
        metadata: ["slot": "\(params.slot)", "error": "\(error)", "wait": "\(wait)"])
      await sink.close()
      await pause(wait)
    }
  }

  /// Runs once.
  ///
  /// - Returns: Why it has ended; `nil` if it was stopped, or there is no more.
  private func failure(noting opened: () -> Void) async -> (any Error)? {
    do {
      guard try await waitForTurn() else { return nil }
      try await options.beforeOpening()
      let session = try await SinkSession(opening: sink, slot: params.slot)
      opened()
      let subscription = try Subscription(
        params, checkpoints: session, options: session.options(options.subscription))
      let isStopped = state.withLock { state in
        state.subscription = subscription
        return state.isStopped
      }
      defer { state.withLock { $0.subscription = nil } }
      if isStopped { subscription.stop() }
      try await subscription.run(into: session, limits: options.limits)
      return nil
    } catch {
      return error
    }
  }

  /// Waits until nobody holds the slot.
  ///
  /// - Returns: False if it was stopped before.
  private func waitForTurn() async throws -> Bool {
    let turn = SlotTurn(params: params)
    do {
      try await waitUnlessStopped { try await turn.wait() }
    } catch {
      guard isCancellation(error), !Task.isCancelled, state.withLock({ $0.isStopped }) else {
        throw error
      }
    }
    return state.withLock { !$0.isStopped }
  }

  private func pause(_ time: Duration) async {
    _ = try? await waitUnlessStopped { try await Task.sleep(for: time) }
  }

  /// Waits for something that ``stop()`` cancels.
  private func waitUnlessStopped(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let task = Task { try await body() }
    let isStopped = state.withLock { state in
      state.waiting = task
      return state.isStopped
    }
    if isStopped { task.cancel() }
    try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// Takes no further transaction: what has been taken is written, and ``run()`` returns.
  public func stop() {
    let (subscription, waiting) = state.withLock { state in
      state.isStopped = true
      return (state.subscription, state.waiting)
    }
    subscription?.stop()
    waiting?.cancel()
  }

  /// The subscription that is open now; `nil` while none is.
  public var subscription: Subscription? { state.withLock { $0.subscription } }

  /// How it is doing.
  public var statistics: ConnectorStatistics {
    let (subscription, restarts, failure) = state.withLock { state in
      (state.subscription, state.restarts, state.lastFailure)
    }
    return ConnectorStatistics(
      subscription: subscription?.statistics, restarts: restarts, lastFailure: failure)
  }
}
