internal import PGWire

/// Something that happens once, and that any number of tasks can wait for.
final class Completion: Sendable {
  private struct State {
    var isComplete = false
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    var cancelled: Set<UInt64> = []
    var nextID: UInt64 = 0
  }

  private let state = Lock(State())

  func complete() {
    let waiters = state.withLock { state in
      state.isComplete = true
      defer { state.waiters = [:] }
      return state.waiters
    }
    for waiter in waiters.values { waiter.resume() }
  }

  /// Returns once it has happened, or at once if the task is cancelled.
  func wait() async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let mayWait = state.withLock { state in
          guard !state.isComplete, state.cancelled.remove(id) == nil else { return false }
          state.waiters[id] = waiter
          return true
        }
        if !mayWait { waiter.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        let waiter = state.waiters.removeValue(forKey: id)
        if waiter == nil, !state.isComplete { state.cancelled.insert(id) }
        return waiter
      }
      waiter?.resume()
    }
  }
}
