import Foundation
import PGWire
import ReplicationCore
import ReplicationTestKit
import Testing

/// The commands beside `stream`.
@Suite struct PgcdcCommandTests {
  @Test(arguments: TestServer.all)
  func `slots are made, shown, moved and dropped`(server: TestServer) async throws {
    try await onSite(server) { site in
      func slot(_ command: String, _ more: String...) async throws -> ChildProcess.Outcome {
        try await Pgcdc.run(["slot", command, "--url", site.url, "--slot", site.name] + more)
      }
      let missing = try await slot("show")
      #expect(missing.status == 1)
      #expect(missing.errors.contains("\"\(site.name)\" does not exist"))

      let created = try await slot("ensure")
      #expect(created.status == 0)
      #expect(created.output == "\(site.name) created\n")
      #expect(created.errors.contains("WAL"))
      #expect(try await slot("ensure").output == "\(site.name) exists\n")

      let shown = try await slot("show", "--json")
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any])
      #expect(object["slot_name"] as? String == site.name)
      #expect(object["plugin"] as? String == "pgoutput")
      #expect(object["slot_type"] as? String == "logical")
      #expect(object["database"] as? String == site.options.database)
      #expect(object["temporary"] as? Bool == false)
      #expect(object["active"] as? Bool == false)
      #expect(object["active_pid"] is NSNull)
      #expect(object["wal_status"] as? String == "reserved")
      #expect(
        object["confirmed_flush_lsn"] as? String == "\(try await site.confirmedFlush())")
      #expect(try await slot("show").lines.contains("slot_name: \(site.name)"))

      let list = try await Pgcdc.run(["slot", "list", "--url", site.url])
      #expect(list.lines.first?.hasPrefix("slot_name") == true)
      #expect(list.lines.contains { $0.hasPrefix("\(site.name) ") })
      let json = try await Pgcdc.run(["slot", "list", "--url", site.url, "--json"])
      let listed = try json.lines.map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      let same = try #require(listed.first { $0["slot_name"] as? String == site.name })
      #expect(Set(same.keys) == Set(object.keys))
      #expect(same["restart_lsn"] as? String == object["restart_lsn"] as? String)

      try await site.sql.run("CREATE TABLE t ()")
      let target = try await site.currentLSN()
      #expect(try await slot("advance", "--to", "0/0").status == 0)
      #expect(try await slot("advance", "--to", "\(target)").output == "\(site.name) \(target)\n")
      #expect(try await site.confirmedFlush() == target)

      #expect(try await slot("drop").output == "\(site.name) dropped\n")
      #expect(try await slot("drop").output == "\(site.name) did not exist\n")
      let gone = try await slot("advance", "--to", "\(target)")
      #expect(gone.status == 1)
      #expect(gone.output == "")
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot in use is not dropped`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      for command in [["drop"], ["advance", "--to", "FFFFFFFF/FFFFFFFF"]] {
        let outcome = try await Pgcdc.run(
          ["slot"] + command + ["--url", site.url, "--slot", site.name])
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("active for PID"))
      }
      let shown = try await Pgcdc.run(
        ["slot", "show", "--url", site.url, "--slot", site.name])
      #expect(shown.lines.contains("active: true"))
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot of another kind is not taken`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.sql.run("SELECT pg_create_physical_replication_slot('\(site.name)')")
      let outcome = try await Pgcdc.run(
        ["slot", "ensure", "--url", site.url, "--slot", site.name])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("physical"))
      let stream = try await site.stream("--create-slot", "--until-now")
      #expect(stream.status == 1)
      #expect(stream.errors.contains("physical"))
    }
  }

  @Test(arguments: TestServer.all)
  func `a recording holds the stream, and leaves the slot alone`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare("id int PRIMARY KEY, name text")
      let start = try await site.confirmedFlush()
      try await site.sql.run("INSERT INTO t VALUES (1, 'one'), (2, 'two'); DELETE FROM t")
      let file = FileManager.default.temporaryDirectory.appending(path: "\(site.name).rec")
      defer { try? FileManager.default.removeItem(at: file) }

      let outcome = try await Pgcdc.run(["record", file.path] + site.arguments + ["--until-now"])
      #expect(outcome.status == 0)
      #expect(outcome.output == "")
      #expect(try await site.confirmedFlush() == start)
      let recording = try Recording(Array(try Data(contentsOf: file)))
      #expect(recording.header.plugin == "pgoutput")
      #expect(recording.header.serverVersion.hasPrefix("\(server.version)"))
      #expect(recording.header.options["publication_names"] == "\"\(site.name)\"")
      var letters = ""
      try recording.forEachFrame { content in
        guard content[0] == UInt8(ascii: "w") else { return }
        letters.append(Character(Unicode.Scalar(content[25])))
      }
      #expect(letters.contains("BRIIDDC"))

      // What is recorded until it is interrupted is whole as well.
      let process = try Pgcdc.start(["record", file.path] + site.arguments)
      try await eventually("the stream is open") { try await site.isActive() }
      try await Task.sleep(for: .milliseconds(300))
      process.send(SIGINT)
      #expect(try await process.outcome().status == 130)
      #expect(try await !site.isActive())
      let second = try Recording(Array(try Data(contentsOf: file)))
      #expect(second.frames.count > 100)
    }
  }

  @Test(arguments: TestServer.all, ["frames", "events", "changes", "rows"])
  func `a drain counts what the slot has, and leaves it there`(
    server: TestServer, mode: String
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare("id int PRIMARY KEY, name text")
      let start = try await site.confirmedFlush()
      try await site.sql.run("INSERT INTO t SELECT n, 'row ' || n FROM generate_series(1, 5000) n")
      let outcome = try await Pgcdc.run(
        ["drain", "--mode", mode, "--json", "--count", "5003"] + site.arguments)
      #expect(outcome.status == 0)
      #expect(outcome.errors == "")
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
      #expect(report["mode"] as? String == mode)
      // A Begin, a Relation, the rows and a Commit. To server 14 what the table's ANALYZE does comes
      // as transactions of nothing but a Begin and a Commit.
      let extra = try #require(report["messages"] as? Int) - 5003
      #expect(extra == 0 || server.version < 15 && extra > 0 && extra % 2 == 0)
      #expect(report["columns"] as? Int == (["changes", "rows"].contains(mode) ? 10_000 : 0))
      #expect(try await site.confirmedFlush() == start)
      #expect(try await !site.isActive())
    }
  }

  @Test(arguments: TestServer.all)
  func `the demo shows that nothing was lost`(server: TestServer) async throws {
    try await onSite(server) { site in
      let process = try Pgcdc.start(["demo", "--url", site.url, "--rows", "2000"])
      let outcome = try await process.outcome()
      #expect(outcome.status == 0)
      #expect(outcome.errors == "")
      #expect(outcome.lines.last?.contains("Nothing was lost") == true)
      try await expectNothing(of: process, site)
    }
  }

  @Test(arguments: TestServer.newest)
  func `the demo cleans up when it is interrupted`(server: TestServer) async throws {
    try await onSite(server) { site in
      let process = try Pgcdc.start(["demo", "--url", site.url])
      try await eventually("it has begun") { process.output.contains("INSERT") }
      process.send(SIGINT)
      #expect(try await process.outcome().status == 130)
      try await expectNothing(of: process, site)
    }
  }

  /// What a demo has made is gone.
  private func expectNothing(of demo: ChildProcess, _ site: Site) async throws {
    for catalog in [
      "pg_publication WHERE pubname", "pg_class WHERE relname",
      "pg_replication_slots WHERE slot_name",
    ] {
      try await eventually("nothing is left in \(catalog)") {
        try await site.sql.rows("SELECT 1 FROM \(catalog) = 'pgcdc_demo_\(demo.id)'").isEmpty
      }
    }
  }
}
