import PGWire
import TestSupport
import Testing

@testable import ReplicationCore

/// When a position was where, in a history that stays small.
@Suite struct PositionHistoryTests {
  private func at(_ seconds: Int) -> MonotonicTime {
    MonotonicTime(nanoseconds: Int64(seconds) * 1_000_000_000)
  }

  @Test func `an empty history knows nothing`() {
    let history = PositionHistory()
    #expect(history.age(beyond: lsn(1), at: at(5)) == nil)
    #expect(history.age(of: lsn(1), at: at(5)) == nil)
    #expect(!history.covers(lsn(1)))
  }

  @Test func `says how long ago a position was reached, and how long ago it was left`() {
    var history = PositionHistory()
    history.note(lsn(100), at: at(10))
    history.note(lsn(200), at: at(20))
    let now = at(60)
    // Nothing lies beyond the last position.
    #expect(history.age(beyond: lsn(200), at: now) == .zero)
    #expect(history.age(beyond: lsn(300), at: now) == .zero)
    #expect(history.age(beyond: lsn(150), at: now) == .seconds(40))
    #expect(history.age(beyond: lsn(100), at: now) == .seconds(40))
    #expect(history.age(beyond: lsn(99), at: now) == .seconds(50))
    #expect(history.age(of: lsn(200), at: now) == .seconds(40))
    #expect(history.age(of: lsn(300), at: now) == .seconds(40))
    #expect(history.age(of: lsn(101), at: now) == .seconds(40))
    #expect(history.age(of: lsn(100), at: now) == .seconds(50))
    #expect(history.covers(lsn(100)) && !history.covers(lsn(99)))
  }

  @Test func `between two looks the position is taken to have moved evenly`() {
    var history = PositionHistory()
    history.note(lsn(1000), at: at(10))
    history.note(lsn(2000), at: at(20), movingSince: at(10))
    #expect(history.age(beyond: lsn(1000), at: at(20)) == .seconds(10))
    #expect(history.age(beyond: lsn(1500), at: at(20)) == .seconds(5))
    #expect(history.age(of: lsn(2000), at: at(20)) == .zero)
  }

  @Test func `moves within a moment are one span`() {
    var history = PositionHistory()
    for step in 0..<1000 as Range<Int64> {
      history.note(lsn(UInt64(step)), at: MonotonicTime(nanoseconds: step * 1_000_000))
    }
    #expect(history.spans.count == 10)
    #expect(history.spans.last?.end == lsn(999))
  }

  @Test func `a position or a time that goes back changes nothing of what was`() {
    var history = PositionHistory()
    history.note(lsn(100), at: at(10))
    history.note(lsn(200), at: at(20))
    let before = history
    history.note(lsn(50), at: at(30))
    history.note(lsn(200), at: at(30))
    #expect(history == before)
    history.note(lsn(300), at: at(5))
    #expect(history.age(of: lsn(300), at: at(25)) == .seconds(5))
    #expect(history.age(beyond: lsn(200), at: at(25)) == .seconds(5))
    #expect(history.age(beyond: lsn(100), at: at(25)) == .seconds(5))
    // Nor is an age ever negative.
    #expect(history.age(beyond: lsn(100), at: at(1)) == .zero)
    #expect(history.age(of: lsn(100), at: at(1)) == .zero)
  }

  @Test func `any two positions have a time between them`() {
    var history = PositionHistory()
    history.note(.zero, at: at(0))
    history.note(lsn(.max), at: at(10), movingSince: at(0))
    #expect(history.age(beyond: lsn(.max), at: at(10)) == .zero)
    #expect(history.age(beyond: .zero, at: at(10)) == .seconds(10))
    let middle = history.age(beyond: lsn(1 << 63), at: at(10))
    #expect(middle.map { abs($0 / .seconds(1) - 5) < 0.001 } == true)
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>)
  func `many hours fit, and an answer's error is a small part of it`(seed: UInt64) {
    var random = RepeatableGenerator(seed: seed)
    var history = PositionHistory()
    var notes: [(position: UInt64, time: Int64)] = []
    var now: Int64 = 0
    var position: UInt64 = 0
    for step in 1...12_000 {
      // Mostly busy, at times idle for a minute or for ten.
      let pause: ClosedRange<Int64> =
        switch Int.random(in: 0..<1000, using: &random) {
        case 0: 1...600_000
        case 1..<20: 1...60_000
        default: 1...80
        }
      now += Int64.random(in: pause, using: &random) * 1_000_000
      position += [1, 10, 1000, 100_000].randomElement(using: &random) ?? 1
      notes.append((position, now))
      history.note(lsn(position), at: MonotonicTime(nanoseconds: now))
      guard step.isMultiple(of: 500) else { continue }
      for _ in 1...20 {
        let index = Int.random(in: 0..<notes.count - 1, using: &random)
        let found = history.age(
          beyond: lsn(notes[index].position), at: MonotonicTime(nanoseconds: now))
        let age = Double(now - notes[index + 1].time) / 1e9
        let error = found.map { abs($0 / .seconds(1) - age) } ?? .infinity
        #expect(error <= 0.15 * (age + 1), "\(step): \(age) s, \(error) s off")
      }
    }
    #expect(history.spans.count == PositionHistory.capacity)
    #expect(now > 3600 * 1_000_000_000)
  }

  @Test func `the server's end moves between the times at which it was asked`() {
    var histories = PositionHistories()
    histories.noteReceived(lsn(50), at: at(1))
    histories.noteServerEnd(lsn(100), at: at(10))
    // Nothing was written until here.
    histories.noteServerEnd(lsn(100), at: at(20))
    histories.noteServerEnd(lsn(200), at: at(30))
    #expect(histories.serverEnds.age(beyond: lsn(100), at: at(30)) == .seconds(10))
    #expect(histories.serverEnds.age(beyond: lsn(150), at: at(30)) == .seconds(5))
    #expect(histories.receipts.age(beyond: lsn(50), at: at(30)) == .zero)
  }
}
