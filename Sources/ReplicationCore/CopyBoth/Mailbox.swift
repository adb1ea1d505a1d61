internal import PGWire
internal import Synchronization

/// Hands batches from the stream's thread to the one consumer, in order.
///
/// The consumer takes all available batches at once, so it comes here only once for many events.
final class Mailbox: Sendable {
  enum Delivery: Sendable {
    case batches([Batch])
    /// No more batches follow.
    case ended(StreamEnd)
    /// The waiting task was cancelled. Nothing was taken.
    case cancelled
  }

  /// Why a wait is over.
  private enum Wakeup: Sendable {
    /// A batch is available.
    case ready
    case cancelled
  }

  private struct State {
    var batches: [Batch] = []
    var end: StreamEnd?
    var waiter: CheckedContinuation<Wakeup, Never>?
    var waiterIsCancelled = false
  }

  private let state = Lock(State())
  /// Whether a task waits in ``take()``.
  private let waiting = Atomic<Bool>(false)
  /// Whether the consumer found nothing when it last came.
  private let starved = Atomic<Bool>(false)
  private let readAhead: Int
  /// Bytes of the batches that were put and not opened.
  private let unopenedBytes = Atomic<Int>(0)
  /// How many batches the consumer has opened.
  private let openedBatches = Atomic<UInt64>(0)
  private let readerWaits = Atomic<Bool>(false)
  private let wakeReader: @Sendable () -> Void

  /// - Parameters:
  ///   - readAhead: Bytes that are kept ready for the consumer; more would only leave the
  ///     processor's cache before they are used.
  ///   - wakeReader: Called on the consumer's thread for a reader that has stopped, when half of
  ///     that is free again or nothing is left to consume.
  init(readAhead: Int, wakeReader: @escaping @Sendable () -> Void) {
    self.readAhead = readAhead
    self.wakeReader = wakeReader
  }

  /// How the stream ended, once it has.
  var end: StreamEnd? { state.withLock { $0.end } }
}

// MARK: - The stream's thread

extension Mailbox {
  /// Whether more should be read.
  var hasRoom: Bool { unopenedBytes.load(ordering: .sequentiallyConsistent) < readAhead }

  /// Whether the consumer waits or has looked for more, and nothing is available.
  var isConsumerStarved: Bool {
    starved.load(ordering: .sequentiallyConsistent)
      && unopenedBytes.load(ordering: .sequentiallyConsistent) == 0
  }

  /// How many batches the consumer has opened so far.
  var progress: UInt64 { openedBatches.load(ordering: .relaxed) }

  /// The reader is about to stop: it is to be woken when there is room, or the consumer waits.
  func readerStops() {
    readerWaits.store(true, ordering: .sequentiallyConsistent)
  }

  /// Adds a batch.
  ///
  /// - Parameter more: Whether the reader continues at once. A waiting consumer is then left asleep
  ///   until there is no more room, or ``wakeConsumer()`` is called: waking it for every batch
  ///   would cost more than the batch.
  func put(_ batch: Batch, more: Bool) {
    let waiter = state.withLock { state -> CheckedContinuation<Wakeup, Never>? in
      guard state.end == nil else { return nil }
      state.batches.append(batch)
      unopenedBytes.add(batch.range.count, ordering: .sequentiallyConsistent)
      return more && hasRoom ? nil : takeWaiter(from: &state)
    }
    waiter?.resume(returning: .ready)
  }

  /// The reader is about to sleep: no batch may stay unnoticed.
  func wakeConsumer() {
    guard waiting.load(ordering: .sequentiallyConsistent) else { return }
    let waiter = state.withLock { state in
      state.batches.isEmpty ? nil : takeWaiter(from: &state)
    }
    waiter?.resume(returning: .ready)
  }

  /// No batches follow after the available ones.
  func finish(_ end: StreamEnd) {
    let waiter = state.withLock { state -> CheckedContinuation<Wakeup, Never>? in
      guard state.end == nil else { return nil }
      state.end = end
      return takeWaiter(from: &state)
    }
    waiter?.resume(returning: .ready)
  }

  /// Drops the batches that were not taken.
  func discard() {
    let dropped = state.withLock { state in
      defer { state.batches = [] }
      return state.batches.reduce(0) { $0 + $1.range.count }
    }
    opened(dropped)
  }

  private func takeWaiter(from state: inout State) -> CheckedContinuation<Wakeup, Never>? {
    guard let waiter = state.waiter else { return nil }
    state.waiter = nil
    waiting.store(false, ordering: .releasing)
    starved.store(false, ordering: .relaxed)
    return waiter
  }
}

// MARK: - The consumer

extension Mailbox {
  /// The available batches, or else the next ones.
  func take() async -> Delivery {
    while true {
      if let delivery = takeWhatIsThere() { return delivery }
      if await wait() == .cancelled { return .cancelled }
    }
  }

  /// The available batches; `nil` if there are none.
  func takeBatches() -> [Batch]? {
    state.withLock { state in
      guard case .batches(let batches) = take(from: &state) else {
        becomeStarved()
        return nil
      }
      return batches
    }
  }

  /// The consumer has opened a batch of this number of bytes: there is room for as many.
  ///
  /// A stopped reader is not woken for every batch, but only once half of the read-ahead is free.
  func opened(_ count: Int) {
    openedBatches.add(1, ordering: .relaxed)
    let left = unopenedBytes.subtract(count, ordering: .sequentiallyConsistent).newValue
    if left <= readAhead / 2 { wakeReaderIfStopped() }
  }

  /// Waits until a batch is available.
  private func wait() async -> Wakeup {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let wakeup = state.withLock { state -> Wakeup? in
          if state.waiterIsCancelled { return .cancelled }
          if !state.batches.isEmpty || state.end != nil { return .ready }
          state.waiter = continuation
          waiting.store(true, ordering: .sequentiallyConsistent)
          return nil
        }
        if let wakeup { continuation.resume(returning: wakeup) } else { becomeStarved() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        // It may be cancelled before the wait has begun.
        state.waiterIsCancelled = state.waiter == nil
        return takeWaiter(from: &state)
      }
      waiter?.resume(returning: .cancelled)
    }
  }

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
    starved.store(false, ordering: .relaxed)
    return .batches(batches)
  }

  /// A stopped reader must continue now, above the budget if necessary: the consumer releases no
  /// memory before it has got more.
  private func becomeStarved() {
    starved.store(true, ordering: .sequentiallyConsistent)
    wakeReaderIfStopped()
  }

  private func wakeReaderIfStopped() {
    if readerWaits.exchange(false, ordering: .sequentiallyConsistent) { wakeReader() }
  }
}
