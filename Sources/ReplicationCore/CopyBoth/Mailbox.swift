internal import Synchronization

/// Hands batches from the stream's thread to the one consumer, in order.
///
/// The consumer takes all that is there at once, so that it comes here once for many events.
final class Mailbox: Sendable {
  enum Delivery: Sendable {
    case batches([Batch])
    /// Nothing comes any more.
    case ended(StreamEnd)
    /// The waiting task was cancelled. Nothing was taken.
    case cancelled
  }

  private struct State {
    var batches: [Batch] = []
    var end: StreamEnd?
    var waiter: CheckedContinuation<Delivery, Never>?
    var waiterIsCancelled = false
  }

  private let state = Mutex(State())
  private let waiting = Atomic<Bool>(false)
  private let consumerWaits: @Sendable () -> Void

  /// - Parameter consumerWaits: Called when the consumer begins to wait, on its thread.
  init(consumerWaits: @escaping @Sendable () -> Void) {
    self.consumerWaits = consumerWaits
  }

  /// Whether the consumer has used up everything and waits.
  var isConsumerWaiting: Bool { waiting.load(ordering: .acquiring) }

  /// Adds a batch.
  func put(_ batch: Batch) {
    let waiter = state.withLock { state -> CheckedContinuation<Delivery, Never>? in
      guard state.end == nil else { return nil }
      guard let waiter = state.waiter else {
        state.batches.append(batch)
        return nil
      }
      state.waiter = nil
      waiting.store(false, ordering: .releasing)
      return waiter
    }
    waiter?.resume(returning: .batches([batch]))
  }

  /// Nothing comes after what is there.
  func finish(_ end: StreamEnd) {
    let waiter = state.withLock { state -> CheckedContinuation<Delivery, Never>? in
      guard state.end == nil else { return nil }
      state.end = end
      defer { state.waiter = nil }
      waiting.store(false, ordering: .releasing)
      return state.waiter
    }
    waiter?.resume(returning: .ended(end))
  }

  /// Drops what nobody has taken, and what would still come.
  func discard() {
    state.withLock { $0.batches = [] }
  }

  /// What is there, or else what comes next.
  func take() async -> Delivery {
    if let delivery = takeWhatIsThere() { return delivery }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let delivery = state.withLock { state -> Delivery? in
          if state.waiterIsCancelled {
            state.waiterIsCancelled = false
            return .cancelled
          }
          if let delivery = Self.take(from: &state) { return delivery }
          state.waiter = continuation
          waiting.store(true, ordering: .releasing)
          return nil
        }
        if let delivery { continuation.resume(returning: delivery) } else { consumerWaits() }
      }
    } onCancel: {
      cancelWaiter()
    }
  }

  /// The batches that are there; `nil` if none are.
  func takeBatches() -> [Batch]? {
    state.withLock { state in
      guard !state.batches.isEmpty else { return nil }
      defer { state.batches = [] }
      return state.batches
    }
  }

  /// How the stream ended, once it has.
  var end: StreamEnd? { state.withLock { $0.end } }

  private func takeWhatIsThere() -> Delivery? {
    state.withLock { state in
      state.waiterIsCancelled = false
      return Self.take(from: &state)
    }
  }

  private static func take(from state: inout State) -> Delivery? {
    if !state.batches.isEmpty {
      defer { state.batches.removeAll(keepingCapacity: false) }
      return .batches(state.batches)
    }
    return state.end.map(Delivery.ended)
  }

  private func cancelWaiter() {
    let waiter = state.withLock { state -> CheckedContinuation<Delivery, Never>? in
      guard let waiter = state.waiter else {
        // Cancelled before the wait began.
        state.waiterIsCancelled = true
        return nil
      }
      state.waiter = nil
      waiting.store(false, ordering: .releasing)
      return waiter
    }
    waiter?.resume(returning: .cancelled)
  }
}
