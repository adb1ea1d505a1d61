internal import PGWire

/// Deals transactions out into batches.
final class Batcher: Sendable {
  private struct State: Sendable {
    /// The batch that is being walked.
    ///
    /// It keeps what is to be acknowledged, so that one that is let go of is noticed.
    weak var batch: TransactionBatch?
    var number = 0
    var isOpen = false
    var rows = 0
    var bytes = 0
    var deadline: ContinuousClock.Instant?
    /// A transaction whose changes are being taken.
    var current: Transaction?
    /// One that was taken already, for the batch that follows.
    var waiting: Transaction?
  }

  private let source: TransactionSource
  private let limits: BatchLimits
  private let state = Lock(State())

  init(_ source: TransactionSource, _ limits: BatchLimits) {
    self.source = source
    self.limits = limits
  }

  func nextBatch() async throws(ReplicationError) -> TransactionBatch? {
    // What is left of the batch before is its own all the same.
    while state.withLock({ $0.isOpen }), try await nextItem() != nil {}
    if state.withLock({ $0.waiting == nil && $0.current == nil }) {
      guard let first = try await source.nextTransaction() else { return nil }
      state.withLock { $0.waiting = first }
    }
    return state.withLock { state in
      state.number += 1
      state.isOpen = true
      state.rows = 0
      state.bytes = 0
      state.deadline = .now + limits.time
      if let current = state.current {
        // The rest of a transaction that was cut.
        state.waiting = current
        state.current = nil
      }
      let batch = TransactionBatch(self, number: state.number)
      state.batch = batch
      return batch
    }
  }

  func nextItem(
    of batch: TransactionBatch
  ) async throws(ReplicationError) -> TransactionBatch.Item? {
    guard state.withLock({ $0.number == batch.number && $0.isOpen }) else { return nil }
    return try await nextItem()
  }

  private func nextItem() async throws(ReplicationError) -> TransactionBatch.Item? {
    if let current = state.withLock({ $0.current }) { return try await nextChange(of: current) }
    if let waiting = state.withLock({ $0.waiting }) { return begin(waiting) }
    guard let next = try await nextInTime() else {
      state.withLock { $0.isOpen = false }
      return nil
    }
    return begin(next)
  }

  private func begin(_ transaction: Transaction) -> TransactionBatch.Item {
    state.withLock { state in
      state.waiting = nil
      state.current = transaction
    }
    return .begin(transaction)
  }

  private func nextChange(
    of transaction: Transaction
  ) async throws(ReplicationError) -> TransactionBatch.Item? {
    if limits.splitsTransactions, state.withLock({ isFull($0) }) {
      state.withLock { $0.isOpen = false }
      return nil
    }
    let change: Change?
    do throws(ReplicationError) {
      change = try await source.nextChange(of: transaction)
    } catch {
      // It comes again, in the batch that follows.
      if case .interrupted = error {
        state.withLock { state in
          state.current = nil
          state.isOpen = false
        }
      }
      throw error
    }
    guard let change else {
      let batch = state.withLock { state in
        state.current = nil
        if isFull(state) { state.isOpen = false }
        return state.batch
      }
      batch?.add(transaction.acknowledgement)
      return .end(transaction)
    }
    if let row = change.row {
      state.withLock { state in
        state.rows += 1
        state.bytes += row.payload.count
      }
    }
    return .change(change)
  }

  private func isFull(_ state: State) -> Bool {
    state.rows >= limits.rows || state.bytes >= limits.bytes
  }

  /// The next transaction, unless the batch's time is up before.
  private func nextInTime() async throws(ReplicationError) -> Transaction? {
    guard let deadline = state.withLock({ $0.deadline }) else { return nil }
    return try await source.nextTransaction(before: deadline)
  }
}
