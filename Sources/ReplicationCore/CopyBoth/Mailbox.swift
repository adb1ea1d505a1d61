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
  private let readAhead: Int
  private let queuedBytes = Atomic<Int>(0)
  private let readerWaits = Atomic<Bool>(false)
  private let wakeReader: @Sendable () -> Void

  /// - Parameters:
  ///   - readAhead: Bytes that are kept ready for the consumer; more would only leave the
  ///     processor's cache before they are used.
  ///   - wakeReader: Called on the consumer's thread for a reader that has stopped, when there is
  ///     room again or nothing is left to consume.
  init(readAhead: Int, wakeReader: @escaping @Sendable () -> Void) {
    self.readAhead = readAhead
    self.wakeReader = wakeReader
  }

  /// Whether more should be read.
  var hasRoom: Bool { queuedBytes.load(ordering: .sequentiallyConsistent) < readAhead }

  /// The reader is about to stop: it is to be woken when there is room, or the consumer waits.
  func readerStops() {
    readerWaits.store(true, ordering: .sequentiallyConsistent)
  }

  private func wakeReaderIfStopped() {
    if readerWaits.exchange(false, ordering: .sequentiallyConsistent) { wakeReader() }
  }

  private func emptied() {
    queuedBytes.store(0, ordering: .sequentiallyConsistent)
    wakeReaderIfStopped()
  }

  /// Whether the consumer has used up everything and waits.
  var isConsumerWaiting: Bool { waiting.load(ordering: .sequentiallyConsistent) }

  /// Adds a batch.
  func put(_ batch: Batch) {
    let waiter = state.withLock { state -> CheckedContinuation<Delivery, Never>? in
      guard state.end == nil else { return nil }
      guard let waiter = state.waiter else {
        state.batches.append(batch)
        queuedBytes.add(batch.range.count, ordering: .relaxed)
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
    emptied()
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
          if let delivery = take(from: &state) { return delivery }
          state.waiter = continuation
          waiting.store(true, ordering: .sequentiallyConsistent)
          return nil
        }
        if let delivery { continuation.resume(returning: delivery) } else { wakeReaderIfStopped() }
      }
    } onCancel: {
      cancelWaiter()
    }
  }

  /// The batches that are there; `nil` if none are.
  func takeBatches() -> [Batch]? {
    state.withLock { state in
      guard case .batches(let batches) = take(from: &state) else { return nil }
      return batches
    }
  }

  /// How the stream ended, once it has.
  var end: StreamEnd? { state.withLock { $0.end } }

  private func takeWhatIsThere() -> Delivery? {
    state.withLock { state in
      state.waiterIsCancelled = false
      return take(from: &state)
    }
  }

  private func take(from state: inout State) -> Delivery? {
    guard !state.batches.isEmpty else { return state.end.map(Delivery.ended) }
    let batches = state.batches
    state.batches = []
    emptied()
    return .batches(batches)
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
