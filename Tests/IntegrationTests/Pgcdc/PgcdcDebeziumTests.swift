import Foundation
import PGWire
import ReplicationCore
import Testing

@testable import pgcdc

/// Debezium's events, from servers.
@Suite struct PgcdcDebeziumTests {
  /// Columns, values, and what the values become; most are those of Debezium's own tests.
  private static let columns: [(type: String, value: String, json: String)] = [
    ("timestamp", "2016-11-04T13:51:30.123456", "1478267490123456"),
    ("timestamp(3)", "2016-11-04T13:51:30.123456", "1478267490123"),
    ("timestamp", "294247-01-01T23:59:59.999999", "9223371331199999999"),
    ("timestamp", "4713-12-31T23:59:59.999999 BC", "-210831897600000001"),
    ("timestamp", "infinity", "9223372036825200000"),
    ("timestamptz", "2016-11-04T13:51:30.123456+02:00", #""2016-11-04T11:51:30.123456Z""#),
    ("timestamptz", "21016-11-04T13:51:30.000000+07:00", #""+21016-11-04T06:51:30.000000Z""#),
    ("timestamptz", "4714-12-31T23:59:59.999999Z BC", #""-4713-12-31T23:59:59.999999Z""#),
    ("timestamptz", "-infinity", #""-infinity""#), ("date", "2016-11-04", "17109"),
    ("time", "24:00:00", "86400000000"), ("time(3)", "13:51:30.123", "49890123"),
    ("timetz", "13:51:30.123789+02:00", #""11:51:30.123789Z""#),
    ("interval", "P1Y2M3DT4H5M6.78S", "37091106780000"),
    ("decimal(3,2)", "1.1", #""bg==""#), ("decimal(4)", "10.11", #""Cg==""#),
    ("decimal", "10.1111", #"{"scale":4,"value":"AYr3"}"#),
    ("numeric(6,4)", "22.22", #""A2P4""#), ("money", "($1234.11)", #""/h3t""#),
    ("float4", "3.3", "3.3"), ("float8", "-Infinity", #""-Infinity""#),
    ("oid", "4000000000", "4000000000"),
    ("bit", "1", "true"), ("bit(7)", "1000000", #""QA==""#), ("bit varying(2)", "00", #""""#),
    ("bit varying(64)", "1" + String(repeating: "0", count: 63), #""AAAAAAAAAIA=""#),
    ("bit varying", "111011010001000110000001000000001", #""AQIj2gE=""#),
    ("bytea", #"\x010203"#, #""AQID""#),
    (
      "uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
      #""a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11""#
    ),
    ("json", #"{"a": 1}"#, #""{\"a\": 1}""#), ("jsonb", "[1,2]", #""[1, 2]""#),
    ("point", "(1,1)", #"{"x":1,"y":1,"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAPA/","srid":null}"#),
    ("mood", "sad", #""sad""#), ("posint", "5", "5"), ("pair", "(1,x)", #""(1,x)""#),
    ("int4range", "[1,5)", #""[1,5)""#), ("inet", "192.168.2.1/24", #""192.168.2.1/24""#),
    ("hstore", #""key"=>"val", "n"=>NULL"#, #""{\"n\":null,\"key\":\"val\"}""#),
    ("citext", "Ab", #""Ab""#), ("char(4)", "ab", #""ab  ""#),
    ("mood[]", "{sad,NULL}", #"["sad",null]"#),
    ("numeric(10,2)[]", "{1.1,2.22}", #"["bg==","AN4="]"#), ("date[]", "{2016-11-04}", "[17109]"),
    ("timestamptz[]", "{2020-04-01 11:51:02+00}", #"["2020-04-01T11:51:02.000000Z"]"#),
    ("bytea[]", #"{"\\x000102"}"#, #"["AAEC"]"#), ("posint[]", "{1,2}", "[1,2]"),
    ("text", "é\n", #""é\n""#),
  ]

  @Test(arguments: TestServer.all)
  func `events have the values that Debezium's have, from text and binary`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN posint AS int CHECK (value > 0);
        CREATE TYPE pair AS (a int, b text);
        CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS citext
        """)
      let columns = Self.columns.enumerated().map { "c\($0) \($1.type)" }.joined(separator: ", ")
      try await site.sql.run("CREATE TABLE t (id int PRIMARY KEY, \(columns))")
      try await site.publish("TABLE t")
      try await site.client().ensureSlot()
      let values = Self.columns.map { "\($0.value.literal)::\($0.type)" }.joined(separator: ", ")
      try await site.sql.run("INSERT INTO t VALUES (1, \(values))")
      let expected =
        #"{"before":null,"after":{"id":1,"#
        + Self.columns.enumerated().map { #""c\#($0)":\#($1.json)"# }.joined(separator: ",")
        + #"},"source":{"version":"\#(PGCDC.version)","connector":"postgresql","name":"shop","ts_ms":"#
      for options in server.version < 14 ? [[]] : [[], ["--binary"]] {
        let outcome = try await Pgcdc.run(
          ["stream"] + site.arguments + [
            "--until-now", "--no-ack", "--format", "debezium", "--debezium-name", "shop",
          ] + options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let line = try #require(outcome.lines.first)
        #expect(outcome.lines.count == 1)
        #expect(line.hasPrefix(expected), "\(options)")
        if !line.hasPrefix(expected) { Self.recordDifferences(line) }
      }
    }
  }

  /// Names the columns that aren't as expected.
  private static func recordDifferences(_ line: String) {
    for (index, column) in columns.enumerated()
    where !line.contains(#""c\#(index)":\#(column.json)"#) {
      let found = line.firstRange(of: #""c\#(index)":"#).map { line[$0.lowerBound...].prefix(80) }
      Issue.record("\(column.type) \(column.value): \(found ?? "missing")")
    }
  }

  @Test(arguments: TestServer.all)
  func `events tell what happened, where and when`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE keyed (id int PRIMARY KEY, big text); CREATE TABLE whole (id int, big text);
        ALTER TABLE keyed ALTER big SET STORAGE EXTERNAL; ALTER TABLE whole ALTER big SET STORAGE EXTERNAL;
        ALTER TABLE whole REPLICA IDENTITY FULL
        """)
      try await site.publish("TABLE keyed, whole")
      try await site.client().ensureSlot()
      let big = "repeat('x', 4000)"
      var ends: [LSN] = []
      for statement in [
        "INSERT INTO keyed VALUES (1, \(big)); INSERT INTO whole VALUES (1, \(big))",
        "UPDATE keyed SET id = id; UPDATE whole SET id = 2", "UPDATE keyed SET id = 3",
        "DELETE FROM keyed; DELETE FROM whole", "TRUNCATE keyed",
      ] {
        try await site.sql.run("BEGIN; \(statement); COMMIT")
        ends.append(try await site.currentLSN())
      }
      let messages = server.version < 14 ? [] : ["--messages"]
      if server.version >= 14 {
        try await site.sql.run("SELECT pg_logical_emit_message(false, 'p', 'content')")
      }
      let outcome = try await Pgcdc.run(
        ["stream"] + site.arguments + [
          "--until-now", "--format", "debezium", "--debezium-truncates",
        ] + messages)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let events = try outcome.lines.map(Event.init)
      let x = String(repeating: "x", count: 4000)
      let lost = "__debezium_unavailable_value"
      var expected = [
        "c keyed null \(["1", x])", "c whole null \(["1", x])", "u keyed null \(["1", lost])",
        "u whole \(["1", x]) \(["2", x])", "d keyed \(["1", "null"]) null",
        "c keyed null \(["3", lost])", "d keyed \(["3", "null"]) null",
        "d whole \(["2", x]) null", "t keyed null null",
      ]
      if server.version >= 14 { expected.append("m  null null") }
      #expect(events.map(\.summary) == expected)
      let database = try await site.sql.value("SELECT current_database()")
      let now = Date().timeIntervalSince1970 * 1000
      for event in events {
        #expect(event.source["db"] as? String == database)
        #expect(event.source["name"] as? String == site.name)
        let time = try #require(event.source["ts_ms"] as? Double)
        #expect(abs(now - time) < 120_000)
        #expect((event.source["ts_us"] as? Double).map { Int($0 / 1000) } == Int(time))
        #expect(event.source["lsn"] is Int)
      }
      // The end of the transaction before, which is null for the first.
      #expect(events[0].sequence[0] == nil && events[1].sequence[0] == nil)
      let last = try #require(events[2].sequence[0].flatMap { UInt64($0) })
      #expect(last <= ends[0].rawValue && last > (events[1].source["lsn"] as? UInt64 ?? 0))
      #expect(events[3].sequence[0] == events[2].sequence[0])
      #expect(events[2].source["txId"] as? Int == events[3].source["txId"] as? Int)
    }
  }

  @Test(arguments: TestServer.all)
  func `keys, and what deletions lack, are as the catalog says, if it is asked`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE keyed (id int PRIMARY KEY, a int NOT NULL, b text NOT NULL DEFAULT 'new',
          c text, d pg_lsn);
        CREATE TABLE whole (id int PRIMARY KEY, a int); ALTER TABLE whole REPLICA IDENTITY FULL
        """)
      try await site.publish("TABLE keyed, whole")
      try await site.client().ensureSlot()
      try await site.sql.run(
        """
        INSERT INTO keyed VALUES (1, 2, 'b', 'c', '0/1'); DELETE FROM keyed;
        INSERT INTO whole VALUES (1, 2); UPDATE whole SET id = 3
        """)
      for (options, deletion, operations) in [
        ([], #"{"before":{"id":1,"a":0,"b":"new","c":null},"after":null,"#, "cdcdc"),
        (
          ["--debezium-no-catalog"],
          #"{"before":{"id":1,"a":null,"b":null,"c":null},"after":null,"#, "cdcu"
        ),
      ] as [([String], String, String)] {
        let outcome = try await Pgcdc.run(
          ["stream"] + site.arguments + ["--until-now", "--no-ack", "--format", "debezium"]
            + options)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let found = outcome.lines.compactMap { $0.firstMatch(of: /"op":"(.)"/)?.1 }.joined()
        #expect(found == operations)
        #expect(outcome.lines.count > 1 && outcome.lines[1].hasPrefix(deletion))
      }
    }
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 15 })
  func `a slot for two-phase commit is refused, and nothing is acknowledged`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      try await site.client { $0.usesTwoPhase = true }.ensureSlot()
      let before = try await site.confirmedFlush()
      try await site.sql.run(
        "BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION '\(site.name)'")
      try await site.sql.run("COMMIT PREPARED '\(site.name)'")
      let outcome = try await site.stream("--until-now", "--format", "debezium")
      #expect(outcome.status == 1 && outcome.output.isEmpty)
      #expect(outcome.errors.contains("without two_phase"), "\(outcome.errors)")
      #expect(try await site.confirmedFlush() == before)
    }
  }

  /// An event, taken apart.
  private struct Event {
    let summary: String
    let source: [String: Any]
    let sequence: [String?]

    init(_ line: String) throws {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      source = try #require(object["source"] as? [String: Any])
      let operation = try #require(object["op"] as? String)
      summary = try [
        operation, #require(source["table"] as? String), Self.row(object["before"]),
        Self.row(object["after"]),
      ].joined(separator: " ")
      let text = try #require(source["sequence"] as? String)
      let parts = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Any]
      sequence = try #require(parts).map { $0 as? String }
    }

    private static func row(_ object: Any?) -> String {
      guard let row = object as? [String: Any] else { return "null" }
      return "\(["id", "big"].map { row[$0] is NSNull ? "null" : "\(row[$0] ?? "missing")" })"
    }
  }
}
