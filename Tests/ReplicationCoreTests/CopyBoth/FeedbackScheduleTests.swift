import CDCTime
import PGWire
import Testing

@testable import ReplicationCore

extension MonotonicTime {
  fileprivate static func milliseconds(_ count: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: count * 1_000_000)
  }
}

/// A schedule and the simulated time it lives in.
private struct Simulation {
  var schedule: FeedbackSchedule
  var now = MonotonicTime.milliseconds(0)

  init(
    interval: Duration = .seconds(10), probeInterval: Duration? = nil,
    advancesWhenIdle: Bool = false, confirmsRequests: Bool = true
  ) {
    schedule = FeedbackSchedule(
      interval: interval, probeInterval: probeInterval, advancesWhenIdle: advancesWhenIdle,
      confirmsRequests: confirmsRequests, now: now)
  }

  /// What is sent after so many more milliseconds, if anything is.
  mutating func after(_ milliseconds: Int64) -> StandbyStatusUpdate? {
    now = now + .milliseconds(milliseconds)
    return schedule.takeDue(at: now) { PostgresTimestamp(microseconds: 7) }
  }

  /// What is sent after so many more milliseconds, where something must be.
  mutating func report(after milliseconds: Int64) throws -> StandbyStatusUpdate {
    let update = after(milliseconds)
    return try #require(update)
  }

  mutating func acknowledge(_ flush: UInt64, write: UInt64 = 0, apply: UInt64 = 0) {
    schedule.acknowledge(Progress(write: lsn(write), flush: lsn(flush), apply: lsn(apply)))
  }

  mutating func receive(_ position: UInt64) {
    schedule.receivedData(upTo: lsn(position))
  }

  mutating func keepAlive(_ walEnd: UInt64, replyRequested: Bool = false) {
    schedule.receivedKeepAlive(walEnd: lsn(walEnd), replyRequested: replyRequested)
  }
}

@Suite struct FeedbackTimingTests {
  @Test func `reports at the interval, whether anything happened or not`() {
    var simulation = Simulation()
    #expect(simulation.after(0) == nil)
    #expect(simulation.after(9_999) == nil)
    #expect(simulation.after(1) != nil)
    #expect(simulation.schedule.nextDue == .milliseconds(20_000))
    #expect(simulation.after(9_999) == nil)
    #expect(simulation.after(1) != nil)
  }

  @Test func `reports progress soon, and many acknowledgements at once`() throws {
    var simulation = Simulation()
    simulation.receive(1000)
    simulation.acknowledge(100)
    let first = try simulation.report(after: 5)
    #expect(first.flush == lsn(100))
    for position in 101...200 as ClosedRange<UInt64> {
      simulation.acknowledge(position)
      #expect(simulation.after(0) == nil)
    }
    let second = try simulation.report(after: 5)
    #expect(second.flush == lsn(200))
    #expect(simulation.after(100) == nil)
  }

  @Test func `is no slower than its interval`() {
    var simulation = Simulation(interval: .milliseconds(2))
    simulation.acknowledge(1)
    #expect(simulation.after(1) == nil)
    #expect(simulation.after(1) != nil)
  }

  @Test func `answers a request at once, without asking back`() throws {
    var simulation = Simulation()
    simulation.keepAlive(100, replyRequested: true)
    let answer = try simulation.report(after: 0)
    #expect(answer.write == lsn(100))
    #expect(!answer.replyRequested)
    #expect(simulation.after(1) == nil)
    simulation.keepAlive(100, replyRequested: true)
    #expect(simulation.after(0)?.replyRequested == false)
  }

  @Test func `does not answer a keepalive that asks nothing`() {
    var simulation = Simulation()
    for end in 1...100 as ClosedRange<UInt64> {
      simulation.keepAlive(end)
      #expect(simulation.after(1) == nil)
    }
  }

  @Test func `decides by its own state what to say, not by who asked`() throws {
    var simulation = Simulation(advancesWhenIdle: true)
    simulation.receive(50)
    simulation.keepAlive(100)
    simulation.acknowledge(50)
    let prompted = try simulation.report(after: 5)
    simulation.keepAlive(100, replyRequested: true)
    let asked = try simulation.report(after: 0)
    #expect(prompted.flush == lsn(100))
    #expect(asked.flush == prompted.flush)
    #expect(asked.write == prompted.write)
  }

