import Foundation
import PGWire
import ReplicationCore
import Testing

/// `pgcdc stream --snapshot initial --checkpoint FILE`: one command line for the first start and all
/// others.
@Suite struct PgcdcRestartTests {
  /// When the program is killed.
  private enum Moment: CaseIterable {
    case fileIsThere, slotIsThere, firstRows, manyRows, snapshotIsFinished, firstChange
  }

  private static let rows = 30_000

  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.path)
  }

  private func fill(_ site: Site) async throws {
    try await site.sql.run(
      """
      CREATE TABLE t (id int PRIMARY KEY, v text);
      INSERT INTO t SELECT n, repeat('x', 300) FROM generate_series(1, \(Self.rows)) n
      """)
    try await site.publish("TABLE t")
  }

  private func stage(_ file: String) async throws -> SnapshotStage? {
    try await FileCheckpointStore(path: file).load()?.snapshot
  }

  @Test(arguments: TestServer.all)
  func `killed at any moment and started again, the output is complete`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(300)) { site in
      try await fill(site)
      try await inDirectory { directory in
        let file = "\(directory)/checkpoint"
        let arguments =
          ["stream"] + site.arguments + ["--snapshot", "initial", "--checkpoint", file]
        var outputs: [String] = []
        for (index, moment) in Moment.allCases.enumerated() {
          let output = "\(directory)/output\(index)"
          let program = try Pgcdc.start(arguments, output: output)
          func size() -> Int {
            let attributes = try? FileManager.default.attributesOfItem(atPath: output)
            return (attributes?[.size] as? NSNumber)?.intValue ?? 0
          }
          if moment == .firstChange {
            try await eventually("it streams") { try await site.isActive() }
            try await site.sql.run("INSERT INTO t VALUES (\(Self.rows + index))")
          }
          try await eventually("\(moment)") {
            // It may be faster than it is looked at.
            let isFinished = try await stage(file) == .finished
            return switch moment {
            case .fileIsThere: try await stage(file) != nil
            case .slotIsThere: try await site.hasSlot()
            case .firstRows: size() > 0 || isFinished
            case .manyRows: size() > 1_000_000 || isFinished
            case .snapshotIsFinished: isFinished
            case .firstChange: size() > 0
            }
          }
          program.send(SIGKILL)
          #expect(try await program.outcome().status == -SIGKILL)
          // It may have been killed before it was there.
          outputs.append((try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
          if moment == .manyRows, try await stage(file) != .finished {
            // A stream without the rest of the snapshot would lack rows, and is refused.
            let plain = try await Pgcdc.run(
              ["stream"] + site.arguments + ["--checkpoint", file, "--until-now"])
            #expect(plain.status == 1 && plain.output == "")
            #expect(plain.errors.contains("not read to the end"), "\(plain.errors)")
            #expect(plain.errors.contains("slot \"\(site.name)\""))
          }
          try await site.sql.run("INSERT INTO t VALUES (\(-1 - index))")
        }
        let last = try await Pgcdc.run(arguments + ["--until-now"])
        #expect(last.status == 0, "\(last.errors)")
        outputs.append(last.output)
        try await expectComplete(outputs, site)
      }
    }
  }

  /// Several runs into one file, of which one was killed in the middle of a line.
  @Test(arguments: TestServer.all.prefix(1), [("", 0), ("\n", 0), ("{\"ki", 1), ("{}\n", 0)])
  func `a line that was cut does not swallow the first of the next run`(
    server: TestServer, case before: (text: String, cut: Int)
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      try await inDirectory { directory in
        let output = "\(directory)/lines"
        try before.text.write(toFile: output, atomically: true, encoding: .utf8)
        let program = try Pgcdc.start(
          ["stream"] + site.arguments + ["--until-now"], output: output)
        #expect(try await program.outcome().status == 0)
        let text = try String(contentsOfFile: output, encoding: .utf8)
        #expect(text.hasPrefix(before.text))
        let rest = text.dropFirst(before.text.count)
        #expect(rest.hasPrefix("\n") == (before.cut == 1))
        #expect(rest.trimmingPrefix("\n").hasPrefix("{\"kind\":\"begin\""))
      }
    }
  }

  /// The last snapshot and the transactions after it make the table.
  private func expectComplete(_ outputs: [String], _ site: Site) async throws {
    var point = ""
    var copied: [Int] = []
    var inserted: Set<Int> = []
    let line = #/"kind":"(snapshot|insert)","lsn":"([^"]+)".*"id":(-?\d+)/#
    // A kill may have cut the last line of an output.
    for text in outputs.joined(separator: "\n").split(separator: "\n") {
      guard text.hasSuffix("}"), let match = text.firstMatch(of: line) else { continue }
      let id = try #require(Int(match.3))
      if match.1 == "insert" { inserted.insert(id) }
      if match.1 == "snapshot" {
        if match.2 != point { (point, copied) = (String(match.2), []) }
        copied.append(id)
      }
    }
    #expect(Set(copied).count == copied.count && copied.count >= Self.rows)
    #expect(inserted.isDisjoint(with: copied))
    let all = try await site.sql.rows("SELECT id FROM t").compactMap { $0[0].flatMap { Int($0) } }
    #expect(inserted.union(copied) == Set(all))
  }

  /// Whether a process has said that another session holds the slot: in the server's words, or in
  /// ours where that was known before the stream was asked for.
  private static func saysHeld(_ process: ChildProcess) -> Bool {
    ["is active for PID", "is in use; its holder is"].contains { process.errors.contains($0) }
  }

  @Test(arguments: TestServer.newest)
  func `a second process waits while the first reads the snapshot`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await fill(site)
      try await inDirectory { directory in
        let file = "\(directory)/checkpoint"
        let arguments =
          ["stream"] + site.arguments + ["--snapshot", "initial", "--checkpoint", file]
        let pipe = try NamedPipe()
        let first = try Pgcdc.start(arguments, output: pipe.path)
        try await eventually("it reads") { try await stage(file) == .reading }
        let slot = try await site.confirmedFlush()
        let second = try Pgcdc.start(arguments + ["--until-now"])
        try await eventually("the second waits") {
          second.errors.contains("another process reads a snapshot")
        }
        #expect(try await site.confirmedFlush() == slot)
        first.send(SIGKILL)
        _ = try await first.outcome()
        let outcome = try await second.outcome()
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("the snapshot is repeated"))
        try await expectComplete([outcome.output], site)
        pipe.closeReader()
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `a slot that the checkpoint knows nothing of is never dropped`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await fill(site)
      try await site.client().ensureSlot()
      let slot = try await site.confirmedFlush()
      try await inDirectory { directory in
        let file = "\(directory)/checkpoint"
        let arguments =
          ["stream"] + site.arguments + ["--snapshot", "initial", "--checkpoint", file]
        let refused = try await Pgcdc.run(arguments)
        #expect(refused.status == 1 && refused.output == "")
        let words = refused.errors
        let drop = try #require(words.range(of: "drop it and start again"), "\(words)")
        let stream = try #require(words.range(of: "streamed from as it is"))
        #expect(drop.lowerBound < stream.lowerBound)
        #expect(try await site.confirmedFlush() == slot)
        #expect(!FileManager.default.fileExists(atPath: file))
        // Nor one that somebody has streamed from since its snapshot broke off.
        try await site.client().dropSlot()
        let pipe = try NamedPipe()
        let program = try Pgcdc.start(arguments, output: pipe.path)
        try await eventually("it reads") { try await stage(file) == .reading }
        program.send(SIGKILL)
        _ = try await program.outcome()
        pipe.closeReader()
        try await site.sql.run("INSERT INTO t VALUES (-1)")
        try await site.client().advanceSlot(to: site.currentLSN())
        let again = try await Pgcdc.run(arguments)
        #expect(again.status == 1 && again.errors.contains("exists already"), "\(again.errors)")
        #expect(try await site.hasSlot())
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a second process on a checkpoint waits for the first, and continues after it`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(240)) { site in
      try await fill(site)
      try await inDirectory { directory in
        let arguments =
          ["stream"] + site.arguments + [
            "--create-slot", "--checkpoint", "\(directory)/checkpoint",
          ]
        let first = try Pgcdc.start(arguments, output: "\(directory)/first")
        try await eventually("it streams") {
          guard try await site.hasSlot() else { return false }
          return try await site.isActive()
        }
        let writer = Task {
          let sql = try await WireConnection.connect(site.options)
          defer { sql.close() }
          var id = Self.rows
          while !Task.isCancelled {
            id += 1
            try await sql.run("INSERT INTO \(site.name).t VALUES (\(id))")
          }
        }
        for _ in 0..<8 {
          let second = try Pgcdc.start(arguments)
          try await eventually("it waits") { Self.saysHeld(second) }
          second.send(SIGTERM)
          let outcome = try await second.outcome()
          #expect(outcome.status == 143, "\(outcome.errors)")
        }
        let third = try Pgcdc.start(arguments, output: "\(directory)/third")
        try await eventually("it waits") { Self.saysHeld(third) }
        first.send(SIGTERM)
        #expect(try await first.outcome().status == 143)
        try await eventually("the third one prints") {
          try String(contentsOfFile: "\(directory)/third", encoding: .utf8).contains("commit")
        }
        writer.cancel()
        _ = await writer.result
        third.send(SIGTERM)
        #expect(try await third.outcome().status == 143)
        let last = try await Pgcdc.run(arguments + ["--until-now"])
        #expect(last.status == 0, "\(last.errors)")
        var ids: [Int] = []
        for text in [
          try String(contentsOfFile: "\(directory)/first", encoding: .utf8),
          try String(contentsOfFile: "\(directory)/third", encoding: .utf8), last.output,
        ] { ids += try JSONReplica.insertedIDs(text.split(separator: "\n").map(String.init)) }
        let end = try await site.sql.value("SELECT max(id) FROM t")
        #expect(ids == Array(Self.rows + 1...(try #require(Int(end)))))
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `killed with a backlog, it prints no more again than it says`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(240)) { site in
      try await site.prepare()
      try await site.sql.run(
        """
        DO $$ BEGIN FOR i IN 1..30000 LOOP
          INSERT INTO \(site.name).t VALUES (i); COMMIT;
        END LOOP; END $$
        """)
      try await inDirectory { directory in
        let file = "\(directory)/checkpoint"
        let arguments = ["stream"] + site.arguments + ["--checkpoint", file]
        for kill in 1...4 {
          let output = "\(directory)/output\(kill)"
          let program = try Pgcdc.start(arguments, output: output)
          try await eventually("it prints") {
            let attributes = try? FileManager.default.attributesOfItem(atPath: output)
            return (attributes?[.size] as? NSNumber)?.intValue ?? 0 > kill * 40_000
          }
          program.send(SIGKILL)
          _ = try await program.outcome()
          let position = try #require(try await FileCheckpointStore(path: file).load()).position
          let text = try String(contentsOfFile: output, encoding: .utf8)
          let beyond = text.split(separator: "\n").filter { line in
            guard line.hasPrefix(#"{"kind":"commit""#),
              let end = line.firstMatch(of: #/"endLSN":"([^"]+)"/#)?.1
            else { return false }
            return LSN(String(end)) ?? .zero > position
          }
          #expect(beyond.count <= 257)
        }
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `a checkpoint that can't be saved on an idle stream ends it with the cause`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      try await inDirectory { directory in
        let folder = "\(directory)/d"
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: false)
        let program = try Pgcdc.start(
          ["stream"] + site.arguments + ["--checkpoint", "\(folder)/cp", "--log-level", "critical"])
        try await eventually("it streams") { try await site.isActive() }
        try FileManager.default.removeItem(atPath: folder)
        try await site.sql.run("INSERT INTO t VALUES (1)")
        let outcome = try await program.outcome()
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("the checkpoint's store: "), "\(outcome.errors)")
        #expect(!outcome.errors.contains("cancelled"))
      }
    }
  }
}
