import Foundation
import PGWire
import Testing

/// Every kind of certificate with every `sslmode`, beside libpq with the same string.
@Suite struct TLSMatrixTests {
  private static let signatures = ["rsa", "rsa-pss", "rsa-sha384", "p256", "p384", "ed25519"]
  private static let faults = [
    "expired": "expired on", "early": "not valid yet", "unknown": "no authority in sslrootcert",
    "self-signed": "signed by itself", "wrong-host": "\"other.test\", \"another.test\", not for",
  ]
  private static let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

  /// A server with TLS, the ways to compare, and a role `scram` with a password.
  private func withServer(
    _ server: TestServer,
    _ body: @escaping @Sendable (OwnServer, Certificates, Outcomes) async throws -> Void
  ) async throws {
    let outcomes = try #require(Outcomes(TestServer.newest.first))
    try await Certificates.with { certificates in
      try await OwnServer.with(version: server.version) { own in
        try await own.setAccess([
          "hostssl all certuser 127.0.0.1/32 cert", "host all scram 127.0.0.1/32 scram-sha-256",
          "hostssl all only_tls 127.0.0.1/32 scram-sha-256",
          "hostnossl all only_clear 127.0.0.1/32 scram-sha-256",
        ])
        let sql = try await WireConnection.connect(own.localOptions())
        try await sql.run("SET password_encryption = 'scram-sha-256'; CREATE ROLE certuser LOGIN")
        for role in ["scram", "only_tls", "only_clear"] {
          try await sql.run("CREATE ROLE \(role) LOGIN PASSWORD 'pw'")
        }
        sql.close()
        try await body(own, certificates, outcomes)
      }
    }
  }

  private func string(_ own: OwnServer, _ user: String, _ more: String) -> String {
    "hostaddr=127.0.0.1 port=\(own.port) user=\(user) dbname=postgres password=pw \(more)"
  }

  @Test(arguments: TestServer.startable)
  func `certificates of every kind`(server: TestServer) async throws {
    try await withServer(server) { own, certificates, outcomes in
      let roots = certificates.path("roots.crt")
      let isNewest = TestServer.newest.contains(server)
      let faults = isNewest ? Self.faults.keys.sorted() + ["common-name"] : []
      for name in Self.signatures + faults {
        try await own.serve(certificates, name)
        var cases: [String: String] = [:]
        for mode in isNewest ? Self.modes : ["verify-full"] {
          cases["\(name) \(mode)"] = string(
            own, "scram", "host=localhost sslmode=\(mode) sslrootcert=\(roots)")
        }
        cases["\(name) bound"] = string(
          own, "scram", "host=localhost sslmode=require channel_binding=require")
        cases["\(name) unbound"] = string(
          own, "scram", "host=localhost sslmode=require channel_binding=disable")
        // Nobody can bind to Ed25519: where the server offers to, both refuse.
        let results = try await outcomes.compare(cases)
        try check(name, results)
      }
    }
  }

  /// What the reasons are, where we refuse.
  private func check(_ name: String, _ results: [String: Outcomes.Outcome]) throws {
    if name == "ed25519" {
      let words = try #require(results["ed25519 bound"]?.description)
      #expect(words.contains("ED25519") && words.contains("channel_binding=require"))
    }
    guard let reason = Self.faults[name] else { return }
    for mode in ["verify-full"] + (name == "wrong-host" ? [] : ["require", "verify-ca"]) {
      let words = try #require(results["\(name) \(mode)"]?.description)
      #expect(words.contains(reason), "\(words)")
    }
  }

