import Foundation
import PGWire
import ReplicationCore
import Testing

/// `pgcdc stream --snapshot initial`.
@Suite struct PgcdcSnapshotTests {
  @Test(arguments: TestServer.all)
  func `its lines are the rows, with the values that inserts have`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run("CREATE TYPE mood AS ENUM ('sad', 'ok')")
      try await History.prepare(site.sql)
      try await site.sql.run("ALTER TABLE keyed ADD m mood[] DEFAULT '{ok}'")
      try await site.publish("TABLE keyed, whole")
      var history = History(seed: 5)
      try await history.run(site.sql, transactions: 60)
      let process = try Pgcdc.start(
        ["stream"] + site.arguments + ["--snapshot", "initial", "--max-transactions", "1"])
      try await eventually("the slot is there") { try await site.hasSlot() }
      try await eventually("it streams") { try await site.isActive() }
      try await site.sql.run(
        """
        BEGIN;
        CREATE TEMP TABLE k AS SELECT * FROM keyed; CREATE TEMP TABLE w AS SELECT * FROM whole;
        DELETE FROM keyed; DELETE FROM whole;
        INSERT INTO keyed SELECT * FROM k; INSERT INTO whole SELECT * FROM w;
        COMMIT
        """)
      let outcome = try await process.outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
      func rows(_ kind: String) throws -> [String] {
        try outcome.lines.filter { $0.hasPrefix("{\"kind\":\"\(kind)\"") }.map { line in
          let start = try #require(line.range(of: ",\"schema\":"))
          return String(line[start.lowerBound...])
        }.sorted()
      }
      let copied = try rows("snapshot")
      #expect(copied.count > 30)
      #expect(copied == (try rows("insert")))
      let kinds = outcome.lines.map { $0.prefix(14) }
      #expect(kinds.prefix(copied.count).allSatisfy { $0 == "{\"kind\":\"snaps" })
      #expect(!outcome.errors.contains("snapshot ["))
      let point = try #require(outcome.lines.first?.firstMatch(of: #/"lsn":"([^"]+)"/#)?.1)
      #expect(try #require(LSN(String(point))) <= (try await site.confirmedFlush()))

      let again = try await site.stream("--snapshot", "initial")
      #expect(again.status == 1)
      #expect(again.output == "" && again.errors.contains("exists already"))
      #expect(try await site.hasSlot())
    }
  }

  @Test(arguments: TestServer.all)
  func `interrupted in the middle it leaves no slot, unless told to keep it`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE t (id int PRIMARY KEY, filler text);
        INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 40000) n
        """)
      try await site.publish("TABLE t")
      let url =
        site.url + (site.url.contains("?") ? "&" : "?")
        + "application_name=\(site.name)_reader"
      for keeps in [false, true] {
        let pipe = try NamedPipe()
        let process = try Pgcdc.start(
          [
            "stream", "--url", url,
            "--slot", site.name, "--publication", site.name, "--snapshot", "initial",
            "--snapshot-workers",
            "3",
          ] + (keeps ? ["--keep-slot"] : []), output: pipe.path)
        // Nobody reads the pipe: the middle lasts, though the server may have sent all that it had.
        try await eventually("it copies") {
          try await site.sql.rows(
            """
            SELECT 1 FROM pg_stat_activity WHERE query LIKE 'COPY%'
              AND application_name = '\(site.name)_reader'
            """
          ).count > 0
        }
        #expect(try await site.hasSlot() == keeps)
        process.send(SIGINT)
        process.send(SIGINT)
        let outcome = try await process.outcome()
        #expect(outcome.status == 130)
        try await site.expectNoSessions()
        #expect(try await site.slots() == (keeps ? [site.name] : []), "\(outcome.errors)")
        pipe.closeReader()
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `killed in the middle it leaves no slot that could be streamed from`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.sql.run(
        """
        CREATE TABLE t (id int PRIMARY KEY, filler text);
        INSERT INTO t SELECT n, repeat('x', 1000) FROM generate_series(1, 40000) n
        """)
      try await site.publish("TABLE t")
      let pipe = try NamedPipe()
      let process = try Pgcdc.start(
        ["stream"] + site.arguments + ["--snapshot", "initial"], output: pipe.path)
      try await eventually("its slot is there") { try await site.slots().count == 1 }
      process.send(SIGKILL)
      _ = try await process.outcome()
      pipe.closeReader()
      try await eventually("no slot is there") { try await site.slots().isEmpty }
      let outcome = try await site.stream("--until-now")
      #expect(outcome.status == 1 && outcome.errors.contains("does not exist"))
    }
  }

  @Test(arguments: TestServer.newest)
  func `a temporary slot is streamed from after its snapshot`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable("id int PRIMARY KEY); INSERT INTO t VALUES (1")
      let process = try Pgcdc.start(
        ["stream"] + site.arguments + [
          "--snapshot", "initial", "--temporary", "--max-transactions", "1",
        ])
      try await eventually("the row is there") { process.output.contains(#""id":1"#) }
      try await site.sql.run("INSERT INTO t VALUES (2)")
      let outcome = try await process.outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.lines.count == 4 && outcome.output.contains(#""id":2"#))
      try await eventually("the slot is gone") { try await !site.hasSlot() }
    }
  }

  @Test(
    arguments: [
      ["--snapshot", "initial", "--start-lsn", "0/1"],
      ["--snapshot", "initial", "--format", "raw"], ["--keep-slot"],
      ["--snapshot", "initial", "--snapshot-workers", "0"],
    ])
  func `what does not go together is wrong usage`(options: [String]) async throws {
    let outcome = try await Pgcdc.run(
      [
        "stream", "--url", "postgresql://u@127.0.0.1:1/d", "--slot", "s", "--publication", "p",
      ] + options)
    #expect(outcome.status == 64)
  }
}
