import ChangeSinks
import PGWire

/// Applies the lines of the format JSON in order, as a consumer does that has tables.
struct LineReplay {
  private(set) var problems = Problems()
  private(set) var check: TransactionCheck
  private(set) var tombstones = 0
  private(set) var changes = 0
  /// Ranges that were begun and never ended: their rows don't count.
  private(set) var voidRanges = 0
  private(set) var ranges = 0

  private let tables: [String: ReplayedTable]
  /// The range whose rows come.
  private var reading: (table: ReplayedTable, range: KeyRange, rows: [ReplayedTable.Row])?

  /// - Parameters:
  ///   - tables: All tables, empty.
  ///   - read: The names of those that are read at some time.
  init(_ tables: [ReplayedTable], read: Set<String>) {
    self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.name, $0) })
    check = TransactionCheck(whole: tables.map(\.name).filter { !read.contains($0) })
  }

  /// Takes the next record.
  mutating func take(_ record: TrialRecord) {
    guard let value = record.value else {
      tombstones += 1
      return
    }
    do {
      let line = try JSONValue(parsing: value)
      guard let kind = line["kind"]?.text else { throw TrialError("a line without a kind") }
      try take(kind, line, record)
    } catch {
      problems.note("\(record.topic) \(record.position): \(error)")
    }
  }

  /// All records have come.
  mutating func finish() {
    breakOff()
    check.finish()
  }

  private mutating func take(
    _ kind: String, _ line: JSONValue, _ record: TrialRecord
  ) throws {
    switch kind {
    case "insert", "update", "delete":
      breakOff()
      changes += 1
      try change(kind, line, record)
    case "truncate":
      breakOff()
      changes += 1
      try truncate(line, record)
    case "range": try beginRange(line)
    case "snapshot": try takeRow(line)
    case "range_end": try endRange(line)
    case "whole":
      guard let position = line["lsn"]?.text.flatMap({ LSN($0) }) else {
        throw TrialError("a position is missing")
      }
      let name = try table(line).name
      check.isWhole(name, from: position)
    case "begin", "commit", "message": breakOff()
    default: throw TrialError("a line of the kind \(kind)")
    }
  }

  private func table(_ line: JSONValue) throws -> ReplayedTable {
    let name = "\(line["schema"]?.text ?? "?").\(line["table"]?.text ?? "?")"
    guard let table = tables[name] else { throw TrialError("there is no table \(name)") }
    return table
  }

  private mutating func change(
    _ kind: String, _ line: JSONValue, _ record: TrialRecord
  ) throws {
    let table = try table(line)
    let (old, new) = (line["old"]?.members, line["new"]?.members)
    switch (kind, old, new) {
    case ("insert", nil, let new?):
      check.note(.insert, of: table.name, new, at: record.position.lsn)
      try checkKey(of: new, table, record)
      try table.insert(new)
    case ("update", _, let new?):
      check.note(.update, of: table.name, new, at: record.position.lsn)
      try checkKey(of: new, table, record)
      let unchanged = line["unchanged"]?.elements?.compactMap(\.text) ?? []
      try table.update(old, to: new, unchanged: unchanged)
    case ("delete", let old?, nil):
      check.note(.delete, of: table.name, nil, at: record.position.lsn)
      try checkKey(of: old, table, record)
      _ = try table.remove(old)
    default: throw TrialError("a change without a row")
    }
  }

  /// A record's key is that of its row; lines have none.
  private func checkKey(
    of row: ReplayedTable.Row, _ table: ReplayedTable, _ record: TrialRecord
  ) throws {
    if record.topic.isEmpty { return }
    let key = try record.key.map { bytes in try JSONValue(parsing: bytes) }
    let names = table.key
    let expected = names.isEmpty ? nil : JSONValue.object(row.filter { names.contains($0.key) })
    guard key == expected else {
      throw TrialError("the record's key is \(key.map { "\($0)" } ?? "none")")
    }
  }

  /// Each table's topic has the whole of it, which does no harm twice.
  private mutating func truncate(_ line: JSONValue, _ record: TrialRecord) throws {
    let names = line["relations"]?.elements?.compactMap(\.text) ?? []
    guard !names.isEmpty else { throw TrialError("a truncate of no table") }
    for name in names {
      guard let table = tables[name] else { throw TrialError("there is no table \(name)") }
      table.removeAll()
      if record.topic.isEmpty || Self.isTopic(record.topic, of: name) {
        check.note(.truncate, of: name, nil, at: record.position.lsn)
      }
    }
  }

  /// Whether it is the table's topic, whatever the engine puts before its name.
  private static func isTopic(_ topic: String, of table: String) -> Bool {
    let name = String(table.map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "_" })
    guard topic.hasSuffix(name) else { return false }
    return topic.dropLast(name.count).last.map { !$0.isLetter && !$0.isNumber && $0 != "_" } ?? true
  }
}

// MARK: - Ranges

extension LineReplay {
  private mutating func beginRange(_ line: JSONValue) throws {
    breakOff()
    let table = try table(line)
    check.isRead(table.name)
    guard let range = KeyRange(line) else { throw TrialError("a range without bounds") }
    ranges += 1
    reading = (table, range, [])
  }

  private mutating func takeRow(_ line: JSONValue) throws {
    guard let row = line["new"]?.members else { throw TrialError("a snapshot without a row") }
    guard reading?.table === (try table(line)) else { throw TrialError("a row outside a range") }
    reading?.rows.append(row)
  }

  private mutating func endRange(_ line: JSONValue) throws {
    guard let (table, range, rows) = reading, table === (try self.table(line)) else {
      throw TrialError("the end of a range that was not begun")
    }
    reading = nil
    guard line["rows"]?.integer == Int64(rows.count) else {
      throw TrialError("\(rows.count) rows of a range, and it says \(line["rows"] ?? .null)")
    }
    try table.removeAll(in: range)
    for row in rows {
      guard range.contains(row) || range.columns.isEmpty else {
        throw TrialError("\(table.name): a row that is not in its range")
      }
      try table.insert(row)
    }
  }

  /// What was read of a range counts only if its end comes.
  private mutating func breakOff() {
    if reading != nil { voidRanges += 1 }
    reading = nil
  }
}
