import Testing

@testable import PGWire

@Suite struct PatienceTests {
  private let start = MonotonicTime(nanoseconds: 1_000_000_000)

  @Test func `without limits nothing is ever due`() {
    var patience = Patience(for: .copyData, now: start)
    patience.moved(at: start + .seconds(1))
    #expect(patience.due == nil)
  }

  @Test func `a deadline stays where it is, whatever comes`() {
    var patience = Patience(for: .endOfStartup, until: start + .seconds(3), now: start)
    patience.moved(at: start + .seconds(2))
    #expect(patience.due == start + .seconds(3))
    #expect(patience.waited(at: start + .seconds(3)) == .seconds(3))
  }

  @Test func `silence begins again with every byte`() {
    var patience = Patience(for: .copyData, silence: .seconds(3), now: start)
    #expect(patience.due == start + .seconds(3))
    patience.moved(at: start + .seconds(2))
    #expect(patience.due == start + .seconds(5))
    #expect(patience.waited(at: start + .seconds(6)) == .seconds(4))
  }

  @Test func `a flood of notices is no sign of life, and some are`() {
    var patience = Patience(for: .copyData, silence: .seconds(3), now: start)
    for _ in 1..<Patience.asidesThatCount { patience.took(isAside: true) }
    patience.moved(at: start + .seconds(1))
    #expect(patience.due == start + .seconds(4))
    patience.took(isAside: true)
    patience.moved(at: start + .seconds(2))
    #expect(patience.due == start + .seconds(4))
    patience.took(isAside: false)
    patience.moved(at: start + .seconds(3))
    #expect(patience.due == start + .seconds(6))
  }

  @Test func `of two limits the first one counts`() {
    var patience = Patience(
      for: .copyData, until: start + .seconds(4), silence: .seconds(3), now: start)
    #expect(patience.due == start + .seconds(3))
    patience.moved(at: start + .seconds(2))
    #expect(patience.due == start + .seconds(4))
  }

  @Test(
    arguments: [
      ("START_REPLICATION SLOT s", "START_REPLICATION"), ("  \n select 1", "select"),
      ("ALTER ROLE u PASSWORD 'secret'", "ALTER"), ("COPY(SELECT 1) TO STDOUT", "COPY"),
      ("", "a statement"), ("'secret'", "a statement"), ("-- x", "a statement"),
    ])
  func `names a command by its first word alone`(sql: String, word: String) {
    #expect(AwaitedAnswer.answer(to: sql) == .command(word))
  }
}
