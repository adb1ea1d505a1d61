import PGWire
import ReplicationCore
import Testing

/// The doctor, on servers on which something is wrong.
@Suite struct DoctorServerTests {
  private func examine(
    _ site: Site, slot: String? = nil, _ publications: [String] = [],
    options: ConnectionOptions? = nil
  ) async throws -> Diagnosis {
    var doctor = Doctor(options ?? site.options, slot: slot, publications: publications)
    doctor.watchingTime = .milliseconds(50)
    return try await doctor.examine()
  }

  @Test(arguments: TestServer.all)
  func `what is right is not complained of`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      let diagnosis = try await examine(site, slot: site.name, [site.name])
      #expect(diagnosis.findings.filter { $0.severity == .problem } == [])
      for id in ["server", "tls", "replication-connection", "wal-level", "max-wal-senders"] {
        #expect(diagnosis.findings.contains { $0.id == id && $0.severity <= .note }, "\(id)")
      }
      if server.fact("SOURCE") == "binaries" {
        #expect(diagnosis.findings.contains { $0.id == "hba" })
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `what is wrong is named, and its cure works`(server: TestServer) async throws {
    try await onSite(server) { site in
      let table = "\"T\"\"é\""
      try await site.sql.run("CREATE TABLE \(table) (a int, big text)")
      try await site.client { $0.publications = [] }.ensureSlot()
      try await site.sql.run("CHECKPOINT")
      try await site.publish("TABLE \(table)")
      let diagnosis = try await examine(site, slot: site.name, [site.name, "no such"])
      let problems = diagnosis.findings.filter { $0.severity == .problem }
      #expect(
        Set(problems.map(\.id)) == ["publication-missing", "replica-identity", "publication-order"])
      let identity = try #require(problems.first { $0.id == "replica-identity" })
      #expect(identity.subject == "table \"\(site.name)\".\(table)")
      try await site.sql.run(try #require(identity.fix))
      let cured = try await examine(site, slot: site.name, [site.name])
      #expect(!cured.findings.contains { $0.id == "replica-identity" && $0.severity == .problem })
    }
  }

  /// A new slot takes over what an older one keeps of the catalogs, and keeps it when that is gone.
  @Test(arguments: TestServer.all)
  func `a publication made before its slot is no problem, whatever slots there were`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY)")
      let older = try site.client {
        $0.slot = "\(site.name)older"
        $0.publications = []
      }
      try await older.ensureSlot()
      try await site.publish("TABLE t")
      try await site.sql.run("CHECKPOINT")
      try await site.client().ensureSlot()
      func order() async throws -> Finding? {
        try await examine(site, slot: site.name, [site.name]).findings
          .first { $0.id == "publication-order" }
      }
      #expect(try await order()?.severity == .note)
      try await older.dropSlot()
      let found = try #require(try await order())
      #expect(found.severity == .note)
      #expect(found.what.contains("unknown") && found.why?.contains("dropped") == true)
      // Changed options don't make it new.
      try await site.sql.run("CHECKPOINT")
      try await site.sql.run("ALTER PUBLICATION \(site.name) SET (publish = 'insert, update')")
      #expect(try await order()?.severity == .note)
    }
  }

  @Test(arguments: TestServer.all)
  func `what would end a stream or a snapshot later is found`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY, owner name)")
      try await site.sql.run("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
      try await site.publish("TABLE t")
      let role = "\(site.name)r"
      try await site.sql.run("CREATE ROLE \(role) LOGIN REPLICATION PASSWORD 'x'")
      try await site.sql.run("GRANT USAGE ON SCHEMA \(site.name) TO \(role)")
      try await site.sql.run("GRANT SELECT ON t TO \(role)")
      var expected: Set = ["row-security"]
      if server.version >= 17 {
        try await site.sql.run("ALTER ROLE \(role) SET transaction_timeout = '1h'")
        expected.insert("transaction-timeout")
      }
      let options = try site.options(user: role, password: "x")
      let wanted: Set = ["row-security", "transaction-timeout", "encoding"]
      func found() async throws -> [Finding] {
        try await examine(site, [site.name], options: options).findings
          .filter { wanted.contains($0.id) }
      }
      let findings = try await found()
      #expect(Set(findings.map(\.id)) == expected)
      for fix in findings.compactMap(\.fix) { try await site.sql.run(fix) }
      #expect(try await found() == [])
      let ascii = try await site.inNewDatabase(
        "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
      ascii.sql.close()
      let diagnosis = try await examine(ascii)
      #expect(diagnosis.findings.contains { $0.id == "encoding" })
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `a row filter that updates would fail at is found`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY, a int, b int)")
      // Of b, which is listed too, the catalogs don't tell whether the filter reads it.
      try await site.publish("TABLE t (id, b) WHERE (id > 0 AND a > 1 AND b > 1)")
      func problem() async throws -> Finding? {
        try await examine(site, [site.name]).findings.first { $0.id == "row-filter" }
      }
      let found = try #require(try await problem())
      #expect(found.severity == .problem && found.what.contains("reads a, not of its"))
      #expect(
        try await failure("UPDATE t SET a = 1", site)?.sqlState == SQLState(rawValue: "42P10"))
      try await site.sql.run("ALTER PUBLICATION \(site.name) SET TABLE t WHERE (a > 1)")
      try await site.sql.run(try #require(try await problem()?.fix))
      #expect(try await problem() == nil)
      #expect(try await failure("UPDATE t SET a = 1", site) == nil)
    }
  }

  private func failure(_ statement: String, _ site: Site) async throws -> ServerError? {
    do {
      try await site.sql.run(statement)
      return nil
    } catch PGWireError.server(let error) {
      return error
    }
  }

  @Test(arguments: TestServer.all)
  func `a role with too few rights learns which`(server: TestServer) async throws {
    try await onSite(server) { site in
      let role = "\(site.name)r"
      try await site.sql.run(
        "CREATE ROLE \(role) LOGIN PASSWORD 'p'; CREATE TABLE t (id int PRIMARY KEY)")
      try await site.publish("TABLE t")
      let diagnosis = try await examine(
        site, [site.name], options: site.options(user: role, password: "p"))
      let worst = Dictionary(
        diagnosis.findings.map { ($0.id, $0.severity) }, uniquingKeysWith: max)
      #expect(worst["role"] == .problem)
      #expect(worst["replication-connection"] == .problem)
      #expect(worst["role-statistics"] == .note)
      #expect(worst["not-seen"] == .note)
      #expect(worst["table-rights"] == .warning)
    }
  }

  @Test(arguments: TestServer.startable)
  func `a slot whose WAL is gone is lost, and the doctor says so`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      let sql = try await WireConnection.connect(try ConnectionOptions(own.url))
      defer { sql.close() }
      try await sql.run("CREATE PUBLICATION p")
      var params = try ReplicationParams(url: own.url, slot: "s", publications: ["p"])
      params.createsSlot = true
      let client = try Client(params)
      try await client.ensureSlot()
      try await sql.run("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
      try await sql.run("SELECT pg_reload_conf()")
      for _ in 0..<3 {
        try await sql.run("SELECT pg_switch_wal(); CREATE TABLE IF NOT EXISTS t ()")
      }
      for _ in 0..<3 {
        try await sql.run("SELECT txid_current(); SELECT pg_switch_wal(); CHECKPOINT")
      }
      let slot = try #require(try await client.slot())
      #expect(slot.isLost && slot.walStatus == .lost)
      #expect(slot.invalidation == (server.version >= 17 ? .walRemoved : nil))
      var doctor = Doctor(params.connection, slot: "s")
      doctor.watchingTime = .zero
      let diagnosis = try await doctor.examine()
      #expect(diagnosis.findings.contains { $0.id == "slot-lost" && $0.severity == .problem })
      let outcome = try await Pgcdc.run(["doctor", "--url", own.url, "--slot", "s", "--json"])
      #expect(outcome.status == 1)
      #expect(outcome.output.contains("\"id\":\"slot-lost\",\"severity\":\"problem\""))
      #expect(outcome.errors.isEmpty)
    }
  }

  @Test(arguments: TestServer.newest)
  func `the command ends as it promises`(server: TestServer) async throws {
    try await onSite(server) { site in
      let fine = try await Pgcdc.run(["doctor", "--url", site.url, "--sample", "10ms"])
      #expect(fine.status == 0)
      #expect(fine.lines.last?.hasPrefix("0 problems") == true)
      #expect(!fine.output.contains("\u{1B}"))
      let bad = try await Pgcdc.run(
        ["doctor", "--url", site.url, "--slot", "\(site.name)_no", "--sample", "10ms"])
      #expect(bad.status == 1)
      #expect(bad.output.contains("PROBLEM  slot \(site.name)_no"))
      let blind = try await Pgcdc.run(
        ["doctor", "--url", "postgresql://postgres@127.0.0.1:1/postgres"])
      #expect(blind.status == 2)
      #expect(blind.errors.contains("could not look"))
      let wrong = try await Pgcdc.run(["doctor", "--url", site.url, "--slot", "BAD"])
      #expect(wrong.status == 64)
    }
  }
}
