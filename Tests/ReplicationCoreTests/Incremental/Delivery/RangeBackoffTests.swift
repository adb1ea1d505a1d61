import PGWire
import Testing

@testable import ReplicationCore

/// What is tried again, and for how long.
@Suite struct RangeBackoffTests {
  private func serverError(_ state: String) -> ReplicationError {
    .connection(.server(ServerError([.severity: "ERROR", .sqlState: state])))
  }

  @Test func `an internal error may be a race of the server's, eight times in a row it is none`() {
    let error = serverError("XX000")
    var retries = RangeRetries()
    let remedies = (0..<9).map { _ in retries.failed(1, error, now: .now) }
    #expect(remedies == Array(repeating: .lookUpTables, count: 7) + [.none, .none])
    #expect(retries.failed(2, error, now: .now) == .lookUpTables)
    retries.succeeded(1)
    #expect(retries.failed(1, error, now: .now) == .lookUpTables)
  }

  @Test func `a lock that is not free is waited for without end`() {
    let error = serverError("55P03")
    var retries = RangeRetries()
    for _ in 0..<100 { #expect(retries.failed(1, error, now: .now) == .tryAgain) }
  }

  @Test func `pauses get longer, up to ten seconds`() {
    var backoff = RangeBackoff()
    let now = ContinuousClock.now
    #expect(backoff.mayTry(now: now))
    backoff.failed(now: now)
    #expect(!backoff.mayTry(now: now) && backoff.mayTry(now: now + .milliseconds(100)))
    for _ in 0..<100 { backoff.failed(now: now) }
    #expect(!backoff.mayTry(now: now + .milliseconds(9_999)))
    #expect(backoff.mayTry(now: now + .seconds(10)))
  }
}
