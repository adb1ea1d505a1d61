import PGWire
import Testing

@testable import ReplicationCore

@Suite struct PositionLimitTests {
  @Test func `takes any first position that a log can have`() throws {
    var limit = PositionLimit()
    try limit.check(lsn(PositionLimit.end))
    limit = PositionLimit()
    #expect(throws: ReplicationError.impossiblePosition(lsn(.max), after: .zero)) {
      try limit.check(lsn(.max))
    }
  }

  @Test func `takes no step that no log makes`() throws {
    var limit = PositionLimit(from: lsn(0x100))
    try limit.check(lsn(0x100 + PositionLimit.longestStep))
    try limit.check(lsn(5))
    let next = 0x100 + 2 * PositionLimit.longestStep
    try limit.check(lsn(next))
    #expect(throws: ReplicationError.self) {
      try limit.check(lsn(next + PositionLimit.longestStep + 1))
    }
    // What was refused is not where the next step begins.
    #expect(throws: ReplicationError.self) {
      try limit.check(lsn(next + PositionLimit.longestStep + 1))
    }
  }

  @Test func `does not overflow`() throws {
    var limit = PositionLimit(from: lsn(.max - 5))
    try limit.check(lsn(.max - 5))
    #expect(throws: ReplicationError.self) { try limit.check(lsn(.max)) }
  }
}
