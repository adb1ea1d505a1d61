import PGWire
import Testing

@testable import ReplicationCore

@Suite struct LivenessTests {
  private func liveness(
    senderTimeout: Duration?, _ change: (inout ReplicationParams) -> Void = { _ in }
  ) throws -> Liveness {
    var params = ReplicationParams(
      connection: try ConnectionOptions(host: "h", user: "u"), slot: "s", publications: ["p"])
    change(&params)
    return Liveness(params, senderTimeout: senderTimeout)
  }

  @Test func `derives its times from how long the server waits`() throws {
    let short = try liveness(senderTimeout: .seconds(6))
    #expect(short.statusInterval == .seconds(2))
    #expect(short.stallTimeout == .seconds(6))
    let long = try liveness(senderTimeout: .seconds(60))
    #expect(long.statusInterval == .seconds(10))
    #expect(long.stallTimeout == .seconds(60))
    let never = try liveness(senderTimeout: nil)
    #expect(never.statusInterval == .seconds(10))
    #expect(never.stallTimeout == .seconds(60))
  }

  @Test func `reports more often if it is told to`() throws {
    let often = try liveness(senderTimeout: .seconds(60)) { $0.statusInterval = .seconds(1) }
    #expect(often.statusInterval == .seconds(1))
  }

  @Test func `can be told how long silence is believed, also for ever`() throws {
    let short = try liveness(senderTimeout: .seconds(60)) { $0.stallTimeout = .seconds(3) }
    #expect(short.stallTimeout == .seconds(3))
    for off in [Duration.zero, .seconds(-1)] {
      #expect(
        try liveness(senderTimeout: .seconds(60)) { $0.stallTimeout = off }.stallTimeout == nil)
    }
  }
}

@Suite struct StallDetectorTests {
  private func time(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  @Test func `asks at half of the time and gives up at its end`() {
    var stall = StallDetector(timeout: .seconds(10), now: time(0))
    #expect(stall.nextDue == time(5000))
    #expect(stall.check(at: time(4999)) == .alive)
    #expect(stall.check(at: time(5000)) == .ask)
    #expect(stall.check(at: time(5001)) == .alive)
    #expect(stall.nextDue == time(10_000))
    #expect(stall.check(at: time(9999)) == .alive)
    #expect(stall.check(at: time(10_000)) == .stalled)
  }

  @Test func `starts anew with every byte`() {
    var stall = StallDetector(timeout: .seconds(10), now: time(0))
    #expect(stall.check(at: time(6000)) == .ask)
    stall.heard(at: time(7000))
    #expect(stall.nextDue == time(12_000))
    #expect(stall.check(at: time(11_999)) == .alive)
    #expect(stall.check(at: time(12_000)) == .ask)
    #expect(stall.check(at: time(17_000)) == .stalled)
  }

  @Test func `can be off`() {
    var stall = StallDetector(timeout: nil, now: time(0))
    #expect(stall.nextDue == nil)
    #expect(stall.check(at: time(Int64(1) << 40)) == .alive)
  }
}
