import PGWire
import Testing

/// The service file, as libpq 18 and 19 read it.
@Suite struct ServiceFileTests {
  private let lines = """
    # the services
    [other]
    host=no

    [s]
      host=h
    port=7
    user=u
    host=second
    application_name= two words\u{20}\u{20}
    password='quoted'
    [t]
    host=t
    """

  private func files(_ paths: String...) -> ConnectionFiles {
    ConnectionFiles(systemDirectories: ["/sys"]) { [lines] path in
      paths.contains(path) ? .plain(Array(lines.utf8), mode: 0o644) : .missing
    }
  }

  @Test func `fills what the string does not say`() throws {
    let options = try ConnectionOptions(
      "service=s servicefile=/f port=8", environment: ["PGUSER": "e", "PGDATABASE": "d"],
      files: files("/f"))
    #expect(options.host == "h")
    #expect(options.port == 8)
    #expect(options.user == "u")
    #expect(options.database == "d")
    #expect(options.applicationName == " two words")
    #expect(options.passwordText == "'quoted'")
  }

  @Test func `is found where libpq finds it`() throws {
    func host(_ environment: [String: String], _ files: ConnectionFiles) throws -> String {
      try ConnectionOptions("user=u", environment: environment, files: files).host
    }
    let home = ["PGSERVICE": "s", "HOME": "/home/u"]
    #expect(try host(home, files("/home/u/.pg_service.conf")) == "h")
    #expect(try host(home, files("/sys/pg_service.conf")) == "h")
    #expect(
      try host(home.merging(["PGSYSCONFDIR": "/c"]) { $1 }, files("/c/pg_service.conf")) == "h")
    #expect(try host(home.merging(["PGSERVICEFILE": "/f"]) { $1 }, files("/f")) == "h")
    #expect(
      try host(
        ["PGSERVICE": "t", "PGSERVICEFILE": "/f"], files("/f", "/sys/pg_service.conf")) == "t")
    #expect(throws: ConnectionOptionsError.serviceFileMissing("/f")) {
      try host(["PGSERVICE": "s", "PGSERVICEFILE": "/f"], files("/sys/pg_service.conf"))
    }
    #expect(throws: ConnectionOptionsError.serviceMissing("x")) {
      try host(["PGSERVICE": "x", "HOME": "/home/u"], files("/home/u/.pg_service.conf"))
    }
  }

  @Test func `is not asked unless a service is named`() throws {
    let files = ConnectionFiles { _ in
      Issue.record("a file was read")
      return .missing
    }
    _ = try ConnectionOptions("host=h user=u servicefile=/f", files: files)
  }

  @Test(
    arguments: [
      "host", "host = h", "service=x", "servicefile=x", "bogus=1", "host=h\nnot a setting",
    ])
  func `is refused by the line that is wrong`(line: String) {
    let files = ConnectionFiles { _ in .plain(Array("\n[s]\n\(line)".utf8), mode: 0o600) }
    let number = 2 + line.split(separator: "\n").count
    #expect(throws: ConnectionOptionsError.serviceFile("/f", line: number)) {
      try ConnectionOptions("service=s servicefile=/f user=u", files: files)
    }
  }

  @Test func `is named in an error about its value`() {
    let files = ConnectionFiles { _ in .plain(Array("[s]\nport=x".utf8), mode: 0o600) }
    let error = #expect(throws: ConnectionOptionsError.self) {
      try ConnectionOptions("service=s servicefile=/f host=h user=u", files: files)
    }
    #expect(error?.description.contains("port in /f") == true)
  }
}
