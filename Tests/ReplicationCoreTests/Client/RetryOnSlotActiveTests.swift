import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ReplicationCore

@Suite struct RetryTests {
  private static let active = ReplicationError.connection(
    .server(.made(.objectInUse, "replication slot \"s\" is active for PID 9")))

  /// Runs an operation that fails so many times, and returns the waits in between.
  private func waits(
    failures: Int, maxRetries: Int, error: ReplicationError = active
  ) async throws(ReplicationError) -> [Duration] {
    var waits: [Duration] = []
    var attempts = 0
    try await retryOnSlotActive(maxRetries: maxRetries, sleep: { waits.append($0) }) {
      () throws(ReplicationError) in
      attempts += 1
      if attempts <= failures { throw error }
    }
    #expect(attempts == failures + 1)
    return waits
  }

  @Test func `waits twice as long each time, and at most four seconds`() async throws {
    #expect(
      try await waits(failures: 7, maxRetries: 10)
        == [250, 500, 1000, 2000, 4000, 4000, 4000].map { .milliseconds($0) })
    #expect(try await waits(failures: 0, maxRetries: 10).isEmpty)
  }

  @Test(arguments: [0, -1])
  func `does not retry if it is not to`(maxRetries: Int) async {
    await #expect(throws: Self.active) { try await waits(failures: 1, maxRetries: maxRetries) }
  }

  @Test func `gives up with the slot's error`() async {
    var attempts = 0
    await #expect(throws: Self.active) {
      try await retryOnSlotActive(maxRetries: 3, sleep: { _ in }) {
        () throws(ReplicationError) in
        attempts += 1
        throw Self.active
      }
    }
    #expect(attempts == 4)
  }

  @Test(
    arguments: [
      .connection(.server(.made(.undefinedObject, "does not exist"))),
      .connection(.transport(.closedByServer)), .slotMissing("s"), .cancelled,
    ] as [ReplicationError])
  func `retries for no other error`(error: ReplicationError) async {
    await #expect(throws: error) { try await waits(failures: 1, maxRetries: 3, error: error) }
  }

  @Test func `retries if the control connection meets the slot's holder`() async throws {
    let error = ReplicationError.control(.server(.made(.objectInUse, "is active")))
    #expect(error.isSlotActive)
    #expect(try await waits(failures: 2, maxRetries: 3, error: error).count == 2)
  }

  @Test func `ends at once when the task is cancelled`() async {
    let (started, signal) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      try await retryOnSlotActive(maxRetries: 1000) { () throws(ReplicationError) in
        signal.yield()
        throw Self.active
      }
    }
    for await _ in started { break }
    await promptly("the end of a cancelled retry") {
      task.cancel()
      await #expect(throws: ReplicationError.cancelled) { try await task.value }
    }
  }
}