  @Test func `asks for a reply once when it is told to`() throws {
    var simulation = Simulation()
    simulation.schedule.askForReply()
    #expect(simulation.after(0)?.replyRequested == true)
    #expect(simulation.after(10_000)?.replyRequested == false)
  }

  @Test func `never asks back in an answer, not even when it wanted to ask`() throws {
    var simulation = Simulation(probeInterval: .milliseconds(250))
    simulation.schedule.askForReply()
    simulation.keepAlive(100, replyRequested: true)
    #expect(simulation.after(0)?.replyRequested == false)
  }

  @Test func `asks again and again where somebody waits for the server to get somewhere`() {
    var simulation = Simulation(probeInterval: .milliseconds(250))
    for _ in 1...3 {
      #expect(simulation.after(249) == nil)
      #expect(simulation.after(1)?.replyRequested == true)
      simulation.keepAlive(7)
    }
  }

  @Test func `reports at once when it is prompted`() {
    var simulation = Simulation()
    simulation.schedule.promptNow()
    #expect(simulation.after(0) != nil)
    #expect(simulation.after(0) == nil)
  }

  @Test func `carries our clock`() {
    var simulation = Simulation()
    #expect(simulation.after(10_000)?.clock == PostgresTimestamp(microseconds: 7))
  }
}

@Suite struct FeedbackPositionTests {
  @Test func `reports what was received as written, and what was acknowledged as durable`() throws {
    var simulation = Simulation()
    simulation.receive(300)
    simulation.acknowledge(100)
    let update = try simulation.report(after: 5)
    #expect(update.write == lsn(300))
    #expect(update.flush == lsn(100))
    #expect(update.apply == lsn(100))
  }

  @Test func `reports exactly what was acknowledged, never one more`() throws {
    var simulation = Simulation()
    simulation.receive(0x15D_C508)
    simulation.acknowledge(0x15D_C508)
    #expect(simulation.after(5)?.flush == lsn(0x15D_C508))
  }

  @Test func `tells write, flush and apply apart`() throws {
    var simulation = Simulation()
    simulation.receive(300)
    simulation.acknowledge(100, write: 200, apply: 50)
    let update = try simulation.report(after: 5)
    #expect(update.write == lsn(200))
    #expect(update.flush == lsn(100))
    #expect(update.apply == lsn(50))
  }

  @Test func `reports nothing that was not received`() throws {
    var simulation = Simulation()
    simulation.receive(300)
    simulation.acknowledge(1000, write: 2000, apply: 3000)
    let update = try simulation.report(after: 5)
    #expect(update.write == lsn(300))
    #expect(update.flush == lsn(300))
    #expect(update.apply == lsn(300))
  }

  @Test func `what was acknowledged too early is not done when it arrives`() {
    var simulation = Simulation()
    simulation.receive(300)
    simulation.acknowledge(1000)
    #expect(simulation.after(5)?.flush == lsn(300))
    simulation.receive(500)
    #expect(simulation.after(10_000)?.flush == lsn(300))
  }

  @Test func `counts a keepalive as received`() throws {
    var simulation = Simulation()
    simulation.keepAlive(500)
    simulation.acknowledge(400)
    let update = try simulation.report(after: 5)
    #expect(update.write == lsn(500))
    #expect(update.flush == lsn(400))
  }

  @Test func `does not go back when less is acknowledged later`() throws {
    var simulation = Simulation()
    simulation.receive(300)
    simulation.acknowledge(200, write: 250, apply: 150)
    _ = simulation.after(5)
    simulation.acknowledge(100, write: 100, apply: 100)
    let update = try simulation.report(after: 5)
    #expect(update.write == lsn(250))
    #expect(update.flush == lsn(200))
    #expect(update.apply == lsn(150))
  }

  @Test func `does not go back when less is said to be written than was received`() throws {
    var simulation = Simulation()
    simulation.receive(300)
    #expect(simulation.after(10_000)?.write == lsn(300))
    simulation.acknowledge(0, write: 100)
    #expect(simulation.after(5)?.write == lsn(300))
  }

