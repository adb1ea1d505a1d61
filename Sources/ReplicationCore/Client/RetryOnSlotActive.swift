/// Runs an operation again while its slot is held by another session.
///
/// After a network failure or a crash the old walsender keeps the slot until the server notices.
/// The waits are 250 ms, then twice as long each time, and at most 4 s.
///
/// - Parameters:
///   - maxRetries: How many times to try again; 0 means not at all.
///   - operation: Starting a stream, advancing or dropping a slot.
/// - Returns: What `operation` returns.
/// - Throws: What `operation` throws, at once unless ``ReplicationError/isSlotActive``;
///   ``ReplicationError/cancelled`` as soon as the task is cancelled.
public func retryOnSlotActive<Result>(
  maxRetries: Int, operation: () async throws(ReplicationError) -> Result
) async throws(ReplicationError) -> Result {
  try await retryOnSlotActive(
    maxRetries: maxRetries, sleep: { try await Task.sleep(for: $0) }, operation: operation)
}

/// The same with the sleeping handed in.
func retryOnSlotActive<Result>(
  maxRetries: Int, sleep: (Duration) async throws -> Void,
  operation: () async throws(ReplicationError) -> Result
) async throws(ReplicationError) -> Result {
  var delay = Duration.milliseconds(250)
  for _ in 0..<max(maxRetries, 0) {
    do {
      return try await operation()
    } catch {
      guard error.isSlotActive else { throw error }
    }
    do {
      try await sleep(delay)
    } catch {
      throw .cancelled
    }
    delay = min(delay * 2, .seconds(4))
  }
  return try await operation()
}
