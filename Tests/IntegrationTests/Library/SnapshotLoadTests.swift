import Foundation
import PGWire
import ReplicationCore
import Synchronization
import Testing

/// A snapshot and the stream behind it make the table, while others write to it.
@Suite struct SnapshotLoadTests {
  /// Rows of the table at the start; more can be asked for by hand.
  private static let asked =
    ProcessInfo.processInfo.environment["PGREPL_TEST_SNAPSHOT_ROWS"].flatMap { Int($0) }

  @Test(arguments: TestServer.all)
  func `every row comes once, in the snapshot or by the stream`(server: TestServer) async throws {
    let ends = [TestServer.all.first, TestServer.all.last]
    let size = Self.asked ?? (ends.contains(server) ? 50_000 : 10_000)
    try await onSite(server, limit: .seconds(600 + size / 100)) { site in
      try await site.sql.run(
        """
        CREATE TABLE t (id int PRIMARY KEY, n int, v numeric, at timestamptz, big text);
        ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
        INSERT INTO t SELECT i, 0, i * 1.5, '2024-01-01'::timestamptz + i * interval '1 s',
          CASE WHEN i % 500 = 0 THEN repeat('x', 3000) END FROM generate_series(1, \(size)) i;
        ANALYZE t
        """)
      try await site.publish("TABLE t")
      let load = try await Load.start(site, table: "t", writers: 3)
      let client = try site.client()
      var replica = Replica(["t"])
      var options = SnapshotOptions()
      options.workers = 3
      options.batchBytes = 1 << 14
      options.leastBlocks = 16
      var progress: SnapshotProgress?
      let (start, rows) = try await client.withExportedSnapshot { snapshot in
        // What is written from here on is for the stream.
        try await load.goOn(10)
        var rows = SnapshotRows()
        try await snapshot.read(
          try await snapshot.tables(), options: options, onProgress: { progress = $0 }
        ) { event in
          try rows.take(event)
        }
        try await load.goOn(10)
        return (snapshot.consistentPoint, rows)
      }
      try await load.stop()
      try replica.apply(rows.changes)
      #expect(rows.ends["t"] == Int64(rows.changes.count))
      #expect(progress?.rows == Int64(rows.changes.count) && progress?.tablesDone == 1)
      #expect((progress?.estimatedRows ?? 0) > 1000)
      // A range's rows are never in one batch with another's.
      #expect(rows.batches["t", default: 0] > 10)

      let end = try await client.insertLSN()
      let duplex = try await client.with { $0.stopAt = LSN(rawValue: end.rawValue - 1) }
        .startReplication(from: start)
      var receiver = Receiver(duplex)
      var transactions = 0
      while let transaction = try await receiver.next() {
        try replica.apply(transaction)
        transactions += 1
      }
      await duplex.close()
      #expect(transactions >= 20)
      let expected = try await Replica(["t"], of: site.sql)
      #expect(replica == expected)
    }
  }
}

/// Sessions that write to a table until they are told to stop.
private final class Load: Sendable {
  private let transactions = Mutex(0)
  private let isOver = Mutex(false)
  private let writers: Mutex<[Task<Void, any Error>]> = Mutex([])

  static func start(_ site: Site, table: String, writers: Int) async throws -> Load {
    let load = Load()
    for writer in 0..<writers {
      let sql = try await WireConnection.connect(site.options)
      try await sql.run("SET search_path = \(site.name)")
      let task = Task { try await load.write(sql, table, writer, of: writers) }
      load.writers.withLock { $0.append(task) }
    }
    try await load.goOn(5)
    return load
  }

  /// Waits for so many transactions more.
  func goOn(_ count: Int) async throws {
    let goal = transactions.withLock { $0 + count }
    try await eventually("\(count) transactions more") { transactions.withLock { $0 } >= goal }
  }

  func stop() async throws {
    isOver.withLock { $0 = true }
    for writer in writers.withLock({ $0 }) { try await writer.value }
  }

  /// Each writer has rows of its own, so that none waits for another.
  private func write(_ sql: WireConnection, _ table: String, _ writer: Int, of count: Int)
    async throws
  {
    var step = 0
    while !isOver.withLock({ $0 }) {
      step += 1
      let own = "id % \(count) = \(writer)"
      let first = 10_000_000 * (writer + 1) + step * 100
      try await sql.run(
        """
        BEGIN;
        INSERT INTO \(table) SELECT i, \(step), 1.5, now(), NULL
          FROM generate_series(\(first), \(first + 19)) i WHERE i % \(count) = \(writer);
        UPDATE \(table) SET n = n + 1 WHERE id % 1009 = \(step % 1009) AND \(own);
        DELETE FROM \(table) WHERE id % 1499 = \(step % 1499) AND \(own);
        UPDATE \(table) SET id = id + 100000000 WHERE id % 1999 = \(step % 1999) AND \(own)
          AND id < 100000000 AND (id + 100000000) % \(count) = \(writer);
        \(step % 7 == 0 ? "ROLLBACK" : "COMMIT")
        """)
      transactions.withLock { $0 += 1 }
      // Many, but no more than what reads them can take.
      try await Task.sleep(for: .milliseconds(20))
    }
    sql.close()
  }
}
