import Foundation
import PGWire
import ReplicationCore
import TestSupport
import Testing

/// What `pgcdc stream` writes, and when it ends.
@Suite struct PgcdcStreamTests {
  @Test(arguments: TestServer.all)
  func `its lines say what the tables say`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await History.prepare(site.sql)
      try await site.publish("TABLE keyed, whole")
      try await site.client().ensureSlot()
      var history = History(seed: 3)
      var replica = JSONReplica()
      for _ in 0..<2 {
        try await history.run(site.sql, transactions: 40)
        let outcome = try await site.stream("--until-now")
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        try replica.apply(outcome.lines)
        try await replica.expectEqual(to: site.sql)
      }
      #expect(replica.transactions > 20)
      // All of it has been acknowledged.
      #expect(try await site.stream("--until-now").lines.filter { $0.contains("insert") } == [])
    }
  }

  @Test(arguments: TestServer.all)
  func `an empty database has an end`(server: TestServer) async throws {
    try await onSite(server) { site in
      let empty = try await site.inNewDatabase()
      try await empty.publish("ALL TABLES")
      let outcome = try await empty.stream("--create-slot", "--until-now")
      #expect(outcome.status == 0)
      #expect(outcome.output == "")
      let temporary = try await Pgcdc.run([
        "stream", "--url", empty.url, "--slot", "\(site.name)_temporary", "--publication",
        site.name, "--temporary", "--until-now",
      ])
      #expect(temporary.status == 0)
      #expect(temporary.output == "")
      empty.sql.close()
      // The server's process may end a moment after its client.
      try await eventually("the temporary slot is gone") {
        try await site.sql.rows(
          "SELECT 1 FROM pg_replication_slots WHERE slot_name = '\(site.name)_temporary'"
        ).isEmpty
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `now does not wait for transactions that are open`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      // Nobody waits for this one to be on the disk, nor for what the next one does.
      try await site.sql.run("SET synchronous_commit = off; INSERT INTO t VALUES (1)")
      try await site.sql.run("BEGIN; INSERT INTO t VALUES (2)")
      let start = PoolClock.now
      let outcome = try await site.stream("--until-now")
      let time = PoolClock.now - start
      #expect(outcome.status == 0)
      #expect(try JSONReplica.insertedIDs(outcome.lines) == [1])
      // The server's own moment to write such things comes every 15 seconds.
      #expect(time < .seconds(10))
      try await site.sql.run("COMMIT")
      #expect(try JSONReplica.insertedIDs(try await site.stream("--until-now").lines) == [2])
    }
  }

  @Test(arguments: TestServer.all)
  func `it ends after the last transaction at or below a position`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let client = try await site.prepare()
      for id in 1...3 { try await site.sql.run("INSERT INTO t VALUES (\(id)), (\(-id))") }
      let duplex = try await client.startReplication()
      var receiver = Receiver(duplex)
      let transactions = try await receiver.next(3)
      await duplex.close()

      let second = transactions[1].commitLSN.rawValue
      let third = transactions[2].commitLSN.rawValue
      for (position, last) in [
        (second - 1, 1), (second, 2), (second + 1, 2), (third - 1, 2), (third, 3), (third + 1, 3),
        (transactions[2].endLSN.rawValue, 3), (1, 0),
      ] {
        let outcome = try await site.stream("--no-ack", "--until-lsn", "\(LSN(rawValue: position))")
        #expect(outcome.status == 0)
        let expected = (1...3).prefix(last).flatMap { [$0, -$0] }
        #expect(try JSONReplica.insertedIDs(outcome.lines) == expected)
        if last > 0 { #expect(outcome.lines.last?.hasPrefix(#"{"kind":"commit""#) == true) }
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `it waits for a position that is yet to come`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      let position = try await LSN(rawValue: site.currentLSN().rawValue + 2000)
      let process = try Pgcdc.start(["stream"] + site.arguments + ["--until-lsn", "\(position)"])
      try await eventually("the first line is there") { process.output.contains("insert") }
      var id = 1
      while try await site.currentLSN() <= position {
        id += 1
        try await site.sql.run("INSERT INTO t VALUES (\(id))")
      }
      let outcome = try await process.outcome()
      #expect(outcome.status == 0)
      let ids = try JSONReplica.insertedIDs(outcome.lines)
      #expect(ids == Array(1...ids.count))
      #expect(ids.count >= id - 1)
    }
  }

  @Test(arguments: TestServer.all)
  func `it ends after a number of transactions, and continues behind them`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      for id in 1...5 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
      let first = try await site.stream("--max-transactions", "2")
      #expect(first.status == 0)
      #expect(try JSONReplica.insertedIDs(first.lines) == [1, 2])
      #expect(
        first.lines.last?.contains("\"endLSN\":\"\(try await site.confirmedFlush())\"") == true)
      let raw = try await site.stream("--format", "raw", "--max-transactions", "1")
      #expect(raw.status == 0)
      let events = try await site.stream("--format", "events", "--max-transactions", "1")
      #expect(events.status == 0)
      #expect(events.lines.last?.hasPrefix("commit ") == true)
      let rest = try await site.stream("--until-now")
      #expect(try JSONReplica.insertedIDs(rest.lines) == [5])
    }
  }

  @Test(arguments: TestServer.all)
  func `without acknowledgement the slot stays where it is`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      let start = try await site.confirmedFlush()
      for id in 1...3 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
      for format in ["json", "raw", "events"] {
        let outcome = try await site.stream("--no-ack", "--until-now", "--format", format)
        #expect(outcome.status == 0)
        #expect(outcome.output != "")
        #expect(try await site.confirmedFlush() == start)
      }
      let formats = ["json", "raw", "events"]
      for format in formats {
        try await site.sql.run("INSERT INTO t VALUES (10 + \(formats.firstIndex(of: format) ?? 0))")
        let end = try await site.currentLSN()
        #expect(try await site.stream("--until-now", "--format", format).status == 0)
        #expect(try await site.confirmedFlush() >= end)
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `lines are there as soon as nothing more comes`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let process = try Pgcdc.start(["stream"] + site.arguments + ["--create-slot"])
      try await eventually("the stream is open") {
        try await !site.sql.rows(
          "SELECT 1 FROM pg_replication_slots WHERE slot_name = '\(site.name)' AND active"
        ).isEmpty
      }
      for id in 1...3 {
        try await site.sql.run("INSERT INTO t VALUES (\(id))")
        try await eventually("the transaction is written") {
          process.output.split(separator: "\n").filter { $0.contains("commit\"") }.count >= id
        }
        let end = try await site.currentLSN()
        try await eventually("the transaction is acknowledged") {
          try await site.confirmedFlush() >= LSN(rawValue: end.rawValue - 8)
        }
      }
      process.send(SIGTERM)
      #expect(try await process.outcome().status == 143)
    }
  }

  @Test(arguments: TestServer.all)
  func `messages and origins need a server that has them`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      if server.version >= 14 {
        let lsn = try await site.sql.lsn("SELECT pg_logical_emit_message(false, 'p', 'content')")
        let outcome = try await site.stream("--messages", "--until-now")
        #expect(outcome.status == 0)
        #expect(
          outcome.lines.last == """
            {"kind":"message","lsn":"\(lsn)","transactional":false,"prefix":"p","content":"content"}
            """)
        #expect(try await site.confirmedFlush() >= lsn)
      } else {
        let outcome = try await site.stream("--messages", "--until-now")
        #expect(outcome.status == 1)
        #expect(outcome.errors.contains("14"))
      }
      let origin = try await site.stream("--origin", "none", "--until-now")
      #expect(origin.status == (server.version >= 16 ? 0 : 1))
      if server.version < 16 { #expect(origin.errors.contains("16")) }
    }
  }

  @Test(arguments: TestServer.all)
  func `a slot in use is waited for, then given up`(server: TestServer) async throws {
    try await onSite(server) { site in
      let client = try await site.prepare()
      let holder = try await client.startReplication()
      let pid = try #require(try await client.slot()?.activePID)
      let process = try Pgcdc.start(["stream"] + site.arguments + ["--until-now"])
      try await eventually("it waits") { process.errors.contains("waiting for the slot") }
      await holder.close()
      #expect(try await process.outcome().status == 0)

      guard TestServer.newest.contains(server) else { return }
      let second = try await client.startReplication()
      let refused = try await site.stream("--until-now")
      #expect(refused.status == 1)
      #expect(refused.errors.contains("is active for PID"))
      #expect(!refused.errors.contains("is active for PID \(pid)\n"))
      await second.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `what is not there is named, with status 1`(server: TestServer) async throws {
    try await onSite(server) { site in
      let noSlot = try await site.stream("--until-now")
      #expect(noSlot.status == 1)
      #expect(noSlot.errors.contains("\"\(site.name)\" does not exist"))
      let noPublication = try await site.stream("--create-slot", "--until-now")
      #expect(noPublication.status == 1)
      #expect(noPublication.errors.contains("no such publication: \"\(site.name)\""))
      let noServer = try await Pgcdc.run([
        "stream", "--url", "postgresql://postgres@127.0.0.1:1/postgres", "--slot", "s",
        "--publication", "p",
      ])
      #expect(noServer.status == 1)
      #expect(noServer.errors.contains("\"127.0.0.1\", port 1 "))
      for outcome in [noSlot, noPublication, noServer] { #expect(outcome.output == "") }
    }
  }

  @Test(arguments: TestServer.newest)
  func `the server can be named by the environment`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.prepare()
      try await site.sql.run("INSERT INTO t VALUES (1)")
      let options = site.options
      let url = try #require(URLComponents(string: site.url))
      let outcome = try await Pgcdc.run(
        ["stream", "--slot", site.name, "--publication", site.name, "--until-now"],
        environment: [
          "PGHOST": options.host, "PGPORT": "\(options.port)", "PGUSER": options.user,
          "PGPASSWORD": url.password ?? "", "PGDATABASE": options.database,
        ])
      #expect(outcome.status == 0)
      #expect(try JSONReplica.insertedIDs(outcome.lines) == [1])
    }
  }
}
