import CDCTime
import PGWire
import Testing

@testable import ReplicationCore

/// What the doctor makes of what it has seen.
@Suite struct DoctorTests {
  /// A server on which nothing is wrong.
  private func healthy(
    _ change: (inout DoctorFacts) throws -> Void
  ) rethrows -> DoctorFacts {
    var facts = DoctorFacts()
    facts.server = 17
    facts.database = "db"
    facts.user = "app"
    facts.mayReplicate = true
    facts.seesSessions = true
    facts.connection.tlsVersion = "TLSv1.3"
    facts.connection.clientAddress = "10.0.0.7"
    facts.connection.replicationWorks = true
    facts.connection.hbaRule = HBARule(line: "4", text: "hostssl", method: "scram-sha-256")
    facts.settings = [
      "wal_level": "logical", "max_wal_senders": "10", "max_replication_slots": "10",
      "wal_sender_timeout": "60000", "max_slot_wal_keep_size": "1024",
      "output_plugin_libraries": "pgoutput, test_decoding",
    ]
    try change(&facts)
    return facts
  }

  private func findings(
    _ facts: DoctorFacts, slot: String? = nil, publications: [String] = [],
    plugin: String = "pgoutput"
  ) -> [String: Finding.Severity] {
    let judge = Judge(
      facts: facts, slot: slot, publications: publications, plugin: plugin,
      statusInterval: .seconds(10))
    for finding in judge.findings where finding.severity > .note { #expect(finding.why != nil) }
    return Dictionary(judge.findings.map { ($0.id, $0.severity) }, uniquingKeysWith: max)
  }

  private func slot(_ name: String, _ columns: [String: String] = [:]) throws -> SlotHealth {
    let all = [
      "slot_name": name, "slot_type": "logical", "plugin": "pgoutput", "database": "db",
      "restart_lsn": "0/100", "confirmed_flush_lsn": "0/200", "wal_status": "reserved",
    ].merging(columns) { $1 }
    let slot = try ReplicationSlot(ResultRow(all))
    return SlotHealth(
      slot: slot, holder: nil, currentLSN: LSN(rawValue: 0x1000_0000), walBytesPerSecond: 1000,
      expectedLoss: SlotHealth.expectedLoss(
        of: slot, walBytesPerSecond: 1000, idleTimeout: nil,
        now: PostgresTimestamp(microseconds: 0)))
  }

  @Test func `a healthy server has no findings to act on`() throws {
    let facts = try healthy { $0.slots = [try slot("s")] }
    #expect(findings(facts, slot: "s").values.allSatisfy { $0 <= .note })
  }

  @Test(arguments: [
    (17, "replica", nil, Finding.Severity.problem), (17, "minimal", nil, .problem),
    (17, "logical", nil, .fine), (19, "replica", "replica", .note),
    (19, "replica", "logical", .fine), (19, "minimal", "minimal", .problem),
  ])
  func `wal_level is judged by version`(
    server: Int, level: String, effective: String?, severity: Finding.Severity
  ) {
    let facts = healthy {
      $0.server = server
      $0.settings["wal_level"] = level
      $0.settings["effective_wal_level"] = effective
    }
    #expect(findings(facts)["wal-level"] == severity)
  }

  @Test func `the connection and the role are judged`() {
    #expect(findings(healthy { $0.connection.tlsVersion = nil })["tls"] == .warning)
    let local = healthy {
      $0.connection.tlsVersion = nil
      $0.connection.isLoopback = true
    }
    #expect(findings(local)["tls"] == .fine)
    let trust = HBARule(line: "1", text: "host all all", method: "trust")
    #expect(findings(healthy { $0.connection.hbaRule = trust })["hba"] == .warning)
    let refused = healthy {
      $0.connection.replicationWorks = false
      $0.connection.replicationFailure = "no pg_hba.conf entry"
      $0.mayReplicate = false
    }
    #expect(findings(refused)["replication-connection"] == .problem)
    #expect(findings(refused)["role"] == .problem)
    #expect(findings(healthy { $0.isSuperuser = true })["role"] == .note)
    #expect(findings(healthy { $0.seesSessions = false })["role-statistics"] == .note)
    #expect(findings(healthy { $0.refused = [(what: "w", why: "y")] })["not-seen"] == .note)
  }

  @Test func `the settings are judged`() throws {
    func with(_ name: String, _ value: String) -> [String: Finding.Severity] {
      findings(healthy { $0.settings[name] = value })
    }
    #expect(with("wal_sender_timeout", "0")["wal-sender-timeout"] == .warning)
    #expect(with("wal_sender_timeout", "2999")["wal-sender-timeout"] == .warning)
    #expect(with("max_slot_wal_keep_size", "-1")["wal-keep-size"] == .warning)
    #expect(with("max_wal_senders", "0")["max-wal-senders"] == .problem)
    #expect(with("max_wal_senders", "1")["max-wal-senders"] == .warning)
    #expect(findings(healthy { _ in }, plugin: "wal2json")["output-plugin"] == .problem)
    #expect(findings(healthy { _ in }, plugin: "test_decoding")["output-plugin"] == nil)
    let full = try healthy {
      $0.settings["max_replication_slots"] = "1"
      $0.slots = [try slot("other")]
    }
    #expect(findings(full, slot: "s")["max-replication-slots"] == .problem)
    #expect(findings(full, slot: "other")["max-replication-slots"] == .warning)
  }

  @Test func `the slot is judged`() throws {
    func with(_ columns: [String: String]) throws -> [String: Finding.Severity] {
      findings(try healthy { $0.slots = [try slot("s", columns)] }, slot: "s")
    }
    #expect(findings(healthy { _ in }, slot: "s")["slot-missing"] == .problem)
    #expect(try with(["wal_status": "lost"])["slot-lost"] == .problem)
    #expect(try with(["invalidation_reason": "idle_timeout"])["slot-lost"] == .problem)
    #expect(try with(["wal_status": "unreserved"])["slot-expiring"] == .problem)
    #expect(try with(["safe_wal_size": "1000"])["slot-expiring"] == .problem)
    #expect(try with(["safe_wal_size": "7200000"])["slot-expiring"] == .warning)
    #expect(try with(["safe_wal_size": "999999999999"])["slot-expiring"] == nil)
    // A burst does not count while little is used.
    let little = ["restart_lsn": "0/FFFFF00", "safe_wal_size": "1000000"]
    #expect(try with(little)["slot-expiring"] == nil)
    let half = ["restart_lsn": "0/FF80000", "safe_wal_size": "1000000"]
    #expect(try with(half)["slot-expiring"] == .warning)
    #expect(try with(["plugin": "wal2json"])["slot-kind"] == .problem)
    #expect(try with(["database": "other"])["slot-kind"] == .problem)
    #expect(try with(["slot_type": "physical"])["slot-kind"] == .problem)
    #expect(try with(["failover": "f"])["slot-failover"] == .note)
    #expect(try with(["active": "t", "active_pid": "5"])["slot-held"] == .note)
    let synced = try healthy {
      $0.isStandby = true
      $0.slots = [try slot("s", ["synced": "t", "failover": "t"])]
    }
    #expect(findings(synced, slot: "s")["slot-synced"] == .problem)
    // A slot that a standby has of its own can't be made for failover.
    let standby = try healthy {
      $0.isStandby = true
      $0.slots = [try slot("s", ["failover": "f"])]
    }
    #expect(findings(standby, slot: "s")["slot-failover"] == nil)
  }

  @Test func `a slot in use says what waits at the server and what at the client`() throws {
    let facts = try healthy {
      var health = try slot("s", ["active": "t", "active_pid": "5"])
      // The log ends at 256 MiB, and the slot is at 512 bytes.
      health.sentLSN = LSN(rawValue: 0x800_0000)
      $0.slots = [health]
    }
    let judge = Judge(
      facts: facts, slot: "s", publications: [], plugin: "pgoutput", statusInterval: .seconds(10))
    let held = judge.findings.first { $0.id == "slot-held" }
    #expect(
      held?.what
        == "it is in use by an unknown session; 128.0 MiB of WAL are not sent, and 128.0 MiB are "
        + "sent and not acknowledged")
  }

