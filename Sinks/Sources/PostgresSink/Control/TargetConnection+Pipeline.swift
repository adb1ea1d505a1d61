internal import CSinkLibPQ
internal import ChangeSinks
internal import PGWire

/// Many statements on their way at once, whose results are read later.
///
/// libpq: <https://www.postgresql.org/docs/current/libpq-pipeline-mode.html>
extension TargetConnection {
  /// What a statement's result has to be.
  enum Expectation {
    /// Any that is not an error.
    case success
    /// One changed row, at least.
    case row(of: TargetTable, TargetVerb)
    /// The end of the pipeline.
    case end
  }

  /// Statements that are given to libpq before it is made to send them.
  private static let mostUnsent = 128

  /// Begins the pipeline mode, unless it was begun.
  func beginPipeline() throws(SinkError) {
    guard !isPipelined else { return }
    guard unsafe PQenterPipelineMode(connection) == 1 else { throw lost }
    isPipelined = true
  }

  /// Prepares a statement.
  ///
  /// - Parameter types: The oids of its parameters' types.
  func prepare(_ name: String, _ sql: String, types: [UInt32]) throws(SinkError) {
    try note(
      unsafe csinkpq_send_prepare(connection, name, sql, types, Int32(types.count)), .success)
  }

  /// Runs a prepared statement.
  ///
  /// - Parameters:
  ///   - bytes: Texts with a zero byte behind each of them.
  ///   - places: Where in them the values begin, below zero for NULL.
  func run(
    _ name: String, _ bytes: [UInt8], _ places: [Int], _ expectation: Expectation
  ) throws(SinkError) {
    try note(
      unsafe csinkpq_send_prepared(connection, name, bytes, places, Int32(places.count)),
      expectation)
  }

  /// Reads all results, and ends the pipeline mode; nothing if it was not begun.
  func endPipeline() throws(SinkError) {
    guard isPipelined else { return }
    try note(unsafe PQpipelineSync(connection), .end)
    try flush()
    try takeResults(waits: true)
    guard unsafe PQexitPipelineMode(connection) == 1 else { throw lost }
    isPipelined = false
  }

  private func note(_ isSent: Int32, _ expectation: Expectation) throws(SinkError) {
    guard isSent == 1 else { throw lost }
    expected.append(expectation)
    unsent += 1
    guard unsent >= Self.mostUnsent else { return }
    try flush()
    guard unsafe PQconsumeInput(connection) == 1 else { throw lost }
    try takeResults(waits: false)
  }

  /// Takes the results that have arrived, or all.
  private func takeResults(waits: Bool) throws(SinkError) {
    while firstExpected < expected.count {
      while unsafe PQisBusy(connection) == 1 {
        guard waits else { return }
        try receive()
      }
      guard let result = unsafe PQgetResult(connection) else {
        // The end of one statement's results. The end of the pipeline is a result without it.
        firstExpected += 1
        continue
      }
      defer { unsafe PQclear(result) }
      try unsafe check(result, expected[firstExpected])
      if case .end = expected[firstExpected] { firstExpected += 1 }
    }
    expected.removeAll(keepingCapacity: true)
    firstExpected = 0
  }

  @unsafe private func check(
    _ result: OpaquePointer, _ expectation: Expectation
  ) throws(SinkError) {
    switch unsafe PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
      guard case .row(let table, let verb) = expectation,
        unsafe csinkpq_changed(result) == 0
      else { return }
      throw table.rowMissing(verb, engine)
    case PGRES_PIPELINE_SYNC: return
    default:
      let failure = unsafe TargetFailure(result)
      throw failure.error(engine, expectation.activity ?? activity)
    }
  }
}

extension TargetConnection.Expectation {
  /// What a statement was for.
  fileprivate var activity: String? {
    if case .row(let table, let verb) = self {
      "\(verb.rawValue) of a row of \(table.title)"
    } else {
      nil
    }
  }
}
