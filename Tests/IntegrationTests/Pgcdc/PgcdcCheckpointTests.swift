import Foundation
import PGWire
import ReplicationCore
import TestSupport
import Testing

/// `pgcdc stream` with whole transactions: put together, and continued after any end.
@Suite struct PgcdcCheckpointTests {
  /// How often the program is killed; more by hand.
  private static let kills =
    ProcessInfo.processInfo.environment["PGREPL_TEST_KILLS"].flatMap { Int($0) } ?? 6

  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.path)
  }

  @Test(arguments: TestServer.all)
  func `killed at any moment and started again, it prints all, and by its own word once`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(120 + 20 * Self.kills)) { site in
      try await History.prepare(site.sql)
      try await site.sql.run("CREATE TABLE filler (id int)")
      try await site.publish("TABLE keyed, whole")
      try await inDirectory { directory in
        var arguments = [
          "stream", "--url", site.streamingURL, "--slot", site.name, "--publication", site.name,
          "--create-slot", "--checkpoint", "\(directory)/checkpoint",
        ]
        if server.version >= 14 { arguments += ["--streaming", "on"] }
        // The slot must be there before the first change.
        let first = try await Pgcdc.run(arguments + ["--until-now"])
        #expect(first.status == 0, "\(first.errors)")
        var random = RepeatableGenerator(seed: 77)
        var history = History(seed: 77, isLarge: server.version < 16)
        var outputs: [String] = []
        for kill in 0..<Self.kills {
          let output = "\(directory)/output\(kill)"
          let program = try Pgcdc.start(arguments, output: output)
          for _ in 0..<3 {
            try await history.run(site.sql, transactions: 4)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0..<80, using: &random)))
          }
          program.send(SIGKILL)
          #expect(try await program.outcome().status == -SIGKILL)
          outputs.append(try String(contentsOfFile: output, encoding: .utf8))
        }
        try await site.sql.run("INSERT INTO keyed (id, name) VALUES (0, 'the end')")
        let last = try await Pgcdc.run(arguments + ["--until-now"])
        #expect(last.status == 0, "\(last.errors)")
        outputs.append(last.output)
        var replica = JSONReplica()
        try replica.apply(try Self.once(outputs))
        try await replica.expectEqual(to: site.sql)
      }
    }
  }

  /// The lines of whole transactions, each the first time that it comes.
  private static func once(_ outputs: [String]) throws -> [String] {
    var lines: [String] = []
    var position = LSN.zero
    for output in outputs {
      var transaction: [String] = []
      for line in output.split(separator: "\n") {
        if line.hasPrefix(#"{"kind":"begin""#) { transaction = [] }
        transaction.append(String(line))
        guard line.hasPrefix(#"{"kind":"commit""#), line.hasSuffix("}") else { continue }
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let end = try #require((object?["endLSN"] as? String).flatMap { LSN($0) })
        if end > position {
          lines += transaction
          position = end
        }
        transaction = []
      }
    }
    return lines
  }

  @Test(arguments: TestServer.all.filter { $0.version >= 14 })
  func `what was streamed is printed as what was not`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await History.prepare(site.sql)
      try await site.sql.run("CREATE TABLE filler (id int)")
      try await site.publish("TABLE keyed, whole")
      try await site.client().ensureSlot()
      var history = History(seed: 9, isLarge: server.version < 16)
      try await history.run(site.sql, transactions: 25)
      let arguments = [
        "stream", "--url", site.streamingURL, "--slot", site.name, "--publication", site.name,
        "--no-ack", "--until-now",
      ]
      let whole = try await Pgcdc.run(arguments)
      let streamed = try await Pgcdc.run(arguments + ["--streaming", "on"])
      let blocks = try await Pgcdc.run(arguments + ["--streaming", "on", "--provisional"])
      #expect(whole.status == 0 && streamed.status == 0, "\(whole.errors)\(streamed.errors)")
      #expect(blocks.lines.contains { $0.contains("\"provisional\":true") })
      #expect(streamed.lines.count > 30)
      #expect(Self.withoutEmpty(streamed.lines) == Self.withoutEmpty(whole.lines))
      // Nothing was acknowledged, and nobody is blamed for it.
      #expect(!streamed.errors.contains("acknowledged"))
    }
  }

  @Test(arguments: TestServer.newest)
  func `streamed transactions are Debezium's events too`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      try await site.sql.run(
        "BEGIN; INSERT INTO t SELECT generate_series(1, 700); SAVEPOINT a; "
          + "INSERT INTO t VALUES (0); ROLLBACK TO a; COMMIT")
      let outcome = try await Pgcdc.run([
        "stream", "--url", site.streamingURL, "--slot", site.name, "--publication", site.name,
        "--until-now", "--streaming", "on", "--format", "debezium",
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.lines.count == 700)
      #expect(outcome.lines.allSatisfy { $0.contains(#""op":"c""#) })
    }
  }

  /// Without empty transactions, which are sent or not as they are streamed or not.
  private static func withoutEmpty(_ lines: [String]) -> [String] {
    var result: [String] = []
    for line in lines {
      if line.hasPrefix(#"{"kind":"commit""#), result.last?.hasPrefix(#"{"kind":"begin""#) == true {
        result.removeLast()
      } else {
        result.append(line)
      }
    }
    return result
  }

  @Test(arguments: TestServer.all)
  func `a slot that was recreated is not resumed from`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      try await inDirectory { directory in
        let file = "\(directory)/checkpoint"
        let arguments = site.arguments + ["--create-slot", "--checkpoint", file, "--until-now"]
        #expect(try await Pgcdc.run(["stream"] + arguments).status == 0)
        // It is there from the start on, so that a slot that is recreated is noticed.
        #expect(try await FileCheckpointStore(path: file).load()?.slot == site.name)
        try await site.sql.run("INSERT INTO t VALUES (1)")
        let second = try await Pgcdc.run(["stream"] + arguments)
        #expect(try JSONReplica.insertedIDs(second.lines) == [1], "\(second.errors)")
        let third = try await Pgcdc.run(["stream"] + arguments)
        #expect(try JSONReplica.insertedIDs(third.lines) == [], "\(third.errors)")
        try await site.client().dropSlot()
        let missing = try await Pgcdc.run(["stream"] + arguments)
        #expect(missing.status == 1 && missing.errors.contains("does not exist there"))
        try await site.sql.run("INSERT INTO t VALUES (2)")
        try await site.client().ensureSlot()
        try await site.sql.run("INSERT INTO t VALUES (3)")
        let anew = try await Pgcdc.run(["stream"] + arguments)
        #expect(anew.status == 1 && anew.output == "")
        #expect(anew.errors.contains("can't continue from the checkpoint"), "\(anew.errors)")
        // A file that is none stops it as well, and one that can't be made does so at the start.
        try "x".write(toFile: file, atomically: false, encoding: .utf8)
        let foreign = try await Pgcdc.run(["stream"] + arguments)
        #expect(foreign.status == 1 && foreign.errors.contains("it is not a checkpoint"))
        for (option, words) in [
          (
            ["--checkpoint", "/nowhere/file"], "the checkpoint's store: /nowhere/file.new: create: "
          ),
          (["--streaming", "on", "--spill-directory", "/nowhere"], "/nowhere: open: No such"),
        ] where server.version >= 14 {
          let outcome = try await Pgcdc.run(
            ["stream"] + site.arguments + ["--until-now"] + option)
          #expect(outcome.status == 1 && outcome.errors.contains(words), "\(outcome.errors)")
        }
      }
    }
  }

  @Test(arguments: TestServer.startable)
  func `a server that restarts is waited for`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      let sql = try await WireConnection.connect(own.server.options)
      try await sql.run("CREATE TABLE t (id int PRIMARY KEY); CREATE PUBLICATION p FOR TABLE t")
      try await inDirectory { directory in
        let output = "\(directory)/output"
        let program = try Pgcdc.start(
          [
            "stream", "--url", own.url, "--slot", "s", "--publication", "p", "--create-slot",
            "--checkpoint", "\(directory)/checkpoint",
          ], output: output)
        func lines() throws -> [Int] {
          let text = try String(contentsOfFile: output, encoding: .utf8)
          return try JSONReplica.insertedIDs(text.split(separator: "\n").map(String.init))
        }
        try await eventually("the slot is there") {
          try await sql.value("SELECT count(*) FROM pg_replication_slots WHERE active") == "1"
        }
        try await sql.run("INSERT INTO t VALUES (1)")
        try await eventually("the first row is printed") { try lines() == [1] }
        sql.close()
        for (number, mode) in [(2, "immediate"), (3, "fast")] {
          try await own.restart(mode: mode)
          let again = try await WireConnection.connect(own.server.options)
          try await again.run("INSERT INTO t VALUES (\(number))")
          again.close()
          try await eventually("the next row is printed") { try lines() == Array(1...number) }
        }
        program.send(SIGTERM)
        let outcome = try await program.outcome()
        #expect(outcome.status == 143, "\(outcome.errors)")
      }
    }
  }
}
