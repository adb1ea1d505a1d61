import Testing

@testable import ReplicationCore

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
