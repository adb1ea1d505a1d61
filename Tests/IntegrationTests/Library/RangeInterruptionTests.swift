import PGWire
import Synchronization
import TestSupport
import Testing

@testable import ReplicationCore

/// What gets in the way of those who read ranges: locks, other people's DDL, lost connections.
@Suite struct RangeInterruptionTests {
  private static let rows = 3000

  /// The keys in ascending order.
  private func keys(_ read: RangeDriver.Read?) -> [Int] {
    (read?.rows ?? []).compactMap { $0[0].flatMap { Int($0) } }.sorted()
  }

  /// Statements that wait for readers, and that readers wait for.
  private static let statements = [
    "ALTER TABLE t ADD COLUMN z int", "ALTER TABLE t ALTER id TYPE bigint", "VACUUM FULL t",
    "REINDEX TABLE t", "ALTER TABLE t RENAME COLUMN v TO w", "CREATE INDEX ON t (v)",
    "ALTER TABLE t REPLICA IDENTITY FULL", "LOCK TABLE t IN ACCESS EXCLUSIVE MODE",
  ]

  @Test(arguments: TestServer.all)
  func `DDL that waits gets its turn, and everything is read`(server: TestServer) async throws {
    for statement in Self.statements {
      try await onSite(server) { site in
        try await site.publishRows(Self.rows)
        let other = try await WireConnection.connect(site.options)
        defer { other.close() }
        try await other.run("SET search_path = \(site.name)")
        let driver = try site.rangeDriver { $0.workers = 3 }
        var ddl: Task<Void, any Error>?
        driver.onBatch = { _ in
          guard ddl == nil else { return }
          ddl = Task {
            let isLock = statement.hasPrefix("LOCK")
            try await other.run(isLock ? "BEGIN; \(statement); COMMIT" : statement)
          }
          try await eventually("\(statement) waits or has run") {
            try await !site.sql.rows(
              """
              SELECT 1 FROM pg_stat_activity WHERE pid = \(other.processID)
                AND position('\(statement)' IN query) > 0
                AND (wait_event_type = 'Lock' OR state = 'idle')
              """
            ).isEmpty
          }
        }
        let read = try await driver.readAll()
        await driver.readers.close()
        #expect(keys(read["t"]) == Array(1...Self.rows), "\(statement)")
        try await #require(ddl).value
        try await site.expectNoSessions()
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `a lock that others hold is asked for again, with nothing in hand`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishRows(Self.rows)
      let driver = try site.rangeDriver {
        $0.lockTimeout = .milliseconds(200)
        $0.lockAttempts = 12
      }
      try await driver.lookUp()
      let other = try await WireConnection.connect(site.options)
      defer { other.close() }
      try await other.run(
        "SET search_path = \(site.name); BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
      let readers = driver.readers
      let table = try #require(driver.tables.values.first)
      let id = RangeID(table: table.oid, number: 1)
      readers.offer(id, of: table, .everything)
      let asking = """
        SELECT 1 FROM pg_stat_activity WHERE application_name = '\(site.name)_reader'
          AND wait_event_type = 'Lock'
        """
      try await eventually("it waits for a lock") { try await !site.sql.rows(asking).isEmpty }
      try await eventually("it waits no more") { try await site.sql.rows(asking).isEmpty }
      try await eventually("it waits again") { try await !site.sql.rows(asking).isEmpty }
      try await other.run("COMMIT")
      var reports: [ReadingReport] = []
      try await eventually("it is ready") {
        reports += readers.takeReports()
        return !reports.isEmpty
      }
      guard case .ready(id, _)? = reports.first else {
        Issue.record("\(reports)")
        return
      }
      // The same for the range itself, until it is given back.
      try await other.run("BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
      reports = []
      readers.begin(id, .everything)
      try await eventually("it is given back") {
        reports += readers.takeReports()
        return !reports.isEmpty
      }
      guard case .failed(id, let error)? = reports.first else {
        Issue.record("\(reports)")
        return
      }
      #expect(error.sqlState == .lockNotAvailable && error.rangeRemedy == .tryAgain)
      try await other.run("COMMIT")
      await readers.close()
      try await site.expectNoSessions()
    }
  }

  @Test(arguments: TestServer.all)
  func `lost connections are replaced`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishRows(Self.rows)
      let driver = try site.rangeDriver { $0.workers = 2 }
      var kills = 0
      driver.onReport = { report in
        let isDue =
          switch report {
          case .lockHeld, .snapshotTaken: true
          default: false
          }
        guard isDue, kills < 4 else { return }
        kills += 1
        try await site.sql.run(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = '\(site.name)_reader'
          """)
      }
      let read = try await driver.readAll()
      #expect(keys(read["t"]) == Array(1...Self.rows))
      #expect(kills == 4 && driver.failures.count >= 4)
      await driver.readers.close()
      try await site.expectNoSessions()
    }
  }

  @Test(arguments: TestServer.all)
  func `what is abandoned or closed ends on the server too`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishRows(Self.rows)
      for isClosed in [false, true] {
        let driver = try site.rangeDriver {
          $0.workers = 1
          $0.chunkBytes = 16_777_216
        }
        let readers = driver.readers
        try await driver.lookUp()
        let table = try #require(driver.tables.values.first)
        let id = RangeID(table: table.oid, number: 1)
        readers.offer(id, of: table, .everything)
        var reports: [ReadingReport] = []
        func next(_ what: String) async throws -> ReadingReport {
          try await eventually(what) {
            reports += readers.takeReports()
            return !reports.isEmpty
          }
          return reports.removeFirst()
        }
        // What was reported of a range that was given up is not taken for the next one's.
        try await eventually("the worker waits") {
          try await !site.sql.rows(
            """
            SELECT 1 FROM pg_stat_activity WHERE application_name = '\(site.name)_reader'
              AND query = 'COMMIT' AND state = 'idle'
            """
          ).isEmpty
        }
        readers.release(id)
        try await eventually("the worker is free") { readers.hasFreeWorker }
        #expect(readers.takeReports().isEmpty)
        readers.offer(id, of: table, .everything)
        guard case .ready = try await next("ready") else { throw NoValue(sql: "ready") }
        #expect(!readers.hasFreeWorker)
        readers.begin(id, .everything)
        guard case .lockHeld = try await next("locked") else { throw NoValue(sql: "lock") }
        readers.perform(.takeSnapshot(id))
        guard case .snapshotTaken = try await next("taken") else { throw NoValue(sql: "snapshot") }
        readers.perform(.readChunk(id))
        let batch = try #require(try await readers.nextBatch(of: id))
        #expect(batch.rowCount > 0 && batch.rowCount < Self.rows)
        if isClosed { await readers.close() } else { readers.perform(.abandon(id)) }
        try await eventually("no transaction is open") {
          try await site.sql.rows(
            """
            SELECT 1 FROM pg_stat_activity WHERE application_name = '\(site.name)_reader'
              AND xact_start IS NOT NULL
            """
          ).isEmpty
        }
        await #expect(throws: ReplicationError.self) { try await readers.nextBatch(of: id) }
        if !isClosed { try await eventually("the worker is free") { readers.hasFreeWorker } }
        await readers.close()
        #expect(!readers.hasFreeWorker)
        try await site.expectNoSessions()
      }
    }
  }

  @Test(arguments: TestServer.all)
  func `no transaction is longer than one chunk`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishRows(Self.rows)
      let driver = try site.rangeDriver { $0.workers = 1 }
      let open = """
        SELECT pid, xact_start FROM pg_stat_activity WHERE xact_start IS NOT NULL
          AND application_name = '\(site.name)_reader'
        """
      var starts: Set<String> = []
      var snapshots = 0
      driver.onReport = { report in
        let rows = try await site.sql.rows(open)
        switch report {
        case .ready: #expect(rows.isEmpty)
        case .lockHeld: #expect(rows.count == 1)
        case .snapshotTaken:
          snapshots += 1
          #expect(rows.count == 1)
          starts.formUnion(rows.compactMap { $0[1] })
        default: break
        }
      }
      driver.repeats = 1
      let read = try await driver.readAll()
      #expect(keys(read["t"]) == Array(1...Self.rows))
      // Each snapshot had a transaction of its own.
      let ranges = try #require(read["t"]).ranges.count
      #expect(ranges >= 4 && snapshots == 2 * ranges && starts.count == snapshots)
      await driver.readers.close()
      try await site.expectNoSessions()
    }
  }

  @Test(arguments: TestServer.newest)
  func `a snapshot that nobody uses is reported, once`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishRows(Self.rows)
      let driver = try site.rangeDriver { $0.longestWait = .milliseconds(50) }
      let readers = driver.readers
      try await driver.lookUp()
      let table = try #require(driver.tables.values.first)
      let id = RangeID(table: table.oid, number: 1)
      readers.offer(id, of: table, .everything)
      var waited = 0
      try await eventually("it has waited too long") {
        for report in readers.takeReports() {
          switch report {
          case .ready: readers.begin(id, .everything)
          case .lockHeld: readers.perform(.takeSnapshot(id))
          case .snapshotTaken: readers.perform(.readChunk(id))
          case .waitedTooLong: waited += 1
          default: Issue.record("\(report)")
          }
        }
        return waited > 0
      }
      var rows = 0
      while let batch = try await readers.nextBatch(of: id) { rows += batch.rowCount }
      #expect(rows == Self.rows && waited == 1 && readers.takeReports().isEmpty)
      await readers.close()
    }
  }
}
