import PGWire
import Testing

@Suite struct ConnectionOptionsTests {
  @Test func `takes every part of a URI`() throws {
    let options = try ConnectionOptions(
      "postgresql://al%20ice:p%40ss%2Fw@db.example.com:6432/my%2Fdb?sslmode=verify-full"
        + "&application_name=a%26b&connect_timeout=7&options=-c%20geqo%3Doff")
    #expect(options.user == "al ice")
    #expect(options.passwordText == "p@ss/w")
    #expect(options.host == "db.example.com")
    #expect(options.port == 6432)
    #expect(options.database == "my/db")
    #expect(options.tls.mode == .verifyFull)
    #expect(options.applicationName == "a&b")
    #expect(options.connectTimeout == .seconds(7))
    #expect(options.serverOptions == "-c geqo=off")
    #expect(options.endpoint == .tcp(host: "db.example.com", port: 6432))
  }

  @Test func `has libpq's defaults`() throws {
    let options = try ConnectionOptions("postgres://u@h")
    #expect(options.port == 5432)
    #expect(options.database == "u")
    #expect(options.password == nil)
    #expect(options.tls.mode == .prefer)
    #expect(options.applicationName == nil)
    #expect(options.serverOptions == nil)
    #expect(options.connectTimeout == nil)
    #expect(options.tcpUserTimeout == nil)
    #expect(options.keepalive == TCPKeepalive())
  }

  @Test(
    arguments: [
      ("postgresql://u@[::1]:5433/d", .tcp(host: "::1", port: 5433)),
      ("postgresql://u@[fe80::1%25eth0]/", .tcp(host: "fe80::1%eth0", port: 5432)),
      ("postgresql://u@%2Fvar%2Frun:5433/d", .unixSocket(path: "/var/run/.s.PGSQL.5433")),
      ("postgresql://u@/d?host=/tmp", .unixSocket(path: "/tmp/.s.PGSQL.5432")),
      ("postgresql:///d?host=h&user=u&port=1", .tcp(host: "h", port: 1)),
      ("postgresql://u@h?host=other", .tcp(host: "other", port: 5432)),
      ("host=h hostaddr=10.0.0.1 user=u", .tcpAddress("10.0.0.1", port: 5432)),
      ("hostaddr=::1 user=u", .tcpAddress("::1", port: 5432)),
      ("host=/tmp hostaddr=::1 user=u", .tcpAddress("::1", port: 5432)),
      ("host=h user=u port=' 65535\n'", .tcp(host: "h", port: 65535)),
      ("host=h user=u port=''", .tcp(host: "h", port: 5432)),
    ] as [(String, Endpoint)])
  func `finds the endpoint`(text: String, endpoint: Endpoint) throws {
    #expect(try ConnectionOptions(text).endpoint == endpoint)
  }

  @Test func `prints an endpoint as one would write it`() {
    #expect(Endpoint.tcp(host: "h", port: 1).description == "h:1")
    #expect(Endpoint.tcpAddress("::1", port: 1).description == "[::1]:1")
    #expect(Endpoint.unixSocket(path: "/tmp/x").description == "/tmp/x")
  }

