/// Waits until something is so; fails if it is not in half a minute.
func eventually(
  _ what: String, within limit: Duration = .seconds(30),
  _ condition: () async throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while try await !condition() {
    guard ContinuousClock.now < end else { throw TookTooLong(what: what, limit: limit) }
    try await Task.sleep(for: .milliseconds(20))
  }
}

extension ContinuousClock {
  /// What `body` returns, and how long it took.
  func measured<R>(_ body: () async throws -> R) async throws -> (R, Duration) {
    let start = now
    return (try await body(), now - start)
  }
}

/// Runs `body`, and cancels it when it takes longer than anybody would wait.
func within<R: Sendable>(
  _ limit: Duration, _ what: String, _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
  try await withThrowingTaskGroup(of: R.self) { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
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
