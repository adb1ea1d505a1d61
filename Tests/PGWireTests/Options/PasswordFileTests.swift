import PGWire
import Testing

/// The password file, as libpq 18 reads it.
@Suite struct PasswordFileTests {
  /// The password for each host of the string.
  private func passwords(
    _ lines: String, _ text: String = "host=h user=u dbname=d"
  ) throws -> [String?] {
    let files = ConnectionFiles { path in
      path == "/p" ? .plain(Array(lines.utf8), mode: 0o600) : .missing
    }
    let options = try ConnectionOptions(text + " passfile=/p", files: files)
    return options.hosts.indices.map { options.pinned(toHost: $0).passwordText }
  }

  @Test(
    arguments: [
      ("h:5432:d:u:p", "p"), ("*:*:*:*:p", "p"), ("h:*:d:u:p", "p"),
      ("other:*:*:*:no\nh:*:*:*:p\n*:*:*:*:no", "p"), ("#h:5432:d:u:no\nh:5432:d:u:p", "p"),
      ("h:5432:d:u:p\r\n", "p"), ("h:5432:d:u:a\\:b\\\\c", "a:b\\c"),
      ("h:5432:d:u:p:rest", "p"), ("\\h:5432:d:u:p", "p"), ("h:5432:d:u:p\\", "p\\"),
      ("h:5432:d:u: p ", " p "), ("h:5432:d:u:", nil), ("h:5432:d:u", nil), ("", nil),
      ("H:5432:d:u:p", nil), ("h*:5432:d:u:p", nil), (" h:5432:d:u:p", nil), ("hh:*:*:*:p", nil),
      ("h:05432:d:u:p", nil), ("\n\nh:5432:d:u:p", "p"), ("*:5432:d:u:p", "p"),
      ("**:5432:d:u:p", nil),
    ] as [(String, String?)])
  func `gives the password of the first line that matches`(
    lines: String, password: String?
  ) throws {
    #expect(try passwords(lines) == [password])
  }

  @Test func `tells hosts apart`() throws {
    let lines = "a:1:*:*:first\nb:*:*:*:second\nlocalhost:*:*:*:local\n::1:*:*:*:six"
    #expect(
      try passwords(lines.replacing("::1", with: "\\:\\:1"), "host=a,b,c,/tmp port=1 user=u")
        == ["first", "second", nil, "local"])
    #expect(try passwords("\\:\\:1:*:*:*:six", "hostaddr=::1 user=u") == ["six"])
    #expect(try passwords("h:*:u:u:own", "host=h user=u") == ["own"])
    #expect(
      try passwords("name:*:*:*:p\n10.0.0.1:*:*:*:no", "host=name hostaddr=10.0.0.1 user=u")
        == ["p"])
  }

  @Test func `is not asked when there is a password`() throws {
    #expect(try passwords("*:*:*:*:no", "host=h user=u password=p") == ["p"])
    #expect(try passwords("*:*:*:*:yes", "host=h user=u password=''") == ["yes"])
  }

  @Test func `is found where libpq finds it`() throws {
    let files = ConnectionFiles { path in
      .plain(Array("*:*:*:*:\(path)".utf8), mode: 0o600)
    }
    func path(_ text: String, _ environment: [String: String]) throws -> String? {
      try ConnectionOptions("host=h user=u " + text, environment: environment, files: files)
        .pinned(toHost: 0).passwordText
    }
    let environment = ["HOME": "/home/u", "PGPASSFILE": "/env"]
    #expect(try path("passfile=/key", environment) == "/key")
    #expect(try path("", environment) == "/env")
    #expect(try path("", ["HOME": "/home/u"]) == "/home/u/.pgpass")
    #expect(try path("passfile=''", environment) == "/home/u/.pgpass")
    #expect(try path("", [:]) == nil)
  }

  @Test(
    arguments: [
      (.plain(Array("*:*:*:*:no".utf8), mode: 0o640), "chmod"), (.notPlain, "plain"),
      (.plain(Array("*:*:*:*:no".utf8), mode: 0o604), "0600"), (.unreadable("why"), "why"),
    ] as [(ConnectionFiles.File, String)])
  func `is ignored, and that is told, if it can't be trusted`(
    file: ConnectionFiles.File, word: String
  ) throws {
    let options = try ConnectionOptions(
      "host=h user=u passfile=/p", files: ConnectionFiles { _ in file })
    #expect(options.pinned(toHost: 0).password == nil)
    let ignored = try #require(options.ignoredPasswordFile)
    #expect(ignored.path == "/p")
    #expect(word == "chmod" || "\(ignored)".contains(word), "\(ignored)")
  }

  @Test func `may be missing`() throws {
    let options = try ConnectionOptions("host=h user=u passfile=/p", files: .none)
    #expect(options.ignoredPasswordFile == nil)
  }
}
