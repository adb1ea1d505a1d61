import PGWire
import Testing

@Suite struct MonotonicTimeTests {
  @Test func `adds and subtracts`() {
    let time = MonotonicTime(nanoseconds: 5)
    #expect(time + .nanoseconds(7) == MonotonicTime(nanoseconds: 12))
    #expect(MonotonicTime(nanoseconds: 12) - time == .nanoseconds(7))
    #expect(time - MonotonicTime(nanoseconds: 12) == .nanoseconds(-7))
    #expect(time < time + .nanoseconds(1))
  }

  @Test func `saturates far in the future`() {
    let time = MonotonicTime(nanoseconds: 5)
    #expect(time + .seconds(Int64.max) == MonotonicTime(nanoseconds: .max))
    #expect(MonotonicTime(nanoseconds: .max) + .seconds(1) == MonotonicTime(nanoseconds: .max))
  }

  @Test(
    arguments: [
      (.zero, 0), (.milliseconds(1), 1_000_000), (.nanoseconds(-3), -3),
      (.seconds(1) + .nanoseconds(2), 1_000_000_002), (.seconds(Int64.max), .max),
      (.seconds(Int64.min), .min),
    ] as [(Duration, Int64)])
  func `counts whole nanoseconds`(duration: Duration, nanoseconds: Int64) {
    #expect(duration.wholeNanoseconds == nanoseconds)
  }

  @Test func `never goes back`() {
    var last = MonotonicTime.now()
    for _ in 1...1000 {
      let now = MonotonicTime.now()
      #expect(now >= last)
      last = now
    }
  }
}
