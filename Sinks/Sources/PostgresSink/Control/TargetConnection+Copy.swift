internal import CSinkLibPQ
internal import ChangeSinks

/// Rows through COPY.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/sql-copy.html>
extension TargetConnection {
  /// Begins a `COPY … FROM STDIN`.
  func beginCopy(_ sql: String) throws(SinkError) {
    try query(sql, beginsCopy: true)
  }

  /// The most bytes that are given to libpq at once; a row may be parted.
  private static let pieceBytes = 1 << 20

  /// Sends rows as COPY's text format has them.
  func copy(_ bytes: [UInt8]) throws(SinkError) {
    var start = 0
    while start < bytes.count {
      let count = min(bytes.count - start, Self.pieceBytes)
      switch unsafe csinkpq_put_copy(connection, bytes, start, Int32(count)) {
      case 1:
        start += count
        try flush()
      case 0: try makeRoom()
      default: throw lost
      }
    }
  }

  /// Ends the rows, and waits until the server has taken them.
  func endCopy() throws(SinkError) {
    while true {
      let ended = unsafe csinkpq_end_copy(connection)
      if ended == 1 { break }
      guard ended == 0 else { throw lost }
      try makeRoom()
    }
    try flush()
    _ = try takeAnswer()
  }

  private func makeRoom() throws(SinkError) {
    if try wait(writes: true), unsafe PQconsumeInput(connection) != 1 { throw lost }
  }
}
