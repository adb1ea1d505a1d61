internal import PGWire

/// Rows that a session reads: all of a table, or a range of its keys.
extension DatabaseSession {
  /// Answers `COPY (SELECT … FROM ONLY … WHERE …) TO STDOUT`, in text.
  mutating func copy(_ words: CommandWords) throws(ReplayEnd) {
    guard let table = table(in: words) else {
      let error = ServerAnswer.error(.undefinedTable, "there is no such table to copy")
      return try connection.send(error.encoded + BackendEncoder.readyForQuery(status))
    }
    let columns = Self.selected(words)
    let rows = Self.rows(of: table, in: words)
    try connection.send(BackendEncoder.copyOutResponse(columns: columns.count))
    for row in rows {
      if database.mustFail("the server sends a row of a snapshot") { throw .stopped }
      let line = columns.map { (row[$0] ?? .null).copied }.joined(separator: "\t") + "\n"
      try connection.send(BackendEncoder.copyData(Array(line.utf8)))
    }
    try connection.send(
      BackendEncoder.copyDone() + BackendEncoder.commandComplete("COPY \(rows.count)")
        + BackendEncoder.readyForQuery(status))
  }

  /// Answers `SELECT … FROM ONLY … WHERE … ORDER BY … OFFSET n LIMIT 1`: the key so many rows
  /// behind the start of a range.
  func key(_ words: CommandWords) -> ServerAnswer {
    guard let table = table(in: words), case .word(let offset)? = words.after("OFFSET").first,
      let count = Int(offset)
    else { return .error(.undefinedTable, "there is no such table with a key") }
    let columns = Self.selected(words)
    let keys = Self.rows(of: table, in: words).map { row in columns.map { row[$0] ?? .null } }
    let sorted = keys.sorted { table.table.order(of: $0, and: $1, by: columns) < 0 }
    return .rows(columns, sorted.dropFirst(count).prefix(1).map { $0.map(\.text) })
  }

  private func table(in words: CommandWords) -> TableState? {
    let names = CommandWords.names(in: words.after("ONLY").prefix(3))
    guard names.count == 2 else { return nil }
    return seen.tables.first { $0.table.schema == names[0] && $0.table.name == names[1] }
  }

  /// The columns between SELECT and FROM.
  private static func selected(_ words: CommandWords) -> [String] {
    CommandWords.names(in: words.words.prefix { $0 != .word("FROM") })
  }

  private static func rows(of table: TableState, in words: CommandWords) -> [TestRow] {
    let condition = RangeCondition(words.after("WHERE"))
    return table.rows.filter { condition.holds(for: $0, of: table.table) }
  }
}

extension TestValue {
  /// The value as a line of COPY has it.
  fileprivate var copied: String {
    guard let text else { return "\\N" }
    var copied = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": copied += "\\\\"
      case "\t": copied += "\\t"
      case "\n": copied += "\\n"
      case "\r": copied += "\\r"
      default: copied.unicodeScalars.append(scalar)
      }
    }
    return copied
  }
}
