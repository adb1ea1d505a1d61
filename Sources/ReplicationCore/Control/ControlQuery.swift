internal import PGWire

/// A query to the server: its SQL with its values, and how the answer is read.
///
/// It is written once, and can run over the control connection (libpq, with bound parameters) or
/// over a walsender connection (with quoted values). Queries are kept next to their subject, in
/// files named `ControlQuery+…`: about slots in `Slots/`, about publications in `Publications/`,
/// and about the server itself here, in `ControlQuery+Server.swift`.
struct ControlQuery<Answer>: Sendable {
  let sql: SQL
  /// Reads the answer from the rows that the server returned.
  let read: @Sendable ([ResultRow]) throws(ControlError) -> Answer

  init(_ sql: SQL, read: @escaping @Sendable ([ResultRow]) throws(ControlError) -> Answer) {
    self.sql = sql
    self.read = read
  }
}

extension ControlConnection {
  /// Asks the server, with bound parameters.
  func ask<Answer>(_ query: ControlQuery<Answer>) throws(ControlError) -> Answer {
    try query.read(try rows(query.sql))
  }
}
