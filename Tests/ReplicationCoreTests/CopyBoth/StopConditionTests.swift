import PGWire
import Testing

@testable import ReplicationCore

@Suite struct StopConditionTests {
  @Test func `is reached at the first commit beyond it`() {
    var stop = StopCondition(at: lsn(100))
    #expect(stop.reaches(commit: lsn(99)) == false)
    #expect(stop.reaches(commit: lsn(100)) == false)
    #expect(stop.reaches(commit: lsn(101)) == true)
    #expect(stop.isReached)
  }

  @Test func `is reached when the server has decoded beyond it`() {
    var stop = StopCondition(at: lsn(100))
    #expect(stop.reaches(walEnd: lsn(99), isInTransaction: false) == false)
    #expect(stop.reaches(walEnd: lsn(101), isInTransaction: false) == true)
  }

  @Test func `lets a transaction end first`() {
    var stop = StopCondition(at: lsn(100))
    #expect(stop.reaches(commit: lsn(100)) == false)
    for _ in 1...10 {
      #expect(stop.reaches(walEnd: lsn(200), isInTransaction: true) == false)
    }
    #expect(!stop.isReached)
    #expect(stop.reaches(walEnd: lsn(200), isInTransaction: false) == true)
  }

  @Test func `believes the exact position only when it is said again and again`() {
    var stop = StopCondition(at: lsn(100))
    for _ in 1...3 {
      #expect(stop.reaches(walEnd: lsn(100), isInTransaction: false) == false)
    }
    // A commit record begins there after all.
    #expect(stop.reaches(commit: lsn(100)) == false)
    for _ in 1...3 {
      #expect(stop.reaches(walEnd: lsn(100), isInTransaction: false) == false)
    }
    #expect(stop.reaches(walEnd: lsn(100), isInTransaction: false) == true)
  }
}