  @Test func `does not go back when a transaction begins after an idle advance`() throws {
    var simulation = Simulation(advancesWhenIdle: true)
    simulation.receive(100)
    simulation.acknowledge(100)
    simulation.keepAlive(500)
    #expect(simulation.after(10_000)?.flush == lsn(500))
    // Rows of the next transaction lie anywhere; its commit lies beyond 500.
    simulation.receive(450)
    let update = try simulation.report(after: 10_000)
    #expect(update.flush == lsn(500))
    #expect(update.apply == lsn(500))
  }

  @Test func `only ever moves forward, whatever happens`() {
    var generator = SystemRandomNumberGenerator()
    for _ in 1...200 {
      var simulation = Simulation(
        interval: .milliseconds(20), advancesWhenIdle: Bool.random(using: &generator))
      var last: StandbyStatusUpdate?
      for _ in 1...100 {
        let position = UInt64.random(in: 0...1000, using: &generator)
        switch Int.random(in: 0...3, using: &generator) {
        case 0: simulation.receive(position)
        case 1: simulation.keepAlive(position, replyRequested: Bool.random(using: &generator))
        case 2:
          simulation.acknowledge(
            position, write: UInt64.random(in: 0...1000, using: &generator),
            apply: UInt64.random(in: 0...1000, using: &generator))
        default: break
        }
        guard let update = simulation.after(Int64.random(in: 0...10, using: &generator)) else {
          continue
        }
        #expect(update.write <= simulation.schedule.received)
        #expect(update.flush <= update.write)
        #expect(update.apply <= simulation.schedule.received)
        #expect(update.write >= last?.write ?? .zero)
        #expect(update.flush >= last?.flush ?? .zero)
        #expect(update.apply >= last?.apply ?? .zero)
        last = update
      }
    }
  }
}

@Suite struct IdleAdvanceTests {
  @Test func `follows the server while nothing is unacknowledged`() throws {
    var simulation = Simulation(advancesWhenIdle: true)
    simulation.keepAlive(100)
    #expect(simulation.after(10_000)?.flush == lsn(100))
    simulation.receive(200)
    simulation.keepAlive(300)
    #expect(simulation.after(10_000)?.flush == lsn(100))
    simulation.acknowledge(199)
    #expect(simulation.after(5)?.flush == lsn(199))
    simulation.acknowledge(200)
    #expect(simulation.after(5)?.flush == lsn(300))
    simulation.keepAlive(400)
    #expect(simulation.after(10_000)?.flush == lsn(400))
  }

  @Test func `stays where it was acknowledged if it is switched off`() throws {
    var simulation = Simulation(advancesWhenIdle: false)
    simulation.keepAlive(100)
    #expect(simulation.after(10_000)?.flush == .zero)
    simulation.receive(200)
    simulation.acknowledge(200)
    simulation.keepAlive(300)
    #expect(simulation.after(5)?.flush == lsn(200))
    #expect(simulation.after(10_000)?.flush == lsn(200))
  }

  @Test func `never takes a keepalive's end for durable while anything is unacknowledged`() throws {
    for advances in [true, false] {
      var simulation = Simulation(advancesWhenIdle: advances)
      simulation.receive(100)
      simulation.acknowledge(99)
      simulation.keepAlive(500, replyRequested: true)
      let answer = try simulation.report(after: 0)
      #expect(answer.write == lsn(500))
      #expect(answer.flush == lsn(99))
    }
  }

  @Test func `confirms what a server that shuts down waits for, if all else is acknowledged`()
    throws
  {
    var simulation = Simulation(advancesWhenIdle: false)
    simulation.receive(100)
    simulation.keepAlive(500, replyRequested: true)
    #expect(simulation.after(0)?.flush == .zero)
    simulation.acknowledge(100)
    #expect(simulation.after(5)?.flush == lsn(500))
  }

  /// A checkpoint has to be saved first, which only its keeper knows.
  @Test func `confirms nothing by itself for a subscription`() throws {
    var simulation = Simulation(confirmsRequests: false)
    simulation.receive(100)
    simulation.acknowledge(100)
    simulation.keepAlive(500, replyRequested: true)
    #expect(simulation.after(5)?.flush == lsn(100))
    simulation.acknowledge(500)
    #expect(simulation.after(5)?.flush == lsn(500))
  }
}
