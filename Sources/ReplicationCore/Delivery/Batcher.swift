internal import PGWire

/// Groups transactions into batches.
final class Batcher: Sendable {
  fileprivate struct State: Sendable {
    let limits: BatchLimits
    /// The batch that is being iterated.
    ///
    /// It holds the acknowledgements, so that a batch that is dropped is noticed.
    weak var batch: TransactionBatch?
    var number = 0
    var isOpen = false
    var rows = 0
    var bytes = 0
    var deadline = ContinuousClock.Instant.now
    /// A transaction whose changes are being taken.
    var current: ReplicationTransaction?
    /// A transaction that was taken already, for the next batch.
    var waiting: ReplicationTransaction?

    var isFull: Bool { rows >= limits.rows || bytes >= limits.bytes }

    /// Whether the batch ends before the next change of the transaction.
    var cutsTransaction: Bool { limits.splitsTransactions && isFull }
  }

  /// Held, so that acknowledgements are saved for as long as there are batches.
  private let subscription: Subscription
  private let state: ExclusiveCell<State>

  init(_ subscription: Subscription, _ limits: BatchLimits) {
    self.subscription = subscription
    state = ExclusiveCell(State(limits: limits))
  }

  private var source: TransactionSource { subscription.source }

  func nextBatch() async throws(ReplicationError) -> TransactionBatch? {
    try await state.use { (state) async throws(ReplicationError) in
      // The rest of the previous batch still belongs to that batch.
      while state.isOpen, try await nextItem(&state) != nil {}
      if state.waiting == nil, state.current == nil {
        guard let first = try await source.nextTransaction() else { return nil }
        state.waiting = first
      }
      state.open()
      let batch = TransactionBatch(self, number: state.number)
      state.batch = batch
      return batch
    }
  }

  func nextItem(
    of batch: TransactionBatch
  ) async throws(ReplicationError) -> TransactionBatch.Item? {
    try await state.use { (state) async throws(ReplicationError) in
      guard state.number == batch.number, state.isOpen else { return nil }
      return try await nextItem(&state)
    }
  }

  /// The next item, if nothing has to be waited for.
  func readyItem(of batch: TransactionBatch) throws(ReplicationError) -> TransactionBatch.Item? {
    try state.use { (state) throws(ReplicationError) in
      guard state.number == batch.number, state.isOpen else { return nil }
      if let current = state.current {
        guard !state.cutsTransaction else { return nil }
        do throws(ReplicationError) {
          return try source.readyChange(of: current).map { state.count($0) }
        } catch {
          state.interrupt(by: error)
          throw error
        }
      }
      if let waiting = state.waiting { return state.begin(waiting) }
      return try source.readyTransaction().map { state.begin($0) }
    }
  }

  private func nextItem(
    _ state: inout State
  ) async throws(ReplicationError) -> TransactionBatch.Item? {
    if let current = state.current { return try await nextChange(of: current, &state) }
    if let waiting = state.waiting { return state.begin(waiting) }
    guard let next = try await nextTransaction(before: state.deadline) else {
      state.isOpen = false
      return nil
    }
    return state.begin(next)
  }

  private func nextChange(
    of transaction: ReplicationTransaction, _ state: inout State
  ) async throws(ReplicationError) -> TransactionBatch.Item? {
    guard !state.cutsTransaction else {
      state.isOpen = false
      return nil
    }
    do throws(ReplicationError) {
      if let change = try await source.nextChange(of: transaction) { return state.count(change) }
    } catch {
      state.interrupt(by: error)
      throw error
    }
    state.current = nil
    if state.isFull { state.isOpen = false }
    state.batch?.add(transaction.acknowledgement)
    return .end(transaction)
  }

  /// The next transaction; `nil` if none has arrived in time.
  private func nextTransaction(
    before deadline: ContinuousClock.Instant
  ) async throws(ReplicationError) -> ReplicationTransaction? {
    do throws(ReplicationError) {
      return try await source.nextTransaction(until: deadline)
    } catch .cancelled where !Task.isCancelled {
      return nil
    }
  }
}

extension Batcher.State {
  /// Another batch begins.
  fileprivate mutating func open() {
    number += 1
    isOpen = true
    rows = 0
    bytes = 0
    deadline = .now + limits.time
    // The rest of a transaction that was cut.
    if let current = current.take() { waiting = current }
  }

  fileprivate mutating func begin(_ transaction: ReplicationTransaction) -> TransactionBatch.Item {
    waiting = nil
    current = transaction
    return .begin(transaction)
  }

  fileprivate mutating func count(_ change: TransactionChange) -> TransactionBatch.Item {
    if let row = change.row {
      rows += 1
      bytes += row.byteCount
    }
    return .change(change)
  }

  /// A transaction that broke off is sent again, and belongs to the next batch.
  fileprivate mutating func interrupt(by error: ReplicationError) {
    guard case .interrupted = error else { return }
    current = nil
    isOpen = false
  }
}
