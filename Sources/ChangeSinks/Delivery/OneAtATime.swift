internal import PGWire

/// Runs operations one after the other, in the order in which they were asked for.
///
/// Each runs to its end, also if the task that has asked for it is cancelled.
final class OneAtATime: Sendable {
  private let last = Lock<Task<Void, Never>?>(nil)

  func run(_ operation: @escaping @Sendable () async throws -> Void) async throws {
    let task = last.withLock { last in
      let earlier = last
      let task = Task {
        await earlier?.value
        try await operation()
      }
      last = Task { _ = await task.result }
      return task
    }
    try await task.value
  }
}
