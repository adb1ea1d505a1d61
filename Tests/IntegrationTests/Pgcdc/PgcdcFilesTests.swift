import Foundation
import PGWire
import ReplicationCore
import TestSupport
import Testing

/// `pgcdc stream --output FILE`: each line once, whatever is killed.
@Suite struct PgcdcFilesTests {
  private static let kills =
    ProcessInfo.processInfo.environment["PGREPL_TEST_KILLS"].flatMap { Int($0) } ?? 6

  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.path)
  }

  /// The lines of all files, in their order.
  private static func lines(in directory: String) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory)
      .filter { $0.hasPrefix("lines.0") }.sorted()
    return try names.flatMap { name in
      try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
        .split(separator: "\n").map { String($0) }
    }
  }

  @Test(arguments: TestServer.newest)
  func `killed at any moment and started again, it writes each line once`(
    server: TestServer
  ) async throws {
    try await onSite(server, limit: .seconds(120 + 20 * Self.kills)) { site in
      try await History.prepare(site.sql)
      try await site.sql.run("CREATE TABLE filler (id int)")
      try await site.publish("TABLE keyed, whole")
      try await inDirectory { directory in
        let arguments = [
          "stream", "--url", site.streamingURL, "--slot", site.name, "--publication", site.name,
          "--create-slot", "--output", "\(directory)/lines", "--rotate-bytes", "20kB",
        ]
        // The slot must be there before the first change.
        let first = try await Pgcdc.run(arguments + ["--until-now"])
        #expect(first.status == 0, "\(first.errors)")
        var random = RepeatableGenerator(seed: 78)
        var history = History(seed: 78, isLarge: server.version < 16)
        for _ in 0..<Self.kills {
          let program = try Pgcdc.start(arguments)
          for _ in 0..<3 {
            try await history.run(site.sql, transactions: 4)
            try await Task.sleep(for: .milliseconds(Int.random(in: 0..<80, using: &random)))
          }
          program.send(SIGKILL)
          #expect(try await program.outcome().status == -SIGKILL)
        }
        try await site.sql.run("INSERT INTO keyed (id, name) VALUES (0, 'the end')")
        let last = try await Pgcdc.run(arguments + ["--until-now"])
        #expect(last.status == 0, "\(last.errors)")
        let lines = try Self.lines(in: directory)
        var position = LSN.zero
        for line in lines where line.hasPrefix(#"{"kind":"commit""#) {
          let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
          let end = try #require((object?["endLSN"] as? String).flatMap { LSN($0) })
          #expect(end > position)
          position = end
        }
        var replica = JSONReplica()
        try replica.apply(lines)
        try await replica.expectEqual(to: site.sql)
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `TERM ends it cleanly, and files that are lost are an error`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      try await inDirectory { directory in
        let arguments =
          ["stream"] + site.arguments + ["--create-slot", "--output", "\(directory)/lines"]
        let program = try Pgcdc.start(arguments)
        try await site.sql.run("INSERT INTO t VALUES (1)")
        try await eventually("the line is there") {
          (try? Self.lines(in: directory))?.contains { $0.contains("insert") } ?? false
        }
        let second = try await Pgcdc.run(arguments)
        #expect(second.status == 1 && second.errors.contains("another process"), "\(second.errors)")
        program.send(SIGTERM)
        #expect(try await program.outcome().status == 143)
        try FileManager.default.removeItem(atPath: "\(directory)/lines.0000000001")
        let third = try await Pgcdc.run(arguments + ["--until-now"])
        #expect(third.status == 1 && third.errors.contains("lines are lost"), "\(third.errors)")
      }
    }
  }
}
