import PGWire
import Testing

@Suite struct ConnectionOptionsErrorTests {
  @Test(
    arguments: [
      ("", .missingHost),
      ("user=u", .missingHost),
      ("postgresql://u@/d", .missingHost),
      ("host=h", .missingUser),
      ("postgresql://:p@h", .missingUser),
      ("host=h user=u bogus=1", .unknownKey("bogus")),
      ("host=h user=u Host=1", .unknownKey("Host")),
      ("postgresql://u@h?bogus=1", .unknownKey("bogus")),
      ("host=a,,b user=u", .missingHost),
      ("host=h user=u service=s", .serviceMissing("s")),
      ("host=h user=u service=''", .serviceMissing("")),
      ("host=h user=u service=s servicefile=/f", .serviceFileMissing("/f")),
      ("host=h user=u replication=database", .reservedKey("replication")),
      ("mydb", .malformed(.missingEqualsSign(offset: 0))),
      ("host=h user", .malformed(.missingEqualsSign(offset: 7))),
      ("host=h user=a b=", .unknownKey("b")),
      ("host=h =b", .malformed(.notAKey(offset: 7))),
      ("host='h", .malformed(.unterminatedQuote(offset: 0))),
      (#"host='h\'"#, .malformed(.unterminatedQuote(offset: 0))),
      ("host='h\\", .malformed(.unterminatedQuote(offset: 0))),
      ("postgresql://u@[::1", .malformed(.unterminatedBracket)),
      ("postgresql://u@[]", .malformed(.emptyBrackets)),
      ("postgresql://u@[::1]x", .malformed(.textAfterBracket)),
      ("postgresql://u@h?port", .malformed(.missingEqualsSign(offset: 17))),
      ("postgresql://u@h?port=1&&", .malformed(.missingEqualsSign(offset: 24))),
      ("postgresql://u@h?user=a=b", .malformed(.extraEqualsSign(offset: 17))),
      ("postgresql://%zz@h", .malformed(.percentEncoding(part: "user"))),
      ("postgresql://u@h/%4", .malformed(.percentEncoding(part: "dbname"))),
      ("postgresql://u@h/%00", .malformed(.zeroByte(part: "dbname"))),
      ("postgresql://u@h/a b", .malformed(.space(part: "dbname"))),
      ("host=h user=u\0", .malformed(.zeroByte(part: "the connection string"))),
      ("postgresql://u@h@i", .malformed(.strayAtSign)),
      ("postgresql://h/d@e", .malformed(.strayAtSign)),
      ("postgresql://%ff@h", .invalidValue("user", expected: "valid UTF-8")),
    ] as [(String, ConnectionOptionsError)])
  func `says what is wrong`(text: String, error: ConnectionOptionsError) {
    #expect(throws: error) { try ConnectionOptions(text, files: .none) }
  }

  @Test(
    arguments: [
      (
        "port",
        ["5432,5433", "1,x", "0", "-1", "65536", "1x", "x", "99999999999", "0x10", "1 2", "١"]
      ),
      ("sslmode", ["''", "on", "Require"]),
      ("connect_timeout", ["''", "1.5", "2147483648"]),
      ("keepalives", ["''", "on"]), ("keepalives_idle", ["1s"]), ("keepalives_interval", ["-"]),
      ("keepalives_count", ["''"]), ("tcp_user_timeout", ["+"]),
      ("client_encoding", ["LATIN1", "SQL_ASCII"]),
      ("hostaddr", ["db.example.com", "localhost"]), ("host", ["@abstract", "h,@abstract"]),
      ("target_session_attrs", ["''", "master"]), ("load_balance_hosts", ["''", "1"]),
      ("min_protocol_version", ["''", "3.1", "3.3", "latest max_protocol_version=3.0"]),
      ("max_protocol_version", ["''", "3"]),
    ])
  func `refuses a value by the name of its key`(key: String, values: [String]) {
    for value in values {
      let quoted = value == "''" || value.contains("=") ? value : "'\(value)'"
      let error = #expect(throws: ConnectionOptionsError.self) {
        try ConnectionOptions("host=h user=u \(key)=\(quoted)")
      }
      guard case .invalidValue(key, _) = error else {
        Issue.record("\(key)=\(value): \(String(describing: error))")
        continue
      }
    }
  }

  /// Every key of libpq 18 and 19 that is not supported, with the values that mean so.
  @Test(
    arguments: [
      ("sslkeylogfile", []),
      ("gsslib", []), ("gssencmode", ["disable", "prefer"]), ("gssdelegation", ["0"]),
      ("krbsrvname", ["postgres"]), ("sslcompression", ["0"]),
    ] as [(String, [String])])
  func `refuses by name what it does not support`(key: String, harmless: [String]) throws {
    for value in harmless + ["''"] {
      _ = try ConnectionOptions("host=h user=u \(key)=\(value)")
    }
    _ = try ConnectionOptions("host=h user=u \(key)=sesame \(key)=''")
    let error = #expect(throws: ConnectionOptionsError.unsupportedKey(key, accepted: harmless)) {
      try ConnectionOptions("host=h user=u \(key)=sesame")
    }
    #expect(error?.description.contains(key) == true)
    #expect(error?.description.contains("sesame") == false)
  }

  @Test func `checks values that come one by one`() {
    #expect(throws: ConnectionOptionsError.missingHost) {
      try ConnectionOptions(host: "", user: "u")
    }
    #expect(throws: ConnectionOptionsError.missingUser) {
      try ConnectionOptions(host: "h", user: "")
    }
    #expect(throws: ConnectionOptionsError.self) { try ConnectionOptions(host: "a,b", user: "u") }
    #expect(throws: ConnectionOptionsError.missingHost) {
      try ConnectionOptions(hosts: [], user: "u")
    }
    #expect(throws: ConnectionOptionsError.self) {
      var options = try ConnectionOptions(host: "h", user: "u")
      options.minimumProtocol = .v32
      options.maximumProtocol = .v30
      try options.check()
    }
    #expect(throws: ConnectionOptionsError.self) {
      try ConnectionOptions(host: "h", port: 0, user: "u")
    }
    #expect(throws: ConnectionOptionsError.self) { try ConnectionOptions(host: "h\0", user: "u") }
    #expect(throws: ConnectionOptionsError.self) {
      try ConnectionOptions(host: "h", user: "u", password: Password("a\0b"))
    }
    #expect(throws: ConnectionOptionsError.self) {
      try ConnectionOptions(hosts: [ConnectionHost("h", address: "h")], user: "u")
    }
  }
}
