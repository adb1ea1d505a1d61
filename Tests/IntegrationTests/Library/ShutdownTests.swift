import Foundation
import PGWire
import ReplicationCore
import Testing

/// A server that shuts down while a consumer takes nothing, or does not acknowledge.
@Suite struct ShutdownTests {
  @Test(arguments: TestServer.startable)
  func `does not wait for a program whose reader is stuck`(server: TestServer) async throws {
    try await OwnServer.with(version: server.version) { own in
      // The publication first, or the slot would not know it.
      let sql = try await WireConnection.connect(own.localOptions())
      try await sql.run("CREATE TABLE t (id serial, filler text); CREATE PUBLICATION p FOR TABLE t")
      try await sql.run("SELECT pg_create_logical_replication_slot('s', 'pgoutput')")
      try await sql.run(
        "INSERT INTO t (filler) SELECT repeat('x', 1000) FROM generate_series(1, 50000)")
      sql.close()
      let pipe = try NamedPipe()
      defer { pipe.closeReader() }
      let process = try Pgcdc.start(
        ["stream", "--url", own.url, "--slot", "s", "--publication", "p"], output: pipe.path)
      defer { process.send(SIGKILL) }
      try await Task.sleep(for: .seconds(2))
      // It fails when the server has not stopped within a minute.
      try await own.restart(mode: "fast")
    }
  }

  @Test(arguments: TestServer.startable, [true, false])
  func `is followed by the rest, once the consumer continues`(
    server: TestServer, isFarBehind: Bool
  ) async throws {
    try await OwnServer.with(version: server.version) { own in
      let sql = try await WireConnection.connect(own.localOptions())
      try await sql.run("CREATE TABLE t (id serial, filler text); CREATE PUBLICATION p FOR TABLE t")
      var params = try ReplicationParams(url: own.url, slot: "s", publications: ["p"])
      params.createsSlot = true
      params.shutdownPatience = .seconds(4)
      try await Client(params).ensureSlot()
      let count = isFarBehind ? 20_000 : 1
      try await sql.run("INSERT INTO t (filler) VALUES ('first')")
      try await sql.run(
        "INSERT INTO t (filler) SELECT repeat('x', 2000) FROM generate_series(1, \(count))")
      sql.close()
      let subscription = try Subscription(params)
      let iterator = subscription.transactions.makeAsyncIterator()
      let first = try #require(try await iterator.next())
      try await Task.sleep(for: .seconds(1))
      try await own.restart(mode: "fast")
      first.acknowledge()
      var rows = 0
      while rows < count, let transaction = try await iterator.next() {
        do {
          for try await change in transaction.changes { if case .insert = change { rows += 1 } }
          transaction.acknowledge()
        } catch ReplicationError.interrupted {
          rows = 0
        }
      }
      #expect(rows == count)
      try await subscription.close()
    }
  }
}

/// What the server does to slots and sessions while somebody streams.
@Suite struct LostSlotTests {
  @Test(arguments: TestServer.startable)
  func `a stream says why its slot was invalidated, and the slot is refused`(
    server: TestServer
  ) async throws {
    try await OwnServer.with(version: server.version) { own in
      let sql = try await WireConnection.connect(own.localOptions())
      defer { sql.close() }
      try await sql.run("CREATE TABLE t (id int); CREATE PUBLICATION p FOR TABLE t")
      var params = try ReplicationParams(url: own.url, slot: "s", publications: ["p"])
      params.createsSlot = true
      let client = try Client(params)
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      try await sql.run("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'")
      try await sql.run("SELECT pg_reload_conf()")
      for _ in 0..<6 {
        try await sql.run("SELECT txid_current(); SELECT pg_switch_wal(); CHECKPOINT")
      }
      let error = await #expect(throws: ReplicationError.self) {
        while try await duplex.recv() != nil {}
      }
      guard case .slotInvalidated("s", let reason, let words) = error else {
        Issue.record("\(error as Any)")
        return
      }
      #expect(reason == (server.version >= 17 ? .walRemoved : nil))
      #expect(words.sqlState == .adminShutdown)
      let refused = await #expect(throws: ReplicationError.self) { try await client.ensureSlot() }
      guard case .slotMismatch("s", let differences) = refused else {
        Issue.record("\(refused as Any)")
        return
      }
      #expect(differences.contains { $0.hasPrefix("it is lost") })
      let outcome = try await Pgcdc.run(["slot", "ensure", "--url", own.url, "--slot", "s"])
      #expect(outcome.status == 1 && outcome.errors.contains("it is lost"))
    }
  }
}

/// A role that may have one connection.
@Suite struct ConnectionLimitTests {
  @Test(arguments: TestServer.all)
  func `is enough to stream up to now`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      try await site.sql.run(
        "CREATE ROLE \(site.name)r LOGIN REPLICATION PASSWORD 'x' CONNECTION LIMIT 1")
      try await site.sql.run("GRANT USAGE ON SCHEMA \(site.name) TO \(site.name)r")
      try await site.client().ensureSlot()
      let host = site.options.hosts[0]
      let url =
        "host=\(host.name ?? "127.0.0.1") port=\(host.port) user=\(site.name)r password=x "
        + "dbname=\(site.options.database)"
      let checkpoint = FileManager.default.temporaryDirectory.appending(path: "it-\(site.name)c")
      defer { try? FileManager.default.removeItem(at: checkpoint) }
      for (id, more) in [[], ["--checkpoint", checkpoint.path]].enumerated() {
        try await site.sql.run("INSERT INTO t VALUES (\(id))")
        let outcome = try await Pgcdc.run(
          ["stream", "--url", url, "--slot", site.name, "--publication", site.name, "--until-now"]
            + more)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("53300"))
        #expect(try JSONReplica.insertedIDs(outcome.lines) == [id])
      }
    }
  }
}
