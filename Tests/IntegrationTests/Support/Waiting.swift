import TestSupport

/// Waits until something is so; fails if it still is not after a time that is enough
/// on any machine.
func eventually(
  _ what: String, within limit: Duration = .seconds(120),
  _ condition: () async throws -> Bool
) async throws {
  let end = PoolClock.now + limit
  while try await !condition() {
    guard PoolClock.now < end else { throw TookTooLong(what: what, limit: limit) }
    try await Task.sleep(for: .milliseconds(20))
  }
}

/// Runs `body`, and cancels it when it takes longer than anybody would wait.
///
/// The limit is there to find what never ends. It counts from the beginning of `body`, and only while
/// the tests' threads are free.
func within<R: Sendable>(
  _ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
  try await withThrowingTaskGroup(of: R.self) { group in
    group.addTask { try await body() }
    group.addTask {
      let end = PoolClock.now + limit
      while PoolClock.now < end { try await Task.sleep(for: .milliseconds(50)) }
      throw TookTooLong(what: what, limit: limit)
    }
    defer { group.cancelAll() }
    guard let result = try await group.next() else { throw CancellationError() }
    return result
  }
}

/// What was waited for did not happen.
struct TookTooLong: Error, CustomStringConvertible {
  let what: String
  let limit: Duration

  var description: String { "\(what): not within \(limit)" }
}