  /// Each as libpq 18 reads it.
  @Test(
    arguments: [
      ("host=h user=u password=p", "p"),
      ("host = h\tuser\n=\r\nu password= p", "p"),
      (#"host=h user=u password='it\'s \\ two words'"#, #"it's \ two words"#),
      (#"host=h user=u password=two\ words\'\\"#, #"two words'\"#),
      (#"host=h user=u password=end\"#, "end"),
      ("host=h user='u'password='p'", "p"),
      ("host=h user=u password=a password=b", "b"),
      ("host=h user=u password=a'b'c", "a'b'c"),
      ("host=h user=u password==x=", "=x="),
      ("host=h password= user=u user=u", "user=u"),
      ("host=h user=u password=é", "é"),
      ("host=h user=u password=''", nil),
      ("host=h user=u password=", nil),
      ("postgresql://u:@h", nil),
      ("postgresql://u:a:b@h", "a:b"),
      ("postgresql://u:p?q#r&s=t@h", "p?q#r&s=t"),
      ("postgresql:// u : p @ h / d ", "p"),
      ("postgresql://u:a%20b+c@h", "a b+c"),
      ("postgresql://u:x@h?password=y&password=%7a", "z"),
    ] as [(String, String?)])
  func `reads a password through all quoting`(text: String, password: String?) throws {
    #expect(try ConnectionOptions(text).passwordText == password)
  }

  @Test func `keeps a password that is not UTF-8`() throws {
    let options = try ConnectionOptions("postgresql://u:%ff%01@h")
    #expect(options.password?.withBytes { $0.copied() } == [0xFF, 1])
  }

  @Test(
    arguments: [
      ("sslmode=disable", .disable), ("sslmode=allow", .allow), ("sslmode=prefer", .prefer),
      ("sslmode=require", .require), ("sslmode=verify-ca", .verifyCA),
      ("sslmode=verify-full", .verifyFull),
      ("requiressl=1", .require), ("requiressl=0", .prefer),
    ] as [(String, SSLMode)])
  func `reads sslmode`(text: String, mode: SSLMode) throws {
    #expect(try ConnectionOptions("host=h user=u \(text)").tls.mode == mode)
  }

  @Test func `reads JDBC's ssl=true in a URI`() throws {
    #expect(try ConnectionOptions("postgresql://u@h/d?ssl=true").tls.mode == .require)
    #expect(throws: ConnectionOptionsError.unknownKey("ssl")) {
      try ConnectionOptions("host=h user=u ssl=true")
    }
  }

  @Test func `reads the times and counts of the transport`() throws {
    let options = try ConnectionOptions(
      "host=h user=u connect_timeout=1 keepalives=0 keepalives_idle=+30 keepalives_interval=' 5 '"
        + " keepalives_count=3 tcp_user_timeout=1500")
    #expect(options.connectTimeout == .seconds(1))
    #expect(options.tcpUserTimeout == .milliseconds(1500))
    #expect(
      options.keepalive
        == TCPKeepalive(isEnabled: false, idle: .seconds(30), interval: .seconds(5), count: 3))
  }

  @Test(arguments: ["0", "-1", "-2147483648"])
  func `takes zero and less as no limit`(number: String) throws {
    let options = try ConnectionOptions(
      "host=h user=u connect_timeout=\(number) keepalives_idle=\(number)"
        + " keepalives_interval=\(number) keepalives_count=\(number) tcp_user_timeout=\(number)")
    #expect(options.connectTimeout == nil)
    #expect(options.tcpUserTimeout == nil)
    #expect(options.keepalive == TCPKeepalive())
  }

  @Test(arguments: ["UTF8", "utf-8", "Unicode", "auto", "''"])
  func `takes the encoding that it would use anyway`(name: String) throws {
    _ = try ConnectionOptions("host=h user=u client_encoding=\(name)")
  }

  @Test func `takes values one by one`() throws {
    var options = try ConnectionOptions(
      host: "h", user: "u", password: Password(""), database: "")
    #expect(options.password == nil)
    #expect(options.database == "u")
    options.password = Password("")
    options.applicationName = ""
    options.serverOptions = ""
    options.connectTimeout = .zero
    options.tcpUserTimeout = .seconds(-1)
    options.keepalive.idle = .seconds(-1)
    options.keepalive.count = 0
    #expect(options.password == nil)
    #expect(options.applicationName == nil)
    #expect(options.serverOptions == nil)
    #expect(options.connectTimeout == nil)
    #expect(options.tcpUserTimeout == nil)
    #expect(options.keepalive == TCPKeepalive())
  }

  @Test func `raises the newest protocol with the oldest`() throws {
    var options = try ConnectionOptions(host: "h", user: "u")
    #expect(options.maximumProtocol == .v30)
    options.minimumProtocol = .v32
    #expect(options.maximumProtocol == .v32)
    options.minimumProtocol = .v30
    #expect(options.maximumProtocol == .v32)
  }
}

extension ConnectionOptions {
  var passwordText: String? { password?.withBytes { $0.lossyString() } }
}
