internal import PGWire

/// How far the consumer may run ahead of what is saved.
extension Acknowledgements {
  /// Whether so many transactions are acknowledged and not saved yet.
  func isBehind(by limit: Int) -> Bool {
    guard store != nil else { return false }
    return state.withLock { Self.isBehind($0, by: limit) }
  }

  /// Waits until fewer are, nothing will be saved any more, or the task is cancelled.
  func catchUp(to limit: Int) async {
    guard store != nil else { return }
    await wait { Self.isBehind($0, by: limit) }
  }

  /// Waits until all that has changed in snapshots and is acknowledged is saved, nothing will be
  /// saved any more, or the task is cancelled.
  func catchUpWithSnapshots() async {
    guard store != nil else { return }
    await wait { !$0.isOver && $0.ledger.deltaCount > $0.savedDeltas }
  }

  private func wait(while isBehind: @Sendable (borrowing State) -> Bool) async {
    while state.withLock({ isBehind($0) }), !Task.isCancelled {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let waits = state.withLock { state in
            guard isBehind(state), !Task.isCancelled else { return false }
            state.waiter = continuation
            return true
          }
          if !waits { continuation.resume() }
        }
      } onCancel: {
        state.withLock { $0.waiter.take() }?.resume()
      }
    }
  }

  private static func isBehind(_ state: State, by limit: Int) -> Bool {
    !state.isOver && state.ledger.position > state.saved
      && state.ledger.passedCount - state.savedCount >= limit
  }
}
