internal import PGWire

/// The sessions of a simulated server, by the numbers of their processes.
final class SessionList: Sendable {
  private struct State {
    var open: [Int32: Interrupt] = [:]
    var lastPID: Int32 = 4_000
  }

  private let state = Lock(State())

  /// Adds a session.
  ///
  /// - Returns: Its number.
  func add(_ interrupt: Interrupt) -> Int32 {
    state.withLock { state in
      state.lastPID += 1
      state.open[state.lastPID] = interrupt
      return state.lastPID
    }
  }

  func remove(_ pid: Int32) {
    state.withLock { $0.open[pid] = nil }
  }

  /// Ends a session.
  func end(_ pid: Int32) {
    state.withLock { $0.open[pid] }?.trigger()
  }

  /// Ends all sessions.
  func endAll() {
    for interrupt in state.withLock({ Array($0.open.values) }) { interrupt.trigger() }
  }

  /// Lets all sessions look for something to do.
  func wake() {
    for interrupt in state.withLock({ Array($0.open.values) }) { interrupt.wake() }
  }
}
