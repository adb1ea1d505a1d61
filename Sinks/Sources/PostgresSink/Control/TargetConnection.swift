internal import CSinkLibPQ
internal import ChangeSinks
internal import PGWire

/// A connection to the target over libpq.
///
/// Its calls block, on a thread of ours, and wait only with `poll`. A server that is silent for too
/// long is asked, over another connection, whether it is busy; a frozen one ends the wait. After an
/// error that breaks off a statement's results the connection is of no use any more.
///
/// libpq: <https://www.postgresql.org/docs/current/libpq-async.html>
@safe final class TargetConnection {
  let connection: OpaquePointer
  let settings: TargetSettings
  let host: TargetHost
  /// What is being done, for errors.
  var activity = "connecting"
  /// The results that are awaited in the pipeline mode, from ``firstExpected`` on.
  var expected: [Expectation] = []
  var firstExpected = 0
  var isPipelined = false
  /// The SQLSTATE of the statement that was refused last.
  private(set) var lastCode = ""
  /// Statements that were given to libpq since it was last made to send all of them.
  var unsent = 0

  /// The most bytes in the values of one result: all queries read catalogs.
  private static let mostBytes = 64 << 20

  @unsafe init(connection: OpaquePointer, settings: TargetSettings, host: TargetHost) {
    unsafe self.connection = connection
    self.settings = settings
    self.host = host
  }

  deinit {
    unsafe PQfinish(connection)
  }

  /// For messages: `PostgreSQL at localhost:5432`.
  var engine: String { host.engine }

  /// The server's major version.
  var serverVersion: Int { Int(unsafe PQserverVersion(connection)) / 10_000 }

  /// Runs one statement.
  ///
  /// - Parameter values: Bound parameters, as text.
  /// - Returns: The rows of its result.
  /// - Throws: ``/ChangeSinks/SinkError``. If the server has refused the statement, the connection
  ///   can be used on.
  @discardableResult
  func query(
    _ sql: String, _ values: [String?] = [], beginsCopy: Bool = false
  ) throws(SinkError) -> [[String?]] {
    let texts = TextList(values)
    let isSent = unsafe csinkpq_send(connection, sql, texts.bytes, texts.places, texts.count)
    // Row by row, so that libpq does not hold a result of any size before this counts its bytes.
    guard isSent == 1, unsafe PQsetSingleRowMode(connection) == 1 else { throw lost }
    try flush()
    return try takeAnswer(beginsCopy: beginsCopy)
  }

  /// Runs one statement that the server may refuse.
  ///
  /// - Returns: Why it was refused; `nil` if it was not.
  /// - Throws: ``/ChangeSinks/SinkError`` if the connection is lost.
  func attempt(_ sql: String, _ values: [String?] = []) throws(SinkError) -> SinkError? {
    do throws(SinkError) {
      try query(sql, values)
      return nil
    } catch {
      guard unsafe PQstatus(connection) == CONNECTION_OK else { throw error }
      return error
    }
  }

  /// The rows of the statement that was sent last, whose results are read to their end.
  ///
  /// - Parameter beginsCopy: Whether rows are to be copied to the server after it.
  func takeAnswer(beginsCopy: Bool = false) throws(SinkError) -> [[String?]] {
    var rows: [[String?]] = []
    var size = 0
    var failure: SinkError?
    while true {
      while unsafe PQisBusy(connection) == 1 { try receive() }
      guard let result = unsafe PQgetResult(connection) else { break }
      defer { unsafe PQclear(result) }
      switch unsafe PQresultStatus(result) {
      case PGRES_SINGLE_TUPLE, PGRES_TUPLES_OK: unsafe take(result, into: &rows, &size)
      case PGRES_COMMAND_OK: continue
      case PGRES_COPY_IN where beginsCopy: return rows
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        // There would be no end of such results.
        throw SinkError(
          engine: engine, .needsOperator, "\(activity) failed: the server has answered with a COPY")
      default:
        let found = unsafe TargetFailure(result)
        lastCode = found.code
        failure = failure ?? found.error(engine, activity)
      }
      guard size <= Self.mostBytes else {
        throw SinkError(
          engine: engine, .fatal, "\(activity) failed: a result of more than 64 MiB")
      }
    }
    if let failure { throw failure }
    return rows
  }

  @unsafe private func take(
    _ result: OpaquePointer, into rows: inout [[String?]], _ size: inout Int
  ) {
    let columns = unsafe PQnfields(result)
    let count = unsafe PQntuples(result)
    for row in 0..<count {
      let values = (0..<columns).map { column -> String? in
        unsafe PQgetisnull(result, row, column) == 1
          ? nil : unsafe String(cString: PQgetvalue(result, row, column))
      }
      size += values.reduce(16) { $0 + ($1?.utf8.count ?? 0) + 16 }
      rows.append(values)
    }
  }

  /// The error of a connection that broke.
  var lost: SinkError {
    SinkError(engine: engine, .transient, "\(activity) failed: \(message)")
  }

  /// libpq's words for the last error.
  var message: String {
    guard let text = unsafe PQerrorMessage(connection) else { return "" }
    let words = unsafe String(cString: text).oneLine
    return words.isEmpty ? "the connection broke" : words
  }
}

extension [[String?]] {
  /// The first row's first value.
  var only: String? { first?.first ?? nil }
}
