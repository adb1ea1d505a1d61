import PGWire

/// Compares the tables of another PostgreSQL with those of the source, row by row.
struct TableComparison {
  /// Prints what is found.
  ///
  /// - Returns: Whether all is equal.
  static func run(_ source: WireConnection, _ target: WireConnection) async throws -> Bool {
    var isEqual = true
    for table in try await SourceTable.all(source) {
      let columns = table.columns.map(\.name.quoted).joined(separator: ", ")
      let rows = "SELECT ROW(\(columns))::text FROM "
      let expected = Self.counts(try await source.column(rows + table.quotedName))
      let found = Self.counts(
        try await target.column(rows + PostgresTrialTarget.name(of: table)))
      let missing = Self.difference(expected, found)
      let extra = Self.difference(found, expected)
      let count = missing.count + extra.count
      print(
        "\(table.name): \(expected.values.reduce(0, +)) rows, \(found.values.reduce(0, +)) in the "
          + "target, " + (count == 0 ? "all equal" : "\(count) NOT equal"))
      for row in missing.prefix(5) { print("  missing: \(row.prefix(200))") }
      for row in extra.prefix(5) { print("  too many: \(row.prefix(200))") }
      if count > 0 { isEqual = false }
    }
    return isEqual
  }

  private static func counts(_ rows: [String]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for row in rows { counts[row, default: 0] += 1 }
    return counts
  }

  private static func difference(_ left: [String: Int], _ right: [String: Int]) -> [String] {
    left.flatMap { row, count in
      repeatElement(row, count: max(0, count - right[row, default: 0]))
    }
  }
}
