internal import PGWire

/// What a scripted server has received so far, and how its script ended.
final class ServerRecord: Sendable {
  struct State: Sendable {
    var bytes: [UInt8] = []
    var messages: [ClientMessage] = []
    var result: Result<Void, ScriptFailure>?
    var waiters: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Lock(State())

  var bytes: [UInt8] { state.withLock { $0.bytes } }
  var messages: [ClientMessage] { state.withLock { $0.messages } }
  var result: Result<Void, ScriptFailure>? { state.withLock { $0.result } }

  func append(_ bytes: ArraySlice<UInt8>) {
    state.withLock { $0.bytes += bytes }
  }

  func append(_ message: ClientMessage) {
    state.withLock { $0.messages.append(message) }
  }

  /// The script is over.
  func finish(_ result: Result<Void, ScriptFailure>) {
    let waiters = state.withLock { state in
      state.result = result
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns once the script is over.
  func waitForEnd() async {
    await withCheckedContinuation { waiter in
      let isOver = state.withLock { state in
        if state.result == nil { state.waiters.append(waiter) }
        return state.result != nil
      }
      if isOver { waiter.resume() }
    }
  }
}
