import Foundation
import PGWire
import ReplicationCore
import Testing

/// An open stream: waiting, giving up, ending.
@Suite struct StreamTests {
  @Test(arguments: TestServer.all)
  func `a wait that is cancelled loses nothing`(server: TestServer) async throws {
    try await onSite(server) { site in
      let client = try await site.prepare()
      let duplex = try await client.startReplication()
      var ids: [String] = []
      for id in 1...20 {
        // Sometimes before the wait, sometimes in it, sometimes with an event at hand.
        let waiter = Task { try await duplex.recv() }
        if id % 3 > 0 { try await Task.sleep(for: .milliseconds(id % 3 * 4)) }
        if id % 2 == 0 { try await site.sql.run("INSERT INTO t VALUES (\(id))") }
        waiter.cancel()
        do {
          if case .commit? = try await waiter.value { ids.append("commit") }
        } catch {
          #expect(error as? ReplicationError == .cancelled)
        }
      }
      try await site.sql.run("INSERT INTO t VALUES (100)")
      // Whatever the waiters above have taken, the stream is whole: it continues with every event.
      var commits = ids.count
      while commits < 11, let event = try await duplex.recv() {
        if case .commit = event { commits += 1 }
      }
      #expect(commits == 11)
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a task that is cancelled stops even if there is always more`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable()
      let client = try site.client { $0.byteBudget = 1 << 20 }
      try await client.ensureSlot()
      try await site.sql.run("INSERT INTO t SELECT generate_series(1, 100000)")
      let duplex = try await client.startReplication()
      let (counts, count) = AsyncStream.makeStream(of: Int.self)
      let reader = Task {
        var events = 0
        while try await duplex.recv() != nil {
          events += 1
          count.yield(events)
        }
      }
      _ = await counts.first { $0 == 100 }
      reader.cancel()
      let result = await reader.result
      #expect(throws: ReplicationError.cancelled) { try result.get() }
      count.finish()
      #expect(duplex.end == nil)
      var rest = 0
      while let event = try await duplex.recv() {
        rest += 1
        if case .commit = event, rest > 1 { break }
      }
      #expect(rest > 1000)
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `closing ends the wait and frees the slot`(server: TestServer) async throws {
    try await onSite(server) { site in
      let client = try await site.prepare("id int")
      let duplex = try await client.startReplication()
      #expect(duplex.end == nil)
      // Servers 13 and 14 may send empty transactions, of autovacuum for example.
      let waiter = Task { while try await duplex.recv() != nil {} }
      try await eventually("nobody else may wait at the same time") {
        do {
          _ = try duplex.recvIfReady()
          return false
        } catch let error as ReplicationError {
          #expect(error == .concurrentReceive)
          return true
        }
      }
      await duplex.close()
      try await waiter.value
      #expect(duplex.end == .closed)
      #expect(try await duplex.recv() == nil)
      #expect(try await !site.isActive())
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `a stream that nobody refers to any more is closed`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      try await client.ensureSlot()
      do {
        let duplex = try await client.startReplication()
        #expect(duplex.end == nil)
        #expect(try await site.isActive())
      }
      try await eventually("the slot is free") { try await !site.isActive() }
    }
  }

  @Test(arguments: TestServer.all)
  func `closing in the middle of a large transaction frees the slot`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable("id int PRIMARY KEY, name text")
      let client = try site.client { $0.byteBudget = 1 << 20 }
      try await client.ensureSlot()
      let before = try await site.confirmedFlush()
      try await site.sql.run(
        "INSERT INTO t SELECT n, repeat('x', 200) FROM generate_series(1, 50000) n")
      let duplex = try await client.startReplication()
      for _ in 0..<100 { _ = try await duplex.recv() }
      await duplex.close()
      try await eventually("the slot is free") { try await !site.isActive() }
      #expect(try await site.confirmedFlush() == before)
    }
  }

  @Test(arguments: TestServer.all)
  func `a session that the server ends is an error that says so`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client()
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      let pid = try #require(try await client.slot()?.activePID)
      try await site.sql.run("SELECT pg_terminate_backend(\(pid))")
      let error = await #expect(throws: ReplicationError.self) {
        while try await duplex.recv() != nil {}
      }
      #expect(error?.sqlState == .adminShutdown)
      #expect(duplex.end == .failed(try #require(error)))
      await duplex.close()
      // It can be opened again, as soon as the session has ended.
      try await client.waitForSlot()
      await (try client.startReplication()).close()
    }
  }

  @Test(arguments: TestServer.newest)
  func `a consumer that sleeps longer than the server waits is not cut off`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishTable("id int PRIMARY KEY, name text")
      let options = try ConnectionOptions(
        host: site.options.host, port: site.options.port, user: site.options.user,
        password: site.options.password, database: site.options.database,
        serverOptions: "-c wal_sender_timeout=3s")
      let client = try site.client {
        $0.connection = options
        $0.byteBudget = 1 << 20
      }
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      #expect(try await timeout(of: client, site) == "3s")
      // First an idle stream, then one whose buffers are full.
      try await Task.sleep(for: .seconds(8))
      try await site.sql.run(
        "INSERT INTO t SELECT n, repeat('x', 500) FROM generate_series(1, 40000) n")
      try await Task.sleep(for: .seconds(8))
      var rows = 0
      receiving: while let event = try await duplex.recv() {
        switch event {
        case .xLogData: rows += 1
        case .commit where rows > 0: break receiving
        default: break
        }
      }
      #expect(rows == 40_001)
      #expect(duplex.end == nil)
      await duplex.close()
    }
  }

  @Test(arguments: TestServer.startable)
  func `a server that freezes is given up`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publish("ALL TABLES")
      let client = try site.client { $0.walSenderTimeout = .seconds(3) }
      try await client.ensureSlot()
      let duplex = try await client.startReplication()
      let process = try #require(try await client.slot()?.activePID)
      try #require(kill(process, SIGSTOP) == 0)
      let error = await #expect(throws: ReplicationError.self) {
        while try await duplex.recv() != nil {}
      }
      kill(process, SIGCONT)
      #expect(error == .stalled(.seconds(3)))
      await duplex.close()
      try await eventually("the slot is free") { try await !site.isActive() }
    }
  }

  /// What the walsender's own setting is; seen in its command line of settings.
  private func timeout(of client: Client, _ site: Site) async throws -> String {
    let connection = try await WireConnection.connect(
      client.params.connection, replication: .database)
    defer { connection.close() }
    return try await connection.value("SHOW wal_sender_timeout")
  }
}
