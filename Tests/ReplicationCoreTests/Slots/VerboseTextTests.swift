import PGWire
import Testing

@testable import ReplicationCore

/// The server's error in what libpq says of a failed connect.
@Suite struct VerboseTextTests {
  @Test func `has a code, a message and where it was raised`() throws {
    let error = try #require(
      ServerError(
        verboseText: """
          connection to server at "127.0.0.1", port 5432 failed: FATAL:  42501: permission denied \
          to start WAL sender; DETAIL:  Only roles may; HINT:  Ask; LOCATION:  InitPostgres, \
          postinit.c:960
          """))
    #expect(error.sqlState == .insufficientPrivilege)
    #expect(error.severity == "FATAL")
    #expect(error.message == "permission denied to start WAL sender")
    #expect(error.detail == "Only roles may")
    #expect(error.hint == "Ask")
    #expect(error.routine == "InitPostgres")
  }

  @Test func `is the last of two`() throws {
    let error = try #require(
      ServerError(verboseText: "x failed: FATAL:  28000: first; x failed: FATAL:  28P01: second"))
    #expect(error.sqlState == .invalidPassword)
    #expect(error.message == "second")
  }

  @Test(
    arguments: [
      "", "connection to server failed: Connection refused", "FATAL:  ", "x:  28P0", "x:  28p01: y",
      "x:  é8P01: y", ":  ",
    ])
  func `is none where libpq says something itself`(text: String) {
    #expect(ServerError(verboseText: text) == nil)
  }
}
