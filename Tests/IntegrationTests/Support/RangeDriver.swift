import PGOutput
import PGWire
import Synchronization
import Testing

@testable import ReplicationCore

/// Reads tables range by range as a stream would have it done, but without a stream: every range is
/// read as soon as a worker is free, and every snapshot is good.
final class RangeDriver {
  /// What has come of one table.
  struct Read {
    /// The rows' values, in the order of the columns.
    var rows: [[String?]] = []
    var ranges: [KeyRange] = []
    /// The rows of each range.
    var counts: [Int] = []
    var largestBatch = 0
  }

  let readers: RangeReaders
  private let wakeup = Wakeup()
  private var open: [(id: RangeID, range: KeyRange)] = []
  private var offered: [RangeID: KeyRange] = [:]
  private var claimed: [RangeID: KeyRange] = [:]
  private var nextNumber: UInt64 = 1
  private(set) var tables: [UInt32: IncrementalTable] = [:]
  private(set) var read: [UInt32: Read] = [:]
  private(set) var failures: [ReplicationError] = []

  /// Called with each report, before anything is done about it.
  var onReport: (ReadingReport) async throws -> Void = { _ in }
  /// Called with each batch.
  var onBatch: (SnapshotBatch) async throws -> Void = { _ in }
  /// How often a snapshot is asked for again.
  var repeats = 0
  private var repeated: [RangeID: Int] = [:]

  init(_ client: Client, _ adjust: (inout RangeReadingOptions) -> Void = { _ in }) {
    var options = RangeReadingOptions()
    options.batchBytes = 1 << 13
    adjust(&options)
    readers = RangeReaders(client: client, options: options)
    readers.onReport { [wakeup] in wakeup.wake() }
  }

  /// Looks the tables up, and reads all of them; closes the readers at the end.
  @discardableResult
  static func readAll(
    _ client: Client, _ adjust: (inout RangeReadingOptions) -> Void = { _ in }
  ) async throws -> [String: Read] {
    let driver = RangeDriver(client, adjust)
    let result: Result<[String: Read], any Error>
    do {
      result = .success(try await driver.readAll())
    } catch {
      result = .failure(error)
    }
    await driver.readers.close()
    return try result.get()
  }

  /// Looks the tables up, and reads all of them.
  func readAll() async throws -> [String: Read] {
    try await lookUp()
    for oid in tables.keys.sorted() { add(oid, .everything) }
    try await run()
    return named
  }

  /// What has been read, by the names of tables.
  var named: [String: Read] {
    var named: [String: Read] = [:]
    for (oid, table) in tables { named[table.table.relation.name] = read[oid] ?? Read() }
    return named
  }

  func lookUp() async throws {
    tables = [:]
    let found = try await readers.tables { _ in true }.tables
    for table in found { tables[table.oid] = table }
  }

  private func add(_ oid: UInt32, _ range: KeyRange) {
    open.append((RangeID(table: oid, number: nextNumber), range))
    nextNumber += 1
  }

  private func run() async throws {
    while true {
      for report in readers.takeReports() {
        try await onReport(report)
        try await handle(report)
      }
      offer()
      if open.isEmpty, offered.isEmpty, claimed.isEmpty { return }
      await wakeup.wait()
      try Task.checkCancellation()
    }
  }

  private func offer() {
    while readers.hasFreeWorker {
      let next = open.indices.first { index in
        !offered.keys.contains { $0.table == open[index].id.table }
      }
      guard let next, let table = tables[open[next].id.table] else { return }
      let (id, range) = open.remove(at: next)
      offered[id] = range
      readers.offer(id, of: table, range)
    }
  }

  private func handle(_ report: ReadingReport) async throws {
    switch report {
    case .ready(let id, let bound):
      let taken = offered.removeValue(forKey: id)
      var range = try #require(taken)
      if let bound {
        #expect(range.isCut(by: bound) != false)
        add(id.table, KeyRange(start: bound, end: range.end))
        range.end = bound
      }
      claimed[id] = range
      readers.begin(id, range)
    case .lockHeld(let id): readers.perform(.takeSnapshot(id))
    case .snapshotTaken(let id, let point, let flushed):
      #expect(point.horizon > .zero && flushed > .zero)
      guard repeated[id, default: 0] >= repeats else {
        repeated[id, default: 0] += 1
        return readers.perform(.repeatSnapshot(id))
      }
      readers.perform(.readChunk(id))
      try await take(id)
    case .failed(let id, let error): try await failed(id, error)
    case .waitedTooLong, .observed, .observationFailed: break
    }
  }

  private func take(_ id: RangeID) async throws {
    let range = try #require(claimed[id])
    var found = Read()
    do {
      while let batch = try await readers.nextBatch(of: id) {
        found.largestBatch = max(found.largestBatch, batch.byteCount)
        try batch.forEachRow { row throws(RowError) in
          var values: [String?] = []
          for index in row.relation.columns.indices {
            values.append(try row[index, as: String?.self])
          }
          found.rows.append(values)
        }
        try await onBatch(batch)
      }
    } catch let error as ReplicationError {
      // What has come of the range counts for nothing.
      return try await failed(id, error)
    }
    claimed[id] = nil
    var all = read[id.table] ?? Read()
    all.rows += found.rows
    all.ranges.append(range)
    all.counts.append(found.rows.count)
    all.largestBatch = max(all.largestBatch, found.largestBatch)
    read[id.table] = all
  }

  private func failed(_ id: RangeID, _ error: ReplicationError) async throws {
    failures.append(error)
    let taken = offered.removeValue(forKey: id) ?? claimed.removeValue(forKey: id)
    let range = try #require(taken)
    switch error.rangeRemedy {
    case .tryAgain: break
    case .lookUpTables: try await lookUp()
    case .none: throw error
    }
    if tables[id.table] != nil { open.append((id, range)) }
  }
}

extension Site {
  /// Makes and publishes the table `t` with so many rows of about 100 bytes.
  func publishRows(_ count: Int) async throws {
    try await sql.run(
      """
      CREATE TABLE t (id int PRIMARY KEY, v text);
      INSERT INTO t SELECT n, repeat('x', 100) FROM generate_series(1, \(count)) n; ANALYZE t
      """)
    try await publish("TABLE t")
  }

  /// Reads ranges of 32 KiB, over connections that can be told from others.
  func rangeDriver(
    _ adjust: (inout RangeReadingOptions) -> Void = { _ in }
  ) throws -> RangeDriver {
    let options = try namedOptions()
    return RangeDriver(try client { $0.connection = options }) {
      $0.chunkBytes = 32_768
      $0.lockTimeout = .milliseconds(20)
      $0.lockPause = .milliseconds(5)
      adjust(&$0)
    }
  }

  /// The rows of a table as the server prints them, in an order of their own.
  func texts(_ columns: [String], from source: String) async throws -> [[String?]] {
    try await sql.rows("SELECT \(columns.joined(separator: ", ")) FROM \(source)").ordered
  }
}

extension [[String?]] {
  /// In an order that depends on the values alone.
  var ordered: [[String?]] { sorted { "\($0)" < "\($1)" } }
}
