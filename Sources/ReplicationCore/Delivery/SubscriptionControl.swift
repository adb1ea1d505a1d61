internal import PGWire
internal import Synchronization

/// Requests of other tasks than the consumer's to a subscription, and the state that they read.
final class SubscriptionControl: Sendable {
  private struct State: Sendable {
    var cancelWaiter: (@Sendable () -> Void)?
    var wakeWaiter: (@Sendable () -> Void)?
    var stream: Duplex?
    var reconnects = 0
    var kept = KeptTransactions()
  }

  private let state = Lock(State())
  private let stopped = Atomic<Bool>(false)
  private let failed = Atomic<Bool>(false)
  private let woken = Atomic<Bool>(false)

  /// Whether no further transaction is to be taken.
  var isStopped: Bool { stopped.load(ordering: .acquiring) }
  /// Whether a failure has ended the subscription.
  var isFailed: Bool { failed.load(ordering: .acquiring) }

  /// How often a stream was reopened.
  var reconnects: Int { state.withLock { $0.reconnects } }

  /// The stream that is open, if one is.
  var stream: Duplex? {
    get { state.withLock { $0.stream } }
    set { state.withLock { $0.stream = newValue } }
  }

  /// What is kept of transactions in progress.
  var kept: KeptTransactions {
    get { state.withLock { $0.kept } }
    set { state.withLock { $0.kept = newValue } }
  }

  func noteReconnect() {
    state.withLock { $0.reconnects += 1 }
  }

  /// No further transaction is to be taken.
  func stop() {
    stopped.store(true, ordering: .releasing)
    state.withLock { $0.cancelWaiter }?()
  }

  /// A failure ends the subscription: from now on, every wait that a stop would end ends at once.
  func fail() {
    failed.store(true, ordering: .releasing)
    state.withLock { $0.cancelWaiter }?()
  }

  /// Something has happened outside of the stream that the consumer's task must check.
  func wake() {
    woken.store(true, ordering: .releasing)
    state.withLock { $0.wakeWaiter }?()
  }

  /// Whether there is something to check; it then counts as checked.
  func takeWake() -> Bool {
    isWoken && woken.exchange(false, ordering: .acquiringAndReleasing)
  }

  /// Whether there is something to check.
  var isWoken: Bool { woken.load(ordering: .relaxed) }

  /// Waits for an operation that can be cancelled without a loss.
  ///
  /// - Parameters:
  ///   - endsOnStop: Also give up when the subscription is stopped.
  ///   - endsOnWake: Also give up when there is something to check outside of the stream.
  ///   - deadline: When to give up.
  func wait<Value: Sendable>(
    endsOnStop: Bool, endsOnWake: Bool = false, until deadline: ContinuousClock.Instant? = nil,
    _ operation: @escaping @Sendable () async throws(ReplicationError) -> Value
  ) async throws(ReplicationError) -> Value {
    let task = Task { () -> Result<Value, ReplicationError> in
      do throws(ReplicationError) {
        return .success(try await operation())
      } catch {
        return .failure(error)
      }
    }
    if endsOnStop {
      // A stop either finds this, or was set before the check below.
      state.withLock { $0.cancelWaiter = { task.cancel() } }
      if isStopped || isFailed { task.cancel() }
    }
    if endsOnWake {
      state.withLock { $0.wakeWaiter = { task.cancel() } }
      if isWoken { task.cancel() }
    }
    let timer = deadline.map { deadline in
      Task {
        try? await Task.sleep(until: deadline, clock: .continuous)
        task.cancel()
      }
    }
    defer {
      timer?.cancel()
      state.withLock { state in
        state.cancelWaiter = nil
        state.wakeWaiter = nil
      }
    }
    return try await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }.get()
  }

  /// Waits for some time, or until it is stopped, which the caller then checks.
  func pause(
    _ time: Duration, until deadline: ContinuousClock.Instant?
  ) async throws(ReplicationError) {
    do throws(ReplicationError) {
      try await wait(endsOnStop: true, until: deadline) { () throws(ReplicationError) in
        do { try await Task.sleep(for: time) } catch { throw .cancelled }
      }
    } catch .cancelled where !Task.isCancelled && isStopped {
      // The caller checks for the stop.
    }
  }
}
