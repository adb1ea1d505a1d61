import PGWire
import TestSupport
import Testing

@Suite struct InterruptTests {
  private func isWoken(_ interrupt: Interrupt, within wait: Duration = .zero) throws -> Bool {
    try waitUntilReady(
      -1, for: [], orWoken: interrupt.descriptor, until: MonotonicTime.now() + wait
    ).woken
  }

  @Test func `wakes once for any number of wake-ups`() throws {
    let interrupt = try Interrupt()
    #expect(try !isWoken(interrupt))
    // More than a pipe holds: none of them may block.
    for _ in 1...100_000 { interrupt.wake() }
    #expect(try isWoken(interrupt))
    interrupt.drain()
    #expect(try !isWoken(interrupt))
    #expect(!interrupt.isTriggered)
    interrupt.wake()
    #expect(try isWoken(interrupt))
  }

  @Test func `stays triggered`() throws {
    let interrupt = try Interrupt()
    interrupt.trigger()
    #expect(try isWoken(interrupt))
    #expect(interrupt.isTriggered)
    interrupt.drain()
    #expect(interrupt.isTriggered)
  }

  @Test func `does not wait shorter than it should`() throws {
    let interrupt = try Interrupt()
    let deadline = MonotonicTime.now() + .microseconds(2500)
    #expect(
      try !waitUntilReady(-1, for: [], orWoken: interrupt.descriptor, until: deadline).woken)
    #expect(MonotonicTime.now() >= deadline)
  }

  @Test func `does not wait for a moment that is over`() throws {
    let interrupt = try Interrupt()
    let past = MonotonicTime(nanoseconds: 1)
    #expect(try !waitUntilReady(-1, for: [], orWoken: interrupt.descriptor, until: past).woken)
  }

  @Test func `wakes a thread that waits`() async throws {
    let interrupt = try Interrupt()
    let waiter = Task {
      try await OwnThread.run(interrupt: interrupt, failure: { $0 }) {
        () throws(TransportError) in
        while !interrupt.isTriggered {
          _ = try waitUntilReady(-1, for: [], orWoken: interrupt.descriptor, until: nil)
        }
      }
    }
    waiter.cancel()
    try await promptly("a cancelled thread") { try await waiter.value }
  }
}
