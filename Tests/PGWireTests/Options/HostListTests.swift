import PGWire
import Testing

/// Several hosts, paired with addresses and ports as libpq 18 pairs them.
@Suite struct HostListTests {
  @Test(
    arguments: [
      ("host=a,b", [.init("a"), .init("b")]),
      ("host=a,b port=1", [.init("a", port: 1), .init("b", port: 1)]),
      ("host=a,b port=1,", [.init("a", port: 1), .init("b")]),
      ("host=a,b port=,", [.init("a"), .init("b")]),
      ("hostaddr=::1,10.0.0.1", [.init(address: "::1"), .init(address: "10.0.0.1")]),
      (
        "host=a,b hostaddr=::1,10.0.0.1",
        [.init("a", address: "::1"), .init("b", address: "10.0.0.1")]
      ),
      ("host=a, hostaddr=,::1", [.init("a"), .init(address: "::1")]),
      ("host=/tmp,a", [.init("/tmp"), .init("a")]),
    ] as [(String, [ConnectionHost])])
  func `come from lists`(text: String, hosts: [ConnectionHost]) throws {
    #expect(try ConnectionOptions(text + " user=u").hosts == hosts)
  }

  @Test(
    arguments: [
      ("postgresql://u@a:1,b:2/d", [.init("a", port: 1), .init("b", port: 2)]),
      ("postgresql://u@a,b:2", [.init("a"), .init("b", port: 2)]),
      ("postgresql://u@[::1]:1,[::2]", [.init("::1", port: 1), .init("::2")]),
      ("postgresql://u@a%2Cb", [.init("a"), .init("b")]),
      ("postgresql://u@a,b/?port=7", [.init("a", port: 7), .init("b", port: 7)]),
      ("postgresql://u@/d?host=a,b&port=1,2", [.init("a", port: 1), .init("b", port: 2)]),
    ] as [(String, [ConnectionHost])])
  func `come from URIs`(text: String, hosts: [ConnectionHost]) throws {
    #expect(try ConnectionOptions(text).hosts == hosts)
  }

  @Test(
    arguments: [
      ("host=a,b port=1,2,3", "port"), ("host=a port=1,2", "port"),
      ("host=a,b hostaddr=::1", "host"), ("host=a hostaddr=::1,::2", "host"),
    ])
  func `must be as many of each`(text: String, key: String) {
    let error = #expect(throws: ConnectionOptionsError.self) {
      try ConnectionOptions(text + " user=u")
    }
    guard case .invalidValue(key, _) = error else {
      Issue.record("\(text): \(error as Any)")
      return
    }
  }

  @Test func `come with what is wanted of them`() throws {
    let options = try ConnectionOptions(
      "host=a,b user=u target_session_attrs=prefer-standby load_balance_hosts=random"
        + " min_protocol_version=3.2")
    #expect(options.targetSession == .preferStandby)
    #expect(options.hostOrder == .random)
    #expect(options.minimumProtocol == .v32)
    #expect(options.maximumProtocol == .v32)
    #expect("\(options)" == "u@a:5432,b:5432/u sslmode=prefer")
  }

  @Test func `come one by one`() throws {
    var options = try ConnectionOptions(host: "a", port: 1, user: "u")
    options.hosts.append(ConnectionHost("b", address: "10.0.0.1"))
    options.hosts.append(ConnectionHost("", address: "10.0.0.2"))
    #expect(
      options.hosts.map { "\($0.endpoint)" } == ["a:1", "10.0.0.1:5432", "10.0.0.2:5432"])
    #expect(options.hosts[2].name == nil)
    #expect(options.host == "a")
  }
}