  @Test(arguments: TestServer.newest.filter { TestServer.startable.contains($0) })
  func `hosts, revocation, versions, client certificates`(server: TestServer) async throws {
    try await withServer(server) { own, certificates, outcomes in
      let (path, roots) = (certificates.path, certificates.path("roots.crt"))
      let full = "sslmode=verify-full sslrootcert=\(roots)"
      try await own.serve(certificates, "rsa")
      var cases: [String: String] = [:]
      func add(_ name: String, user: String = "scram", _ more: String) {
        cases[name] = string(own, user, more)
      }
      for host in ["db.test", "DB.Test", "a.wild.test", "a.b.wild.test", "wild.test", "127.0.0.1"] {
        add("host \(host)", "host=\(host) \(full)")
      }
      add("host ::1, which it is not", "host=::2 \(full)")
      add("no roots", "host=db.test sslmode=verify-full")
      add("no such roots", "host=db.test sslmode=verify-ca sslrootcert=/nonexistent")
      add("no such roots, not needed", "host=db.test sslmode=require sslrootcert=/nonexistent")
      add("the system's roots", "host=db.test sslrootcert=system")
      add("an empty list of revoked", "host=db.test \(full) sslcrl=\(path("empty.crl"))")
      add("direct", "host=db.test sslmode=require sslnegotiation=direct")
      add("TLS 1.2", "host=db.test \(full) ssl_max_protocol_version=TLSv1.2")
      add("TLS 1.3", "host=db.test \(full) ssl_min_protocol_version=TLSv1.3")
      add(
        "TLS 1.1",
        "host=db.test sslmode=require ssl_min_protocol_version=TLSv1 "
          + "ssl_max_protocol_version=TLSv1.1")
      add("only with TLS, prefer", user: "only_tls", "host=db.test sslmode=prefer")
      add("only with TLS, allow", user: "only_tls", "host=db.test sslmode=allow")
      add("only with TLS, disable", user: "only_tls", "host=db.test sslmode=disable")
      add("only in clear, prefer", user: "only_clear", "host=db.test sslmode=prefer")
      add("only in clear, allow", user: "only_clear", "host=db.test sslmode=allow")
      add("only in clear, require", user: "only_clear", "host=db.test sslmode=require")
      for (name, certificate, key, more) in [
        ("client", "client.crt", "client.key", ""),
        ("client, not sent", "client.crt", "client.key", "sslcertmode=disable"),
        ("client, sent", "client.crt", "client.key", "sslcertmode=require"),
        ("stranger", "stranger.crt", "stranger.key", ""),
        ("encrypted key", "client.crt", "client.encrypted.key", "sslpassword='open sesame'"),
        ("encrypted key, wrong", "client.crt", "client.encrypted.key", "sslpassword=shut"),
        ("encrypted key, none", "client.crt", "client.encrypted.key", ""),
        ("another's key", "client.crt", "stranger.key", ""),
        ("no key", "client.crt", "nothing.key", ""), ("exposed key", "client.crt", "exposed", ""),
      ] {
        add(
          name, user: "certuser",
          "host=db.test sslmode=require sslcert=\(path(certificate)) sslkey=\(path(key)) \(more)")
      }
      add("no client certificate", user: "certuser", "host=db.test sslmode=require")
      add("no client certificate, required", "host=db.test sslmode=require sslcertmode=require")
      try? FileManager.default.copyItem(atPath: path("client.key"), toPath: path("exposed"))
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o644], ofItemAtPath: path("exposed"))
      let results = try await outcomes.compare(cases)
      try checkReasons(results)

      try await own.serve(certificates, "revoked")
      let revoked = try await outcomes.compare(
        [
          "revoked": string(own, "scram", "host=db.test \(full) sslcrl=\(path("revoked.crl"))"),
          "revoked, not looked at": string(own, "scram", "host=db.test \(full)"),
          "list of revoked missing": string(
            own, "scram", "host=db.test \(full) sslcrl=/nonexistent"),
        ], differing: ["list of revoked missing": ("TLS", "refused")])
      #expect(try #require(revoked["revoked"]).description.contains("it was revoked"))
    }
  }

  private func checkReasons(_ results: [String: Outcomes.Outcome]) throws {
    for (name, reason) in [
      ("host a.b.wild.test", "\"*.wild.test\""), ("no roots", "sslrootcert"),
      ("TLS 1.1", "ssl_min_protocol_version"), ("another's key", "does not belong to"),
      ("exposed key", "0600"), ("encrypted key, none", "sslpassword"),
      ("encrypted key, wrong", "sslpassword"), ("stranger", "sslcert"),
      ("no client certificate, required", "sslcert"),
    ] {
      let words = try #require(results[name]).description
      #expect(words.hasPrefix("refused") && words.contains(reason), "\(name): \(words)")
      #expect(!words.contains("open sesame") && !words.contains("shut"))
    }
  }
}
