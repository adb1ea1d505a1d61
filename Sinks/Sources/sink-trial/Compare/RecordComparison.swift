import ChangeSinks
import PGWire

/// Compares what an engine of records has with the source.
struct RecordComparison {
  private let records: [TrialRecord]

  init(_ records: [TrialRecord]) {
    self.records = records
  }

  /// Prints what is found.
  ///
  /// - Returns: Whether all is equal.
  func run(_ connection: WireConnection) async throws -> Bool {
    var problems = orderProblems()
    let tables = try await SourceTable.all(connection)
    let replayed = tables.map { ReplayedTable($0.name, key: $0.key) }
    let read = Self.readTables(records)
    var replay = LineReplay(replayed, read: read)
    for record in records.sorted(by: { $0.position < $1.position }) { replay.take(record) }
    replay.finish()
    problems += replay.problems
    problems += replay.check.problems
    print(
      "\(records.count) records, \(replay.changes) changes, \(replay.tombstones) tombstones, "
        + "\(replay.ranges) ranges (\(replay.voidRanges) void)")
    print(
      "\(replay.check.complete) transactions were counted whole, \(replay.check.partial) in part")
    for (table, replayed) in zip(tables, replayed) {
      let rows = try await table.rows(connection)
      let found = replayed.compare(with: rows)
      print(
        "\(table.name): \(rows.count) rows, \(replayed.count) replayed, "
          + (found.count == 0 ? "all equal" : "\(found.count) NOT equal"))
      problems += found
    }
    for problem in problems.first { print("  \(problem)") }
    if problems.count > 0 { print("\(problems.count) problems") }
    return problems.count == 0
  }

  /// Positions grow within each place, and none is there twice.
  private func orderProblems() -> Problems {
    var problems = Problems()
    var last: [String: SinkPosition] = [:]
    var known: Set<SinkPosition> = []
    known.reserveCapacity(records.count)
    for record in records {
      if let last = last[record.place], last >= record.position {
        problems.note("\(record.place): \(record.position) comes after \(last)")
      }
      last[record.place] = record.position
      if !known.insert(record.position).inserted {
        problems.note("\(record.topic): \(record.position) is there twice")
      }
    }
    return problems
  }

  /// The tables that are read at some time.
  private static func readTables(_ records: [TrialRecord]) -> Set<String> {
    let start = Array(#"{"kind":"range","#.utf8)
    var tables: Set<String> = []
    for record in records {
      guard let value = record.value, value.starts(with: start),
        let line = try? JSONValue(parsing: value), let schema = line["schema"]?.text,
        let table = line["table"]?.text
      else { continue }
      tables.insert("\(schema).\(table)")
    }
    return tables
  }
}
