import CDCTime
import PGWire
import Testing

@testable import ReplicationCore

extension MonotonicTime {
  fileprivate static func seconds(_ count: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: count * 1_000_000_000)
  }
}

@Suite struct ShutdownPatienceTests {
  private var patience = ShutdownPatience(.seconds(10))

  private mutating func second(
    _ number: Int64, isHeldUp: Bool = true, progress: UInt64 = 1
  ) -> ShutdownPatience.Verdict {
    patience.note(isHeldUp: isHeldUp, progress: progress, at: .seconds(number))
    return patience.check(at: .seconds(number))
  }

  @Test mutating func `lets a consumer sleep for as long as the server runs`() {
    var questions = 0
    for number in 0...3600 as ClosedRange<Int64> where second(number) == .ask {
      questions += 1
      patience.learn(isShuttingDown: false, at: .seconds(number))
    }
    #expect(questions == 360)
    #expect(patience.nextDue != nil)
  }

  @Test mutating func `gives up a consumer that takes nothing during a shutdown`() {
    #expect(second(0) == .fine)
    #expect(patience.nextDue == .seconds(5))
    #expect(second(4) == .fine)
    #expect(second(5) == .ask)
    #expect(second(6) == .fine)
    patience.learn(isShuttingDown: true, at: .seconds(6))
    #expect(patience.nextDue == .seconds(10))
    #expect(second(9) == .fine)
    #expect(second(10) == .giveUp(after: .seconds(10)))
  }

  @Test mutating func `waits for a slow consumer`() {
    #expect(second(0) == .fine)
    #expect(second(5) == .ask)
    patience.learn(isShuttingDown: true, at: .seconds(5))
    for number in 6...100 as ClosedRange<Int64> {
      #expect(second(number, progress: UInt64(number / 9)) == .fine)
    }
    #expect(second(109, progress: 11) == .giveUp(after: .seconds(10)))
  }

  @Test mutating func `asks nothing while nobody is held up`() {
    for number in 0...100 as ClosedRange<Int64> {
      #expect(second(number, isHeldUp: number % 3 == 0) == .fine)
      if number % 3 != 0 { #expect(patience.nextDue == nil) }
    }
  }

  @Test mutating func `has no limit if none is wanted`() {
    patience = ShutdownPatience(nil)
    for number in 0...100 as ClosedRange<Int64> { #expect(second(number) == .fine) }
    #expect(patience.nextDue == nil)
  }
}

/// A server that shuts down asks again and again until all is confirmed.
@Suite struct PressedTests {
  private func schedule() -> FeedbackSchedule {
    FeedbackSchedule(
      interval: .seconds(10), advancesWhenIdle: false, confirmsRequests: false,
      now: .seconds(0))
  }

  private func report(_ schedule: inout FeedbackSchedule, at second: Int64) {
    _ = schedule.takeDue(at: .seconds(second)) { PostgresTimestamp(microseconds: 0) }
  }

  @Test func `is noticed by the second request`() {
    var schedule = schedule()
    schedule.receivedData(upTo: lsn(0x100))
    schedule.receivedKeepAlive(walEnd: lsn(0x200), replyRequested: true)
    #expect(!schedule.isPressed)
    report(&schedule, at: 1)
    #expect(!schedule.isPressed)
    schedule.receivedKeepAlive(walEnd: lsn(0x200), replyRequested: true)
    #expect(schedule.isPressed)
    schedule.acknowledge(Progress(flush: lsn(0x200)))
    #expect(!schedule.isPressed)
  }
}
