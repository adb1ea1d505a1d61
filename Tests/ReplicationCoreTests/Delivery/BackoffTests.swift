import PGWire
import Testing

@testable import ReplicationCore

/// The waits between the attempts to open a stream again.
@Suite struct BackoffTests {
  @Test func `grows to the longest wait, with a part that is left to chance`() {
    var backoff = Backoff(
      ReconnectPolicy(initialInterval: .seconds(1), longestInterval: .seconds(5), timeout: nil))
    let longest = (0..<5).map { _ in backoff.wait(after: .seconds(1000), random: 1) }
    #expect(longest == [1, 2, 4, 5, 5].map { .seconds($0) })
    var other = Backoff(ReconnectPolicy(initialInterval: .seconds(1)))
    #expect(other.wait(after: .zero, random: 0) == .milliseconds(500))
  }

  @Test func `gives up in time, or at once`() {
    var backoff = Backoff(ReconnectPolicy(timeout: .seconds(10)))
    #expect(backoff.wait(after: .seconds(9), random: 0) != nil)
    #expect(backoff.wait(after: .seconds(10), random: 0) == nil)
    var never = Backoff(.never)
    #expect(never.wait(after: .zero, random: 0) == nil)
  }

  @Test func `a stream that breaks at once is no success`() throws {
    let start = MonotonicTime(nanoseconds: 0)
    var attempts = Attempts(
      ReconnectPolicy(initialInterval: .seconds(1), timeout: .seconds(100)), now: start)
    var waits: [Duration] = []
    var now = start
    for _ in 0..<5 {
      attempts.opened = now
      attempts = try #require(attempts.failing(.serverShutdown, now: now + .seconds(1)))
      #expect(attempts.failure == .serverShutdown)
      let wait = attempts.wait(forSlot: false, now: now)
      waits.append(try #require(wait))
      now = now + .seconds(1)
    }
    // Each of them at least half of 1, 2, 4, 8, 16 seconds.
    #expect(zip(waits, [500, 1000, 2000, 4000, 8000]).allSatisfy { $0 >= .milliseconds($1) })
    let late = attempts.wait(forSlot: false, now: start + .seconds(100))
    #expect(late == nil)
    #expect(attempts.failing(.serverShutdown, now: now + .seconds(90)) == nil)
  }
}
