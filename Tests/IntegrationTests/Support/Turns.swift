import Synchronization

/// Lets one test at a time use a server, and a few servers be used at once.
///
/// The testing library starts everything together. Tests of one server would wait for each other's
/// transactions and take each other's slots, and all servers at once would be slower than a few.
final class Turns: Sendable {
  static let shared = Turns(limit: 3)

  private struct State {
    var busy: Set<String> = []
    var waiting: [(server: String, continuation: CheckedContinuation<Void, Never>)] = []
  }

  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  /// Runs `body` once it is its turn.
  func take<R>(_ server: String, _ body: () async throws -> R) async throws -> R {
    await withCheckedContinuation { continuation in
      state.withLock { $0.waiting.append((server, continuation)) }
      next()
    }
    defer {
      state.withLock { _ = $0.busy.remove(server) }
      next()
    }
    return try await body()
  }

  /// Lets those begin who can.
  private func next() {
    while true {
      let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
        guard state.busy.count < limit,
          let index = state.waiting.firstIndex(where: { !state.busy.contains($0.server) })
        else { return nil }
        let (server, continuation) = state.waiting.remove(at: index)
        state.busy.insert(server)
        return continuation
      }
      guard let continuation else { return }
      continuation.resume()
    }
  }
}
