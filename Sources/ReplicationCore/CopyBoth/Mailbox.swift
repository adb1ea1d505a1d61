internal import PGWire
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

  /// Why a wait is over.
  private enum Wakeup: Sendable {
    /// There is something to take.
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
  /// How many batches the consumer has come to.
  private let openedBatches = Atomic<UInt64>(0)
  private let readerWaits = Atomic<Bool>(false)
  private let wakeReader: @Sendable () -> Void

  /// - Parameters:
  ///   - readAhead: Bytes that are kept ready for the consumer; more would only leave the
  ///     processor's cache before they are used.
  ///   - wakeReader: Called on the consumer's thread for a reader that has stopped, when half of
  ///     that is room again or nothing is left to consume.
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

  /// Whether the consumer wants more, by a wait or a look, and nothing is there for it.
  var isConsumerStarved: Bool {
    starved.load(ordering: .sequentiallyConsistent)
      && unopenedBytes.load(ordering: .sequentiallyConsistent) == 0
  }

  /// How many batches the consumer has come to so far.
  var progress: UInt64 { openedBatches.load(ordering: .relaxed) }

  /// The reader is about to stop: it is to be woken when there is room, or the consumer waits.
  func readerStops() {
    readerWaits.store(true, ordering: .sequentiallyConsistent)
  }

  /// Adds a batch.
  ///
  /// - Parameter more: Whether the reader goes on at once. A waiting consumer is then left asleep
  ///   until there is no more room, or ``wakeConsumer()`` is called: to wake it for every batch
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

  /// The reader is about to sleep: what was put must not lie there unnoticed.
  func wakeConsumer() {
    guard waiting.load(ordering: .sequentiallyConsistent) else { return }
    let waiter = state.withLock { state in
      state.batches.isEmpty ? nil : takeWaiter(from: &state)
    }
    waiter?.resume(returning: .ready)
  }

  /// Nothing comes after what is there.
  func finish(_ end: StreamEnd) {
    let waiter = state.withLock { state -> CheckedContinuation<Wakeup, Never>? in
      guard state.end == nil else { return nil }
      state.end = end
      return takeWaiter(from: &state)
    }
    waiter?.resume(returning: .ready)
  }

  /// Drops what nobody has taken.
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
  /// What is there, or else what comes next.
  func take() async -> Delivery {
    while true {
      if let delivery = takeWhatIsThere() { return delivery }
      if await wait() == .cancelled { return .cancelled }
    }
  }

  /// The batches that are there; `nil` if none are.
  func takeBatches() -> [Batch]? {
    state.withLock { state in
      guard case .batches(let batches) = take(from: &state) else {
        becomeStarved()
        return nil
      }
      return batches
    }
  }

  /// The consumer has come to a batch of so many bytes: there is room for as many.
  ///
  /// A reader that has stopped is not woken for every batch, but for half of what it may be ahead.
  func opened(_ count: Int) {
    openedBatches.add(1, ordering: .relaxed)
    let left = unopenedBytes.subtract(count, ordering: .sequentiallyConsistent).newValue
    if left <= readAhead / 2 { wakeReaderIfStopped() }
  }

  /// Waits until there is something to take.
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

  /// A reader that has stopped must go on now, if need be above the budget: the consumer lets go
  /// of no memory before it has got more.
  private func becomeStarved() {
    starved.store(true, ordering: .sequentiallyConsistent)
    wakeReaderIfStopped()
  }

  private func wakeReaderIfStopped() {
    if readerWaits.exchange(false, ordering: .sequentiallyConsistent) { wakeReader() }
  }
}
