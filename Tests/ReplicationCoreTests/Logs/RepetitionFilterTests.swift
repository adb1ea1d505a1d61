import PGWire
import Testing

@testable import ReplicationCore

@Suite struct RepetitionFilterTests {
  private let start = MonotonicTime(nanoseconds: 0)

  @Test func `logs what repeats once, and then counts it`() {
    var filter = RepetitionFilter<String>()
    #expect(filter.repetitions(of: "a", at: start) == 0)
    for second in 1...59 {
      #expect(filter.repetitions(of: "a", at: start + .seconds(second)) == nil)
    }
    #expect(filter.repetitions(of: "b", at: start + .seconds(59)) == 0)
    #expect(filter.repetitions(of: "a", at: start + .seconds(60)) == 59)
    #expect(filter.repetitions(of: "a", at: start + .seconds(61)) == nil)
  }

  @Test func `logs a burst before it counts`() {
    var filter = RepetitionFilter<String>()
    for _ in 1...5 { #expect(filter.repetitions(of: "a", burst: 5, at: start) == 0) }
    for _ in 1...100 { #expect(filter.repetitions(of: "a", burst: 5, at: start) == nil) }
    #expect(filter.repetitions(of: "a", burst: 5, at: start + .seconds(60)) == 100)
    #expect(filter.repetitions(of: "a", burst: 5, at: start + .seconds(61)) == 0)
  }

  /// A server can make up any number of notices.
  @Test func `counts what it can't distinguish as one`() {
    var filter = RepetitionFilter<Int>()
    let limit = RepetitionFilter<Int>.limit
    var logged = 0
    for number in 1...1000 where filter.repetitions(of: number, at: start) != nil { logged += 1 }
    #expect(logged == limit + 1)
    // After a minute there is room again.
    #expect(filter.repetitions(of: 2000, at: start + .seconds(60)) == 0)
  }
}
