internal import CSinkLibPQ
internal import ChangeSinks

/// Rows through COPY.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/sql-copy.html>
extension TargetConnection {
  /// Begins a `COPY … FROM STDIN`.
  func beginCopy(_ sql: String) throws(SinkError) {
    try query(sql)
  }

  /// Sends rows as COPY's text format has them.
  func copy(_ bytes: [UInt8]) throws(SinkError) {
    guard !bytes.isEmpty else { return }
    while true {
      switch unsafe csinkpq_put_copy(connection, bytes, Int32(bytes.count)) {
      case 1: return try flush()
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
