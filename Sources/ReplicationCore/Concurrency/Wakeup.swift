internal import PGWire

/// Wakes a task that waits for something to change.
///
/// The task checks, waits, and checks again. A change between the check and the wait is not missed:
/// the wait then returns at once. It may also return without a change.
final class Wakeup: Sendable {
  private struct State {
    var isPending = false
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Lock(State())

  /// Ends the wait that is under way, or else the next one.
  func wake() {
    let waiters = state.withLock { state in
      defer { state.waiters = [] }
      if state.waiters.isEmpty { state.isPending = true }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns after a call of ``wake()``, or when the task is cancelled.
  func wait() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let mayWait = state.withLock { state in
          if state.isPending {
            state.isPending = false
            return false
          }
          state.waiters.append(waiter)
          return true
        }
        if !mayWait { waiter.resume() }
      }
    } onCancel: {
      wake()
    }
  }
}
