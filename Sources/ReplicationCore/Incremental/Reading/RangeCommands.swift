internal import PGWire

/// What the worker of one range is told, in the order in which it is told.
final class RangeCommands: Sendable {
  enum Command: Sendable {
    case begin(KeyRange)
    case takeSnapshot
    case repeatSnapshot
    case readChunk
    /// The range is no longer this worker's.
    case end
  }

  private struct State {
    var waiting: [Command] = []
    var hasEnded = false
    var isIdle = false
  }

  private let state = Lock(State())
  private let arrived = Wakeup()

  func send(_ command: Command) {
    state.withLock { $0.waiting.append(command) }
    arrived.wake()
  }

  /// Ends the work, before any command that still waits.
  ///
  /// - Returns: Whether the worker waits for commands, and so ends by itself; if not, it has to be
  ///   interrupted.
  func end() -> Bool {
    let isIdle = state.withLock { state in
      state.hasEnded = true
      return state.isIdle
    }
    arrived.wake()
    return isIdle
  }

  var hasEnded: Bool { state.withLock(\.hasEnded) }

  /// Whether the worker waits for a command.
  var isWaiting: Bool { state.withLock(\.isIdle) }

  /// The next command; ``Command/end`` for good once it was sent or the task is cancelled.
  func next() async -> Command {
    while true {
      let command = state.withLock { state -> Command? in
        if state.hasEnded || Task.isCancelled {
          state.isIdle = false
          return .end
        }
        state.isIdle = state.waiting.isEmpty
        return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
      }
      if let command { return command }
      await arrived.wait()
    }
  }
}
