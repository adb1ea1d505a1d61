import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

/// Tables without a key, which are read by their blocks.
@Suite struct RangeBlockTests {
  private static let few =
    TestServer.all.count > 2 ? [TestServer.all[0]] + TestServer.newest : TestServer.all
  private static let rows = 6000

  /// A driver for the one table `t`, which has no key and a few hundred blocks.
  private func driver(_ site: Site, workers: Int) async throws -> RangeDriver {
    try await site.sql.run(
      """
      CREATE TABLE t (a int, v text);
      ALTER TABLE t REPLICA IDENTITY FULL;
      INSERT INTO t SELECT n % 100, repeat('x', 300) FROM generate_series(1, \(Self.rows)) n
      """)
    try await site.publish("TABLE t")
    return RangeDriver(try site.client()) { options in
      options.workers = workers
      options.leastBlocks = 16
    }
  }

  /// Reads the table, and closes the readers, whose sessions would hold its lock for ever.
  private static func read(_ driver: RangeDriver) async throws -> RangeDriver.Read? {
    let result: Result<[String: RangeDriver.Read], any Error>
    do { result = .success(try await driver.readAll()) } catch { result = .failure(error) }
    await driver.readers.close()
    return try result.get()["t"]
  }

  /// The sessions that hold a lock of the table, but for our own.
  private static func readers(_ site: Site) async throws -> Int {
    try await site.sql.rows(
      """
      SELECT DISTINCT pid FROM pg_locks
      WHERE relation = '\(site.name).t'::regclass AND granted AND pid <> pg_backend_pid()
      """
    ).count
  }

  @Test(arguments: TestServer.all)
  func `all connections that are free read it, each row once`(server: TestServer) async throws {
    try await onSite(server) { site in
      let driver = try await driver(site, workers: 3)
      var (most, batches) = (0, 0)
      driver.onBatch = { batch in
        batches += 1
        // Changed behind the snapshot's back: nobody may see it.
        if batches == 1 { try await site.sql.run("UPDATE t SET a = -1 WHERE a < 50") }
        if batches % 10 == 0 { most = max(most, try await Self.readers(site)) }
      }
      let read = try #require(try await Self.read(driver))
      #expect(read.ranges == [.everything])
      #expect(read.rows.count == Self.rows)
      #expect(read.rows.count { $0[0] == "7" } == Self.rows / 100)
      #expect(!read.rows.contains { $0[0] == "-1" })
      // Ranges of blocks are known to servers from 14 on.
      #expect(most == (server.version < 14 ? 1 : 3))
      #expect(read.largestBatch < (1 << 13) + 400)
      #expect(driver.failures == [])
    }
  }

  @Test(arguments: few)
  func `a change of its shape that waits stops nobody`(server: TestServer) async throws {
    try await onSite(server) { site in
      let driver = try await driver(site, workers: 3)
      var altering: Task<Void, any Error>?
      driver.onBatch = { _ in
        guard altering == nil else { return }
        altering = Task {
          let sql = try await WireConnection.connect(site.options)
          defer { sql.close() }
          try await sql.run("ALTER TABLE \(site.name).t ADD COLUMN w int")
        }
        try await eventually("it waits") {
          try await !site.sql.rows(
            "SELECT FROM pg_locks WHERE relation = 't'::regclass AND NOT granted"
          ).isEmpty
        }
      }
      let read = try #require(try await Self.read(driver))
      #expect(read.rows.count == Self.rows)
      try await altering?.value
    }
  }

  @Test(arguments: few)
  func `a connection that breaks fails the range, and leaves no session`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let driver = try await driver(site, workers: 3)
      var batches = 0
      driver.onBatch = { _ in
        batches += 1
        guard batches == 3 else { return }
        try await site.sql.run(
          """
          SELECT pg_terminate_backend(max(pid)) FROM pg_locks
          WHERE relation = 't'::regclass AND granted AND pid <> pg_backend_pid()
          """)
      }
      _ = try? await Self.read(driver)
      try await eventually("the sessions are gone") { try await Self.readers(site) == 0 }
      #expect(batches < Self.rows)
    }
  }
}
