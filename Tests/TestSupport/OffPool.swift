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

private let computing = DispatchQueue(label: "tests that compute")
