import Foundation
import PGWire
import ReplicationCore
import TestSupport
import Testing

/// `pgcdc stream --snapshot incremental`.
@Suite struct PgcdcIncrementalTests {
  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.path)
  }

  private func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }

  private func size(_ path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }

  /// The lines that say that a table is whole.
  private func wholeLines(_ lines: String) -> [Substring] {
    lines.split(separator: "\n").filter { $0.hasPrefix(#"{"kind":"whole""#) }
  }

  @Test(arguments: TestServer.all)
  func `without writers it ends by itself, with every row once`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(240)) { site in
      let source = try await IncrementalSource.prepare(site)
      try await inDirectory { directory in
        let arguments = source.arguments("\(directory)/c") + ["--until-now"]
        let outcome = try await Pgcdc.run(arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        var replica = IncrementalReplica(keys: IncrementalSource.keys, isExact: true)
        try replica.apply(outcome.output)
        try await replica.expectEqual(to: site.sql)
        #expect(replica.whole == ["t", "pairs"] && replica.cutLines == 0)
        #expect(
          replica.snapshotRows == ["t": IncrementalSource.rows, "pairs": IncrementalSource.rows])
        for table in ["t", "pairs"] { #expect(replica.ranges[table] ?? 0 > 10) }

        // Once whole, nothing is read again; what is committed meanwhile comes. Nothing was
        // acknowledged behind the last range, so that the tables are whole is said once more.
        let told = Set(wholeLines(outcome.output))
        try await site.sql.run("INSERT INTO t VALUES (-1, 0, 'late')")
        let again = try await Pgcdc.run(arguments)
        #expect(again.status == 0, "\(again.errors)")
        let repeated = changes(again).filter { !$0.contains(#""id":-1"#) }
        #expect(changes(again).count == repeated.count + 1, "\(again.output)")
        #expect(told.isSuperset(of: repeated.map { Substring($0) }), "\(again.output)")

        // Behind a transaction it is not.
        try await site.sql.run("INSERT INTO t VALUES (-2, 0, 'later')")
        let third = try await Pgcdc.run(arguments)
        #expect(third.status == 0, "\(third.errors)")
        #expect(changes(third).count == 1 && third.output.contains(#""id":-2"#), "\(third.output)")
      }
    }
  }

  /// Lines without those of transactions: servers before 15 send transactions of others that are
  /// empty.
  private func changes(_ outcome: ChildProcess.Outcome) -> [String] {
    outcome.lines.filter {
      !$0.hasPrefix(#"{"kind":"begin""#) && !$0.hasPrefix(#"{"kind":"commit""#)
    }
  }

  @Test(arguments: TestServer.all)
  func `with writers, and a table that joins, the lines make the tables`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(300)) { site in
      let source = try await IncrementalSource.prepare(site)
      try await site.sql.run(
        """
        CREATE TABLE late (id int PRIMARY KEY, v text);
        INSERT INTO late SELECT i, repeat('z', 200) FROM generate_series(1, 3000) i
        """)
      try await inDirectory { directory in
        let (output, checkpoint) = ("\(directory)/output", "\(directory)/c")
        let arguments = source.arguments(checkpoint)
        let writers = [1, 2].map { seed in Task { try await source.write(seed: seed) } }
        let program = try Pgcdc.start(arguments, output: output)
        try await eventually("ranges are read") {
          text(output).contains(#"{"kind":"range_end""#)
        }
        try await site.sql.run("ALTER PUBLICATION \(site.name) ADD TABLE late")
        // The stream describes a table that is unknown, which is noticed.
        try await site.sql.run("INSERT INTO late VALUES (-1, 'first')")
        try await eventually("all are whole") { wholeLines(text(output)).count == 3 }
        for writer in writers {
          writer.cancel()
          #expect(try await writer.value > 0)
        }
        program.send(SIGTERM)
        #expect(try await program.outcome().status == 143)
        let last = try await Pgcdc.run(arguments + ["--until-now"])
        #expect(last.status == 0, "\(last.errors)")
        let keys = IncrementalSource.keys.merging(["late": ["id"]]) { $1 }
        var replica = IncrementalReplica(keys: keys, isExact: true)
        try replica.apply(text(output))
        try replica.apply(last.output)
        try await replica.expectEqual(to: site.sql)
        #expect(replica.cutLines == 0 && replica.ranges["late"] ?? 0 > 2)
        try await expectShown(checkpoint, site, tables: ["late", "pairs", "t"])
      }
    }
  }

  /// `pgcdc checkpoint show` names the tables as whole.
  private func expectShown(_ checkpoint: String, _ site: Site, tables: [String]) async throws {
    let shown = try await Pgcdc.run(["checkpoint", "show", checkpoint])
    #expect(shown.status == 0 && shown.errors.isEmpty, "\(shown.errors)")
    #expect(shown.lines.contains("slot_name: \(site.name)"))
    #expect(shown.lines.contains("tables: \(tables.count) whole, 0 being read"), "\(shown.output)")
    let json = try await Pgcdc.run(["checkpoint", "show", checkpoint, "--json"])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let saved = try #require(try await FileCheckpointStore(path: checkpoint).load())
    #expect(object["position"] as? String == saved.position.description)
    let found = try #require(object["tables"] as? [[String: Any]])
    var oids: [Int] = []
    for table in tables {
      oids.append(try #require(Int(try await site.sql.value("SELECT '\(table)'::regclass::oid"))))
    }
    #expect(found.compactMap { $0["oid"] as? Int } == oids.sorted())
    #expect(found.allSatisfy { $0["state"] as? String == "whole" })
    let missing = try await Pgcdc.run(["checkpoint", "show", checkpoint + "x"])
    #expect(missing.status == 1 && missing.errors.contains("there is no file"))
  }

  @Test(arguments: TestServer.all)
  func `killed again and again, what one file has makes the tables`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(400)) { site in
      let source = try await IncrementalSource.prepare(site)
      try await inDirectory { directory in
        let (output, checkpoint) = ("\(directory)/output", "\(directory)/c")
        let arguments = source.arguments(checkpoint)
        let writer = Task { try await source.write(seed: 3) }
        var random = RepeatableGenerator(seed: UInt64(server.version))
        var killedWhileReading = 0
        for _ in 0..<8 {
          let before = size(output)
          let program = try Pgcdc.start(arguments, output: output)
          // Some before the first line, most of them in the middle of rows.
          let more = Int.random(in: 0...200_000, using: &random)
          let isIdle = try await comesToRest(output, beyond: before + more)
          program.send(SIGKILL)
          #expect(try await program.outcome().status == -SIGKILL)
          if !isIdle, wholeLines(text(output)).count < 2 { killedWhileReading += 1 }
        }
        #expect(killedWhileReading > 0)
        writer.cancel()
        _ = try await writer.value
        let last = try Pgcdc.start(arguments + ["--until-now"], output: output)
        let outcome = try await last.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        var replica = IncrementalReplica(keys: IncrementalSource.keys, isExact: false)
        try replica.apply(text(output))
        try await replica.expectEqual(to: site.sql)
        #expect(replica.whole == ["t", "pairs"] && replica.cutLines <= 8)
      }
    }
  }

  /// Waits until there are so many bytes, or no more come.
  ///
  /// - Returns: Whether no more came.
  private func comesToRest(_ path: String, beyond limit: Int) async throws -> Bool {
    var (last, same) = (-1, 0)
    while size(path) < limit {
      same = size(path) == last ? same + 1 : 0
      last = size(path)
      if same > 100 { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  @Test(arguments: TestServer.newest)
  func `a table is read again when that is asked for, and once only`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(240)) { site in
      let source = try await IncrementalSource.prepare(site)
      try await inDirectory { directory in
        let arguments = source.arguments("\(directory)/c") + ["--until-now"]
        func run(_ more: [String]) async throws -> IncrementalReplica {
          let outcome = try await Pgcdc.run(arguments + more)
          #expect(outcome.status == 0, "\(outcome.errors)")
          var replica = IncrementalReplica(keys: IncrementalSource.keys, isExact: true)
          try replica.apply(outcome.output)
          return replica
        }
        let all = IncrementalSource.rows
        // The first run reads everything, whatever is asked for.
        #expect(try await run(["--resnapshot", "t"]).snapshotRows == ["t": all, "pairs": all])
        #expect(try await run(["--resnapshot", "t"]).snapshotRows == [:])
        #expect(
          try await run(["--resnapshot", "t,\(site.name).pairs"]).snapshotRows == ["pairs": all])
        #expect(try await run(["--resnapshot", "t,\(site.name).pairs"]).snapshotRows == [:])
        let tagged = ["--resnapshot", "t", "--resnapshot-tag", "1"]
        #expect(try await run([]).snapshotRows == [:])
        #expect(try await run(tagged).snapshotRows == ["t": all])
        #expect(try await run(tagged).snapshotRows == [:])
        let unknown = try await Pgcdc.run(arguments + ["--resnapshot", "nothing"])
        #expect(unknown.status == 1 && unknown.output.isEmpty)
        #expect(unknown.errors.contains("nothing"), "\(unknown.errors)")
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `only the tables that are named are read`(server: TestServer) async throws {
    try await onSite(server, limit: .seconds(240)) { site in
      let source = try await IncrementalSource.prepare(site)
      try await inDirectory { directory in
        let outcome = try await Pgcdc.run(
          source.arguments("\(directory)/c") + ["--until-now", "--snapshot-tables", "pairs,typo"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("typo"), "\(outcome.errors)")
        var replica = IncrementalReplica(keys: IncrementalSource.keys, isExact: true)
        try replica.apply(outcome.output)
        #expect(replica.snapshotRows == ["pairs": IncrementalSource.rows])
        #expect(replica.whole == ["pairs"])
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `Debezium's events have the rows as reads`(server: TestServer) async throws {
    try await onSite(server, limit: .seconds(240)) { site in
      let source = try await IncrementalSource.prepare(site)
      try await inDirectory { directory in
        let output = "\(directory)/output"
        let arguments = source.arguments("\(directory)/c") + ["--format", "debezium"]
        let first = try await Pgcdc.run(arguments + ["--until-now"])
        #expect(first.status == 0, "\(first.errors)")
        var reads: [String: Int] = [:]
        for line in first.lines {
          let event = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
          let origin = try #require(event["source"] as? [String: Any])
          #expect(event["op"] as? String == "r" && event["before"] is NSNull)
          #expect(origin["snapshot"] as? String == "incremental" && origin["txId"] is NSNull)
          #expect(origin["lsn"] as? Int ?? 0 > 0)
          reads[origin["table"] as? String ?? "", default: 0] += 1
        }
        #expect(reads == ["t": IncrementalSource.rows, "pairs": IncrementalSource.rows])
        try await site.sql.run("UPDATE t SET n = 7 WHERE id = 1")
        let program = try Pgcdc.start(arguments, output: output)
        try await eventually("the change is there") { size(output) > 0 }
        program.send(SIGTERM)
        _ = try await program.outcome()
        #expect(
          text(output).contains(#""op":"u""#) && text(output).contains(#""snapshot":"false""#))
      }
    }
  }
}