  @Test(
    arguments: [
      (0, 0, nil, Finding.Severity.fine, "no transaction"),
      (1, 100 << 20, nil, .note, "1 transaction was written to disk to be decoded, 100.0 MiB"),
      (
        3, 2 << 30, 1, .warning,
        "3 transactions were written to disk to be decoded, 2.0 GiB; memory "
      ),
      (3, 2 << 30, 7, .warning, "7 times"), (-1, .min, nil, .fine, "no transaction"),
    ] as [(Int64, Int64, Int64?, Finding.Severity, String)])
  func `transactions that were written to disk are named`(
    count: Int64, bytes: Int64, exceeded: Int64?, severity: Finding.Severity, words: String
  ) throws {
    let facts = try healthy {
      $0.slots = [try slot("s")]
      $0.decoding["s"] = DecodingFacts(
        spilledTransactions: count, spilledBytes: bytes, totalBytes: 3 << 30,
        memoryExceeded: exceeded)
    }
    let judge = Judge(
      facts: facts, slot: "s", publications: [], plugin: "pgoutput", statusInterval: .seconds(10))
    let spills = judge.findings.filter { $0.id == "slot-spills" }
    #expect(spills.map(\.severity) == [severity])
    #expect(spills.first?.what.contains(words) == true, "\(spills)")
    #expect(spills.first?.fix?.contains("\"app\"") == (severity == .fine ? nil : true))
  }

