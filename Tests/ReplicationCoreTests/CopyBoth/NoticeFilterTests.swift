import PGWire
import ReplicationTestKit
import Testing

@testable import ReplicationCore

@Suite struct NoticeFilterTests {
  private let warning = ServerError.made(severity: "WARNING", .internalError, "a slot is missing")
  private let other = ServerError.made(severity: "WARNING", .internalError, "another")

  @Test func `logs what repeats once, and then counts it`() {
    var filter = NoticeFilter()
    let start = MonotonicTime(nanoseconds: 0)
    #expect(filter.repetitions(of: warning, at: start) == 0)
    for second in 1...59 {
      #expect(filter.repetitions(of: warning, at: start + .seconds(second)) == nil)
    }
    #expect(filter.repetitions(of: other, at: start + .seconds(59)) == 0)
    #expect(filter.repetitions(of: warning, at: start + .seconds(60)) == 59)
    #expect(filter.repetitions(of: warning, at: start + .seconds(61)) == nil)
  }

  @Test func `keeps little of many`() {
    var filter = NoticeFilter()
    for number in 1...1000 {
      let notice = ServerError.made(severity: "WARNING", .internalError, "notice \(number)")
      #expect(filter.repetitions(of: notice, at: MonotonicTime(nanoseconds: 0)) == 0)
    }
  }
}

@Suite struct ControlWordsTests {
  @Test func `leaves out libpq's guess where the server has said what happened`() {
    let guess =
      "server closed the connection unexpectedly\n"
      + "\tThis probably means the server terminated abnormally\n"
      + "\tbefore or while processing the request.\n"
    let reason = "FATAL:  terminating connection due to idle-session timeout"
    #expect(ControlConnection.words(of: "\(reason)\n\(guess)") == reason)
    #expect(ControlConnection.words(of: guess).hasPrefix("server closed the connection"))
  }
}
