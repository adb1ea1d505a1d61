internal import PGWire

/// Aligned columns.
enum TextTable {
  /// The lines of a table, padded with spaces; the last column is left as it is.
  static func lines(_ rows: [[String]], gap: Int = 2) -> [ScreenText] {
    let rows = rows.map { $0.map(\.displayed) }
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (cell, width) in zip(row, widths) {
        line += cell + String(repeating: " ", count: width - cell.count + gap)
      }
      return "\(String(line.reversed().drop { $0 == " " }.reversed()))"
    }
  }
}