  @Test func `forgotten slots and long transactions are named`() throws {
    let day: Int64 = 86_400_000_000
    let facts = try healthy {
      $0.now = PostgresTimestamp(microseconds: 0)
      let since = PostgresTimestamp(microseconds: -2 * day).unixMicroseconds
      $0.slots = [
        try slot("idle", ["inactive_since_us": "\(since)"]),
        try slot("lost", ["wal_status": "lost"]), try slot("used", ["active": "t"]),
        try slot("young"),
      ]
      let session = ServerSession(pid: 42)
      $0.openTransactions = [
        OpenTransaction(session: session, preparedName: nil, age: .seconds(100)),
        OpenTransaction(session: nil, preparedName: "it's", age: .seconds(100)),
      ]
    }
    let all = Judge(
      facts: facts, slot: nil, publications: [], plugin: "pgoutput", statusInterval: .seconds(10)
    ).findings
    let orphans = all.filter { $0.id == "slot-orphaned" }.map(\.subject)
    #expect(orphans == ["slot idle", "slot lost"])
    #expect(
      all.first { $0.id == "long-transaction" }?.fix == "SELECT pg_terminate_backend(42);")
    #expect(
      all.first { $0.id == "prepared-transaction" }?.fix?.contains("PREPARED 'it''s'") == true)
  }

  private func table(
    _ publication: String = "p", identity: TableReplicaIdentity = .default, key: [String] = ["id"],
    columns: [String]? = nil, leftOut: [String] = [], filtered: [String] = [], toast: [String] = [],
    arrays: [String] = [], readable: Bool = true, oldRows: Bool = true
  ) -> PublishedTable {
    PublishedTable(
      publication: publication, schema: "s", name: "t\"", identity: identity,
      identityColumns: key, columns: columns, identityColumnsLeftOut: leftOut, rowFilter: nil,
      filterColumnsBeyondIdentity: filtered,
      toastColumns: toast, generatedColumns: [], textOnlyArrays: arrays, isReadable: readable,
      publishesOldRows: oldRows)
  }

  @Test func `replica identities are judged`() {
    #expect(table().judgement == .fine)
    #expect(table(key: []).judgement == .changesFail)
    #expect(table(identity: .nothing, key: []).judgement == .changesFail)
    #expect(table(key: [], oldRows: false).judgement == .fine)
    #expect(table(identity: .full, key: [], toast: ["big"]).judgement == .fine)
    #expect(table(toast: ["id", "big"]).judgement == .unchangedMissing(["big"]))
    #expect(table(leftOut: ["id"]).judgement == .columnListTooShort(["id"]))
    #expect(table(filtered: ["a"]).judgement == .rowFilterBeyondIdentity(["a"]))
  }

  @Test func `publications and their tables are judged`() {
    let publication = Publication(
      name: "p", isForAllTables: false, operations: Set(PublicationOperation.allCases),
      viaPartitionRoot: false, publishesGeneratedColumns: nil, schemas: [], age: 5,
      isAsCreated: true)
    func with(_ tables: PublishedTable...) -> [String: Finding.Severity] {
      let facts = healthy {
        $0.publications["p"] = publication
        $0.tables = tables
      }
      return findings(facts, publications: ["p"])
    }
    #expect(findings(healthy { _ in }, publications: ["p"])["publication-missing"] == .problem)
    #expect(with()["publication-empty"] == .warning)
    #expect(with(table())["publication"] == .fine)
    #expect(with(table(key: []))["replica-identity"] == .problem)
    #expect(with(table(leftOut: ["id"]))["column-list"] == .problem)
    #expect(with(table(filtered: ["a"]))["row-filter"] == .problem)
    #expect(with(table(toast: ["b"]))["toast"] == .note)
    #expect(with(table(arrays: ["a"]))["binary-columns"] == .warning)
    #expect(with(table(readable: false))["table-rights"] == .warning)
    #expect(
      with(table(columns: ["id"]), table("q", columns: nil))["column-lists-differ"] == .problem)
  }

  /// Only a checkpoint between a slot's position and a publication's creation proves their order.
  @Test func `a publication is a problem only if it is certainly newer than the slot`() throws {
    func order(
      _ ages: [String: Int64], checkpoint: (UInt64, Int64)? = nil, isAsCreated: Bool = true
    ) throws -> Finding.Severity? {
      let facts = try healthy {
        $0.publications["p"] = Publication(
          name: "p", isForAllTables: true, operations: [], viaPartitionRoot: false,
          publishesGeneratedColumns: nil, schemas: [], age: 5, isAsCreated: isAsCreated)
        $0.slots = [try slot("s")]
        $0.catalogAges = ages
        $0.checkpoint = checkpoint.map {
          CheckpointFacts(lsn: LSN(rawValue: $0.0), nextTransactionAge: $0.1)
        }
      }
      return findings(facts, slot: "s", publications: ["p"])["publication-order"]
    }
    // The slot's position is 0/200, and its catalog rows may be kept for a slot that is gone.
    #expect(try order(["s": 4]) == nil)
    #expect(try order([:]) == nil)
    #expect(try order(["s": 5]) == .note)
    #expect(try order(["s": 9, "other": 8]) == .note)
    #expect(try order(["s": 5], checkpoint: (0x200, 5)) == .problem)
    #expect(try order(["s": 5, "other": 9], checkpoint: (0x300, 6)) == .problem)
    #expect(try order(["s": 5], checkpoint: (0x1FF, 5)) == .note)
    #expect(try order(["s": 5], checkpoint: (0x200, 4)) == .note)
    #expect(try order(["s": 5], checkpoint: (0x200, 5), isAsCreated: false) == .note)
    #expect(try order(["s": 4], checkpoint: (0x200, 5)) == nil)
  }

  @Test(arguments: [
    (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1.0 KiB"),
    (1_048_575, "1.0 MiB"), (16_777_216, "16.0 MiB"), (UInt64.max, "16.0 EiB"),
  ])
  func `sizes are said for people`(count: UInt64, text: String) {
    #expect(Amounts.bytes(count) == text)
  }

  @Test func `slots of standbys that can't confirm are found`() throws {
    func found(_ list: String, isFailover: String = "t") throws -> Finding.Severity? {
      let facts = try healthy {
        $0.settings["synchronized_standby_slots"] = list
        $0.slots = [
          try slot("s", ["failover": isFailover]),
          try slot("used", ["slot_type": "physical", "active": "t"]),
          try slot("idle", ["slot_type": "physical"]),
        ]
      }
      return findings(facts, slot: "s")["standby-slots"]
    }
    #expect(try found("") == nil)
    #expect(try found("used") == nil)
    for list in ["missing", "idle", "s", "used, missing", "\"idle\""] {
      #expect(try found(list) == .problem, "\(list)")
      #expect(try found(list, isFailover: "f") == .warning, "\(list)")
    }
  }

  @Test func `what ends a stream later is found`() {
    let timeout = StoredSetting(value: "3s", role: "app", database: nil)
    #expect(
      findings(healthy { $0.transactionTimeouts = [timeout] })["transaction-timeout"] == .warning)
    #expect(findings(healthy { $0.encoding = "SQL_ASCII" })["encoding"] == .warning)
    #expect(findings(healthy { $0.encoding = "UTF8" })["encoding"] == nil)
    #expect(
      findings(healthy { $0.rowSecurity = [PublicationTable("b", schema: "a")] })["row-security"]
        == .warning)
  }
}
