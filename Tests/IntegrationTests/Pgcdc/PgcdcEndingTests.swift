import Foundation
import PGWire
import ReplicationCore
import TestSupport
import Testing

/// How `pgcdc` ends when it is made to: nothing is lost, and the slot is free.
@Suite struct PgcdcEndingTests {
  private func prepare(_ site: Site, rows: Int = 0) async throws {
    try await site.prepare("id int PRIMARY KEY, name text")
    guard rows > 0 else { return }
    // Many transactions of many rows each.
    try await site.sql.run(
      """
      DO $$ BEGIN FOR i IN 0..\(rows / 1000 - 1) LOOP
        INSERT INTO t SELECT i * 1000 + n, repeat('x', 300) FROM generate_series(1, 1000) n;
        COMMIT;
      END LOOP; END $$
      """)
  }

  private func startStream(
    _ site: Site, _ arguments: [String] = [], output: String? = nil
  ) async throws -> ChildProcess {
    let process = try Pgcdc.start(["stream"] + site.arguments + arguments, output: output)
    try await eventually("the stream is open") { try await site.isActive() }
    return process
  }

  @Test(arguments: TestServer.all)
  func `a signal closes an idle stream`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      for (signal, status) in [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)] {
        let process = try await startStream(site)
        try await site.sql.run("INSERT INTO t VALUES (\(signal))")
        try await eventually("the row is written") { process.output.contains("insert") }
        process.send(signal)
        let outcome = try await process.outcome()
        #expect(outcome.status == status)
        #expect(outcome.errors == "")
        #expect(try await !site.isActive())
        #expect(outcome.output.contains(#"{"id":\#(signal),"#))
      }
      // Both were acknowledged.
      #expect(try JSONReplica.insertedIDs(try await site.stream("--until-now").lines) == [])
    }
  }

  @Test(arguments: TestServer.all)
  func `a signal in the middle of much output loses nothing`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site, rows: 30_000)
      let process = try Pgcdc.start(["stream"] + site.arguments)
      try await eventually("it writes") { process.outputCount > 1 << 20 }
      process.send(SIGTERM)
      let outcome = try await process.outcome()
      #expect(outcome.status == 143)
      #expect(try await !site.isActive())
      let rest = try await site.stream("--until-now")
      #expect(rest.status == 0)
      try expectWhole(outcome, rest, rows: 30_000)
    }
  }

  @Test(arguments: TestServer.all)
  func `a crash in the middle of much output loses nothing`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site, rows: 30_000)
      let process = try Pgcdc.start(["stream"] + site.arguments)
      try await eventually("it writes") { process.outputCount > 1 << 20 }
      process.send(SIGKILL)
      let outcome = try await process.outcome()
      #expect(outcome.status == -SIGKILL)
      // It waits for the slot if the server has not noticed yet.
      let rest = try await site.stream("--until-now")
      #expect(rest.status == 0)
      try expectWhole(outcome, rest, rows: 30_000)
    }
  }

  /// Both outputs together have all rows; only what was not whole may have come twice.
  private func expectWhole(
    _ first: ChildProcess.Outcome, _ second: ChildProcess.Outcome, rows: Int
  ) throws {
    let whole = first.output.hasSuffix("\n") ? first.lines : Array(first.lines.dropLast())
    let before = try JSONReplica.insertedIDs(whole)
    let after = try JSONReplica.insertedIDs(second.lines)
    #expect(before.count >= 1000)
    #expect(Set(before).union(after) == Set(1...rows))
    #expect(before == Array(1...before.count))
    // On a busy machine the first may have written all before the signal came.
    guard let start = after.first else { return }
    #expect(after == Array(start...rows))
    // The second begins with a whole transaction, at most a few before the first one's end.
    #expect(start % 1000 == 1)
    #expect(start <= before.count + 1)
  }

  @Test(arguments: TestServer.newest)
  func `a signal ends it while nobody reads its output`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site, rows: 10_000)
      let pipe = try NamedPipe()
      defer { pipe.closeReader() }
      let process = try await startStream(site, output: pipe.path)
      let before = try await site.confirmedFlush()
      try await Task.sleep(for: .milliseconds(500))
      process.send(SIGTERM)
      #expect(try await process.outcome().status == 143)
      #expect(try await !site.isActive())
      // Not even the first transaction fits into a pipe.
      #expect(try await site.confirmedFlush() == before)
    }
  }

  @Test(arguments: TestServer.newest)
  func `output that can't be written is an error, and is not acknowledged`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      let start = try await site.confirmedFlush()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      let process = try Pgcdc.start(
        ["stream"] + site.arguments + ["--until-now"], output: "/dev/full")
      let outcome = try await process.outcome()
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("cannot write the output"))
      #expect(try await !site.isActive())
      #expect(try await site.confirmedFlush() == start)
    }
  }

  /// As `| head` does: nothing to complain of.
  @Test(arguments: TestServer.newest)
  func `a reader that goes away ends it without a word`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site, rows: 10_000)
      for checkpoint in [[], ["--checkpoint", NSTemporaryDirectory() + site.name]] {
        defer { checkpoint.last.map { try? FileManager.default.removeItem(atPath: $0) } }
        let pipe = try NamedPipe()
        let process = try await startStream(site, checkpoint, output: pipe.path)
        pipe.closeReader()
        let outcome = try await process.outcome()
        #expect(outcome.status == 141)
        #expect(outcome.errors == "")
        #expect(try await !site.isActive())
      }
    }
  }

  @Test(arguments: TestServer.newest)
  func `a reader that goes away ends an idle stream`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      let pipe = try NamedPipe()
      let process = try await startStream(site, output: pipe.path)
      pipe.closeReader()
      let outcome = try await process.outcome()
      #expect(outcome.status == 141)
      #expect(outcome.errors == "")
    }
  }

  @Test(arguments: ["<&- >&-", ">&-", ">&- 2>&-"])
  func `without standard output there is no stream`(closed: String) async throws {
    for command in ["stream --slot s --publication p", "slot list", "--version"] {
      let outcome = try await Pgcdc.shell("exec \"$0\" \(command) \(closed)")
      #expect(outcome.status == 1)
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("standard output is closed") != closed.contains("2>&-"))
    }
  }

  @Test(arguments: ["-n 8", "-n 12", "-v 100000", "-v 300000"])
  func `a limit that is too low is an error and no crash`(limit: String) async throws {
    let outcome = try await Pgcdc.shell(
      "ulimit \(limit) && exec \"$0\" slot list --url postgresql://u@127.0.0.1:1/d")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("raise the limit (ulimit \(limit.prefix(2)))"))
  }

  @Test(arguments: TestServer.newest)
  func `a signal ends it while it waits for the slot`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await prepare(site)
      let holder = try await site.client().startReplication()
      let process = try Pgcdc.start(["stream"] + site.arguments)
      try await eventually("it waits") { process.errors.contains("waiting for the slot") }
      process.send(SIGINT)
      #expect(try await process.outcome().status == 130)
      await holder.close()
    }
  }

  @Test(arguments: TestServer.newest)
  func `a signal ends it while it creates a slot`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      // A new slot waits for the end of every transaction that is open.
      let open = try await WireConnection.connect(site.options)
      try await open.run("BEGIN; SELECT txid_current()")
      let process = try Pgcdc.start(["stream"] + site.arguments + ["--create-slot"])
      try await eventually("it creates the slot") {
        try await site.sql.value("SELECT count(*) FROM pg_replication_slots WHERE active") != "0"
      }
      process.send(SIGINT)
      #expect(try await process.outcome().status == 130)
      try await open.run("COMMIT")
      open.close()
    }
  }

  @Test(arguments: TestServer.startable)
  func `a server that stops ends it, and what was written is not sent again`(
    server: TestServer
  ) async throws {
    try await OwnServer.with(version: server.version) { own in
      try await onSite(own.server) { site in
        try await prepare(site)
        var lines: [String] = []
        for (round, mode) in ["fast", "immediate", "fast"].enumerated() {
          let process = try Pgcdc.start(["stream"] + site.arguments)
          let sql = try await WireConnection.connect(site.options)
          try await eventually("the stream is open") {
            try await sql.value("SELECT count(*) FROM pg_replication_slots WHERE active") == "1"
          }
          try await sql.run("INSERT INTO \(site.name).t VALUES (\(round + 1))")
          try await eventually("the row is written") { process.output.contains("insert") }
          try await sql.run("CHECKPOINT")
          sql.close()
          let start = PoolClock.now
          try await own.restart(mode: mode)
          let stopping = PoolClock.now - start
          // A fast stop waits for us to confirm what was sent; for nothing, it waits a minute.
          #expect(stopping < .seconds(45))
          let outcome = try await process.outcome()
          #expect(outcome.status == 1)
          #expect(outcome.errors.contains(mode == "fast" ? "shutting down" : "the server"))
          lines += outcome.lines
        }
        let sql = try await WireConnection.connect(site.options)
        try await sql.run("INSERT INTO \(site.name).t VALUES (4)")
        sql.close()
        lines += try await site.stream("--until-now").lines
        let ids = try JSONReplica.insertedIDs(lines)
        #expect(Set(ids) == [1, 2, 3, 4])
        // Older servers may forget after a restart what was confirmed before it, and every one may
        // after a crash, which comes behind the second row.
        let distinct = ids.indices.filter { $0 == 0 || ids[$0] != ids[$0 - 1] }.map { ids[$0] }
        if server.version >= 17 {
          #expect(distinct == [1, 2, 3, 4])
          #expect(ids.count <= 5)
        }
      }
    }
  }
}
