import PGWire
import Testing

@testable import ReplicationCore

/// The locks of those who read ranges: when they are taken, and when they are given back.
@Suite struct RangeLockTests {
  private static let rows = 3000

  /// A worker that has been led so far that the first batch of its range waits to be taken.
  private func fill(
    _ readers: RangeReaders, _ id: RangeID, _ table: IncrementalTable, _ range: KeyRange,
    afterLock: () async throws -> Void = {}
  ) async throws {
    readers.offer(id, of: table, range)
    var isReading = false
    try await eventually("its snapshot is taken") {
      for report in readers.takeReports() {
        switch report {
        case .ready: readers.begin(id, range)
        case .lockHeld:
          try await afterLock()
          readers.perform(.takeSnapshot(id))
        case .snapshotTaken:
          readers.perform(.readChunk(id))
          isReading = true
        default: Issue.record("\(report)")
        }
      }
      return isReading
    }
  }

  @Test(arguments: TestServer.all)
  func `the lock comes before the snapshot`(server: TestServer) async throws {
    try await onSite(server) { site in
      try await site.publishRows(Self.rows)
      let driver = try site.rangeDriver()
      try await driver.lookUp()
      let table = try #require(driver.tables.values.first)
      let id = RangeID(table: table.oid, number: 1)
      try await fill(driver.readers, id, table, .everything) {
        try await site.sql.run("INSERT INTO t VALUES (0, 'committed after the lock was taken')")
      }
      var rows = 0
      while let batch = try await driver.readers.nextBatch(of: id) { rows += batch.rowCount }
      #expect(rows == Self.rows + 1)
      await driver.readers.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `nobody waits for the lock of an index that another reader holds`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishRows(Self.rows)
      let driver = try site.rangeDriver()
      let readers = driver.readers
      try await driver.lookUp()
      let table = try #require(driver.tables.values.first)
      let middle = KeyBound(.before, Key([.integer(1000)]))
      let first = RangeID(table: table.oid, number: 1)
      try await fill(readers, first, table, KeyRange(start: middle, end: nil))
      try await eventually("its rows are read") {
        try await !site.sql.rows(
          """
          SELECT 1 FROM pg_stat_activity WHERE application_name = '\(site.name)_reader'
            AND query LIKE 'COPY%'
          """
        ).isEmpty
      }
      let other = try await WireConnection.connect(site.options)
      defer { other.close() }
      try await other.run("SET search_path = \(site.name)")
      let reindex = Task { try await other.run("REINDEX INDEX t_pkey") }
      try await eventually("it waits for the index") {
        try await !site.sql.rows(
          "SELECT 1 FROM pg_locks WHERE pid = \(other.processID) AND NOT granted"
        ).isEmpty
      }
      // The consumer wants the second one's rows first, as a stream may do.
      let second = RangeID(table: table.oid, number: 2)
      let start = KeyRange(start: nil, end: middle)
      try await fill(readers, second, table, start)
      let error = await #expect(throws: ReplicationError.self) {
        try await readers.nextBatch(of: second)
      }
      #expect(error?.sqlState == .lockNotAvailable && error?.rangeRemedy == .tryAgain)
      #expect(readers.takeReports().isEmpty)
      var rows = 0
      while let batch = try await readers.nextBatch(of: first) { rows += batch.rowCount }
      #expect(rows == Self.rows - 999)
      try await reindex.value
      try await fill(readers, second, table, start)
      while let batch = try await readers.nextBatch(of: second) { rows += batch.rowCount }
      #expect(rows == Self.rows)
      await readers.close()
    }
  }

  @Test(arguments: TestServer.all)
  func `rows that nobody takes do not keep a table locked, and connections are not kept for ever`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      try await site.publishRows(Self.rows)
      let driver = try site.rangeDriver {
        $0.longestHold = .milliseconds(300)
        $0.idleTimeout = .milliseconds(300)
      }
      let readers = driver.readers
      try await driver.lookUp()
      let table = try #require(driver.tables.values.first)
      let id = RangeID(table: table.oid, number: 1)
      try await fill(readers, id, table, .everything)
      try await site.sql.run("ALTER TABLE t SET (fillfactor = 50); TRUNCATE t")
      var reports: [ReadingReport] = []
      try await eventually("it is reported") {
        reports += readers.takeReports()
        return !reports.isEmpty
      }
      guard case .failed(id, let error)? = reports.first, reports.count == 1 else {
        Issue.record("\(reports)")
        return
      }
      #expect(error.rangeRemedy == .tryAgain)
      try await eventually("the worker is free") { readers.hasFreeWorker }
      #expect(readers.takeReports().isEmpty)
      try await site.expectNoSessions()
      // They are opened again when they are needed.
      try await fill(readers, id, table, .everything)
      #expect(try await readers.nextBatch(of: id) == nil)
      await readers.close()
    }
  }
}
