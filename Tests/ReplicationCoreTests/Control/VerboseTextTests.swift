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
    #expect(error.file == "postinit.c")
    #expect(error.line == 960)
  }

  /// libpq's labels are in the program's language, and the rest in the server's.
  @Test(
    arguments: [
      """
      FATAL:  42501: nur Superuser und Replikationsrollen können WAL-Sender starten; \
      ORT:  InitPostgres, postinit.c:960
      """,
      """
      FATAL:  42501: doit être un superutilisateur; EMPLACEMENT :  InitPostgres, postinit.c:960
      """,
      "FATAL:  42501: 権限がありません; 場所:  InitPostgres, postinit.c:960",
    ])
  func `has the place in the server's source in any language`(text: String) throws {
    let error = try #require(ServerError(verboseText: text))
    #expect(error.sqlState == .insufficientPrivilege)
    #expect(error.routine == "InitPostgres")
    #expect(error.line == 960)
    #expect(!error.message.contains("InitPostgres"))
    #expect(error.advice?.contains("ALTER ROLE") == true)
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
