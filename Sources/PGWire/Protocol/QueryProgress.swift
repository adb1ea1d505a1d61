/// What a simple query has returned so far.
///
///     { RowDescription | { DataRow } | CommandComplete } … | ReadyForQuery
///
/// Protocol:
/// <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SIMPLE-QUERY>
struct QueryProgress: Sendable {
  private(set) var results: [QueryResult] = []
  private var current = QueryResult()
  private var isDescribed = false
  private let sizeLimit: Int
  private var size = 0

  /// Whether the data of COPY TO STDOUT is wanted.
  let takesCopy: Bool
  /// The server's error; nothing but ReadyForQuery follows it.
  private(set) var failure: ServerError?
  /// What was asked for that is not supported.
  var refused: String?

  /// - Parameter sizeLimit: How much memory the results may take, in bytes.
  init(takesCopy: Bool = false, sizeLimit: Int) {
    self.takesCopy = takesCopy
    self.sizeLimit = sizeLimit
  }

  mutating func describe(_ columns: [QueryResult.Column]) throws(PGWireError) {
    guard !isDescribed, failure == nil else { throw .unexpectedMessage }
    try grow(by: columns.reduce(0) { $0 + 48 + $1.name.utf8.count })
    current.columns = columns
    isDescribed = true
  }

  /// Takes a row, which must have the columns that were described.
  mutating func append(_ row: [String?]) throws(PGWireError) {
    guard failure == nil else { throw .unexpectedMessage }
    guard isDescribed, row.count == current.columns.count else {
      throw .wire(
        .rowWidth(found: row.count, described: isDescribed ? current.columns.count : nil))
    }
    try grow(by: Self.memory(of: row))
    current.rows.append(row)
  }

  mutating func complete(_ tag: String) throws(PGWireError) {
    guard failure == nil else { throw .unexpectedMessage }
    try grow(by: 64 + tag.utf8.count)
    current.commandTag = tag
    results.append(current)
    current = QueryResult()
    isDescribed = false
  }

  /// An empty statement has been executed.
  mutating func completeEmpty() throws(PGWireError) {
    try complete("")
  }

  mutating func fail(_ error: ServerError) {
    failure = error
  }

  private mutating func grow(by bytes: Int) throws(PGWireError) {
    size += bytes
    guard size <= sizeLimit else { throw .limitExceeded(.resultSize, limit: sizeLimit) }
  }

  /// What a row takes: an array, 16 bytes for each value, and the texts that don't fit into those.
  private static func memory(of row: [String?]) -> Int {
    var bytes = 40 + 16 * row.count
    for case let text? in row where text.utf8.count > 15 { bytes += 32 + text.utf8.count }
    return bytes
  }
}
