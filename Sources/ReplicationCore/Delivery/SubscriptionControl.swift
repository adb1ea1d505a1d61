internal import PGWire

/// What other tasks than the consumer's have to say to a subscription.
final class SubscriptionControl: Sendable {
  private struct State: Sendable {
    var isStopped = false
    /// Whether waits are given up from now on.
    var isFailed = false
    var cancelWaiter: (@Sendable () -> Void)?
    var stream: Duplex?
    var reconnects = 0
    var kept = KeptTransactions()
  }

  private let state = Lock(State())

  var isStopped: Bool { state.withLock { $0.isStopped } }
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
    state.withLock { state in
      state.isStopped = true
      return state.cancelWaiter
    }?()
  }

  /// Something has failed that ends the subscription: from now on no wait that respects a stop
  /// lasts.
  func fail() {
    state.withLock { state in
      state.isFailed = true
      return state.cancelWaiter
    }?()
  }

  /// Waits for something that a cancelled task gives up without a loss.
  ///
  /// - Parameters:
  ///   - heedsStop: Give up when it is stopped, too.
  ///   - deadline: Give up then.
  func wait<Value: Sendable>(
    heedsStop: Bool, until deadline: ContinuousClock.Instant? = nil,
    _ operation: @escaping @Sendable () async throws(ReplicationError) -> Value
  ) async throws(ReplicationError) -> Value {
    let task = Task { () -> Result<Value, ReplicationError> in
      do throws(ReplicationError) {
        return .success(try await operation())
      } catch {
        return .failure(error)
      }
    }
    let isTooLate = state.withLock { state in
      if heedsStop { state.cancelWaiter = { task.cancel() } }
      return heedsStop && (state.isStopped || state.isFailed)
    }
    if isTooLate { task.cancel() }
    let timer = deadline.map { deadline in
      Task {
        try? await Task.sleep(until: deadline, clock: .continuous)
        task.cancel()
      }
    }
    defer {
      timer?.cancel()
      state.withLock { $0.cancelWaiter = nil }
    }
    return try await withTaskCancellationHandler {
      await task.value
    } onCancel: {
      task.cancel()
    }.get()
  }
}
