internal import ChangeSinks

/// Rows that a snapshot has read, through COPY.
extension TargetSession {
  /// Bytes of rows that are put together before they are sent.
  private static let pieceBytes = 1 << 16

  /// Writes rows that lie one behind the other.
  ///
  /// The target has none of them: what it had in their range was deleted.
  func copy(
    _ table: TargetTable, _ content: BatchContent, first: Int, count: Int
  ) throws(SinkError) {
    let written = table.written
    guard !written.isEmpty else {
      // COPY has no form for a table without columns.
      try begin()
      try connection.beginPipeline()
      for _ in 0..<count { try run(.upsert, table, content, row: first, old: first) }
      return
    }
    try beginCommand()
    try connection.beginCopy("COPY \(table.name) (\(table.names(written))) FROM STDIN")
    var lines: [UInt8] = []
    lines.reserveCapacity(Self.pieceBytes + 4096)
    for index in 0..<count {
      lines.append(row: first + index * table.columns.count, written, content)
      guard lines.count >= Self.pieceBytes else { continue }
      try connection.copy(lines)
      lines.removeAll(keepingCapacity: true)
    }
    try connection.copy(lines)
    try connection.endCopy()
  }
}

extension [UInt8] {
  /// Appends a row as COPY's text format has it.
  ///
  /// PostgreSQL: <https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2>
  fileprivate mutating func append(row: Int, _ columns: [Int], _ content: BatchContent) {
    for (index, column) in columns.enumerated() {
      if index > 0 { append(UInt8(ascii: "\t")) }
      let place = content.cells[row + column]
      if place < 0 {
        append(UInt8(ascii: "\\"))
        append(UInt8(ascii: "N"))
      } else {
        append(escaped: content.bytes, from: place)
      }
    }
    append(UInt8(ascii: "\n"))
  }

  /// Appends a text that ends before a zero byte.
  private mutating func append(escaped bytes: [UInt8], from start: Int) {
    var index = start
    while bytes[index] != 0 {
      switch bytes[index] {
      case UInt8(ascii: "\\"):
        append(UInt8(ascii: "\\"))
        append(UInt8(ascii: "\\"))
      case UInt8(ascii: "\t"):
        append(UInt8(ascii: "\\"))
        append(UInt8(ascii: "t"))
      case UInt8(ascii: "\n"):
        append(UInt8(ascii: "\\"))
        append(UInt8(ascii: "n"))
      case UInt8(ascii: "\r"):
        append(UInt8(ascii: "\\"))
        append(UInt8(ascii: "r"))
      case let byte: append(byte)
      }
      index += 1
    }
  }
}
