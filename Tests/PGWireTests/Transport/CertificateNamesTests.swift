import PGWire
import Testing

/// Which hosts a certificate is for, by libpq's rules.
@Suite struct CertificateNamesTests {
  private func names(
    _ dns: [String] = [], _ addresses: [[UInt8]] = [], common: String? = nil
  ) -> CertificateNames {
    var names = CertificateNames()
    names.dns = dns.map { Array($0.utf8) }
    names.addresses = addresses
    names.commonName = common.map { Array($0.utf8) }
    return names
  }

  @Test(
    arguments: [
      ("db.test", "db.test", true), ("db.test", "DB.TEST", true), ("db.test", "db.test.", false),
      ("db.test", "xdb.test", false), ("*.test", "db.test", true), ("*.test", "a.db.test", false),
      ("*.test", "test", false), ("*.test", ".test", false), ("*", "test", false),
      ("*.", "a.", false), ("d*.test", "db.test", false), ("*.db.*", "a.db.test", false),
      ("db.test\0.evil", "db.test", false), ("", "", false), ("127.0.0.1", "127.0.0.1", true),
      ("*.0.0.1", "127.0.0.1", false), ("::1", "::1", true),
    ])
  func `matches names`(name: String, host: String, matches: Bool) {
    #expect(names([name]).matches(host: host) == matches)
    // The common name counts where there is no other.
    #expect(names(common: name).matches(host: host) == matches)
  }

  @Test func `matches addresses as bytes`() {
    let loopback6 = [UInt8](repeating: 0, count: 15) + [1]
    let own = names([], [[127, 0, 0, 1], loopback6])
    #expect(own.matches(host: "127.0.0.1"))
    #expect(own.matches(host: "::1") && own.matches(host: "0:0::0:1"))
    #expect(!own.matches(host: "127.0.0.2") && !own.matches(host: "localhost"))
    #expect(!names([], [[127, 0, 0], [127, 0, 0, 1, 0]]).matches(host: "127.0.0.1"))
  }

  @Test func `takes the common name only without alternatives of the host's kind`() {
    #expect(!names(["a.test"], common: "db.test").matches(host: "db.test"))
    #expect(names([], [[1, 2, 3, 4]], common: "db.test").matches(host: "db.test"))
    #expect(!names([], [[1, 2, 3, 4]], common: "127.0.0.1").matches(host: "127.0.0.1"))
    #expect(names(["a.test"], common: "127.0.0.1").matches(host: "127.0.0.1"))
    #expect(!names().matches(host: "db.test"))
  }

  @Test func `prints names that can be printed`() {
    #expect(names(["a\u{7}\0b"], [[1, 2, 3, 4]]).texts == ["a??b", "1.2.3.4"])
    #expect(names(common: "c").texts == ["c"])
    #expect(names((0..<100).map { "h\($0)" }).texts.count == 9)
  }
}
