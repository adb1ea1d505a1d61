import Dispatch

/// Runs work that computes for long, one after the other, on a thread of its own.
///
/// The threads that tasks run on are as many as there are cores. A test that keeps them busy holds
/// up all that wait with a clock beside it.
public func offPool<R: Sendable>(
  _ body: @escaping @Sendable () throws -> R
) async throws -> R {
  try await withCheckedThrowingContinuation { continuation in
    computing.async { continuation.resume(with: Result { try body() }) }
  }
}

/// The same for work that waits in between, which must not be long.
public func offPoolAsync<R: Sendable>(
  _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
  try await withTaskExecutorPreference(ComputingExecutor.shared, operation: body)
}

private final class ComputingExecutor: TaskExecutor {
  static let shared = ComputingExecutor()

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedTaskExecutor()
    computing.async { job.runSynchronously(on: executor) }
  }
}

private let computing = DispatchQueue(label: "tests that compute")
