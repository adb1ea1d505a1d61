import PGWire
import Testing

/// Every way to authenticate with every demand, beside libpq with the same string.
@Suite struct AuthenticationMatrixTests {
  private static let roles = [
    "trust": "trust", "plain": "password", "md5": "md5", "scram": "scram-sha-256",
  ]

  @Test(arguments: TestServer.newest.filter { TestServer.startable.contains($0) })
  func `methods, channel binding and require_auth`(server: TestServer) async throws {
    let outcomes = try #require(Outcomes(TestServer.newest.first))
    try await Certificates.with { certificates in
      try await OwnServer.with(version: server.version) { own in
        try await own.setAccess(Self.roles.map { "host all \($0.key) 127.0.0.1/32 \($0.value)" })
        try await own.serve(certificates, "p384")
        try await Self.makeRoles(own)
        var cases: [String: String] = [:]
        func add(_ role: String, _ mode: String, _ more: String, _ password: String = "pw") {
          cases["\(role) \(mode) \(more) \(password == "pw" ? "" : "wrong password")"] =
            "host=127.0.0.1 port=\(own.port) user=\(role) dbname=postgres password=\(password) "
            + "sslmode=\(mode) \(more)"
        }
        for role in Self.roles.keys {
          for mode in ["disable", "prefer", "require"] {
            for binding in ["disable", "prefer", "require"] {
              add(role, mode, "channel_binding=\(binding)")
            }
          }
          for list in [
            "password", "md5", "scram-sha-256", "none", "!none", "!password", "!password,!md5",
            "md5,scram-sha-256", "oauth", "gss,none",
          ] { add(role, "require", "require_auth=\(list)") }
          add(role, "require", "channel_binding=require require_auth=!scram-sha-256")
          add(role, "require", "", "no")
          add(role, "disable", "", "no")
        }
        try await outcomes.compare(cases)
      }
    }
  }

  private static func makeRoles(_ own: OwnServer) async throws {
    let sql = try await WireConnection.connect(own.localOptions())
    defer { sql.close() }
    for role in roles.keys {
      let form = role == "md5" ? "md5" : "scram-sha-256"
      try await sql.run(
        "SET password_encryption = '\(form)'; CREATE ROLE \(role) LOGIN PASSWORD 'pw'")
    }
  }

  /// Passwords that SASLprep changes, forbids or leaves alone, stored and proved both ways.
  @Test(arguments: TestServer.startable)
  func `passwords of all kinds`(server: TestServer) async throws {
    let outcomes = try #require(Outcomes(TestServer.newest.first))
    try await OwnServer.with(version: server.version) { own in
      try await own.setAccess(["host all all 127.0.0.1/32 scram-sha-256"])
      let sql = try await WireConnection.connect(own.localOptions())
      defer { sql.close() }
      let stored = [
        "ﬁ", "ﬁ😀", "a\u{AD}b", "a\u{A0}b", "ª", "Ⅸ", "e\u{301}", "a\u{200B}b", "\u{340}a",
        "\u{627}ﬁ", "\u{627}\u{628}", "한글", "\u{1112}\u{1161}\u{11AB}", "pä ß", "Ａ", "㌔", "\u{7}ﬁ",
        "ΐ\u{344}", "日本\u{3000}語", "\u{1D400}\u{1D538}", "q\u{307}\u{323}", "\u{AD}",
      ]
      let tried = ["fi", "ab", "a b", "a", "IX", "é", "\u{D55C}", "A", "キロ", "\u{1E69}"]
      var cases: [String: String] = [:]
      for (index, password) in stored.enumerated() {
        try await sql.run(
          """
          SET password_encryption = 'scram-sha-256';
          CREATE ROLE r\(index) LOGIN PASSWORD \(password.literal)
          """)
        for attempt in [password] + tried where attempt == password || index % 7 == 0 {
          let hex = attempt.utf8.map { String($0, radix: 16) }.joined(separator: " ")
          cases["role \(index) with \(hex)"] =
            "host=127.0.0.1 port=\(own.port) user=r\(index) dbname=postgres sslmode=disable "
            + "password='\(attempt)'"
        }
      }
      let results = try await outcomes.compare(cases)
      // Every password lets its own role in.
      #expect(results.values.filter { $0 == .inClear }.count >= stored.count)
    }
  }
}
