internal import PGWire

/// How long the control connection waits for an answer.
///
/// A statement may take any time: a slot's creation waits for transactions. So silence alone does
/// not end the wait. After each ``limit`` without a byte the server is asked, over a separate
/// connection, whether its process is still busy with the statement.
struct AnswerPatience: Sendable {
  /// How long the server may be silent before it is asked; `nil` for no limit.
  var limit: Duration? = .seconds(10)
  /// Whether the server is asked before the wait is given up; the connection that asks does not.
  var asks = true

  /// The timeout for the connection over which the server is asked.
  static let connectTimeout = Duration.seconds(10)
  /// How long an answer may still take to arrive once the server is done.
  static let grace = Duration.seconds(2)
}

/// What the server process does that a statement was sent to.
private enum StatementState {
  case busy
  /// It has answered, or is gone.
  case done
  /// That can't be seen, through a pooler for example.
  case unknown
}

extension ControlConnection {
  /// Waits for an answer, for as long as the server is busy with it.
  func wait(for readiness: Readiness, ofAnswerTo statement: String) throws(ControlError) {
    let start = MonotonicTime.now()
    while true {
      do throws(ControlError) {
        return try wait(for: readiness, until: patience.limit.map { MonotonicTime.now() + $0 })
      } catch .transport(.timedOut) {
        let noAnswer = ControlError.noAnswer(
          to: Self.summary(of: statement), after: MonotonicTime.now() - start)
        guard patience.asks, try isBusy(orElse: noAnswer) else { throw noAnswer }
      }
    }
  }

  /// Whether the server can still answer.
  ///
  /// - Parameter noAnswer: Thrown if no server can be asked.
  private func isBusy(orElse noAnswer: ControlError) throws(ControlError) -> Bool {
    switch try statementState(orElse: noAnswer) {
    case .busy, .unknown: return true
    case .done:
      // The answer may have been sent just now.
      let end = MonotonicTime.now() + AnswerPatience.grace
      do throws(ControlError) {
        try wait(for: .read, until: end)
        return true
      } catch .transport(.timedOut) {
        return false
      }
    }
  }

  private func statementState(orElse noAnswer: ControlError) throws(ControlError) -> StatementState
  {
    let limit = min(patience.limit ?? .zero, AnswerPatience.connectTimeout)
    var options = server
    options.connectTimeout = min(options.connectTimeout ?? limit, limit)
    do throws(ControlError) {
      var other = try ControlConnection.open(options, interrupt: interrupt)
      other.patience = AnswerPatience(limit: limit, asks: false)
      return try other.statementState(of: processID)
    } catch .transport(.cancelled) {
      throw .transport(.cancelled)
    } catch {
      switch error {
      // A server that refuses is alive, and may be busy.
      case .server, .authentication: return .unknown
      default: throw noAnswer
      }
    }
  }

  private func statementState(of process: Int32) throws(ControlError) -> StatementState {
    let own = processID
    return try ask(
      ControlQuery(
        """
        SELECT pg_catalog.pg_backend_pid() AS mine, a.state, a.wait_event
        FROM (SELECT 1) AS one
        LEFT JOIN pg_catalog.pg_stat_activity AS a
          ON a.pid OPERATOR(pg_catalog.=) \(value: String(process))::pg_catalog.int4
        """
      ) { rows in
        // The process IDs that a pooler gives are not the server's.
        guard let row = rows.first, row["mine"] == String(own) else { return .unknown }
        // A process that waits to write has answered, but the answer does not get through.
        return row["state"] == "active" && row["wait_event"] != "ClientWrite" ? .busy : .done
      })
  }

  /// The beginning of a statement, which has no values in it.
  private static func summary(of statement: String) -> String {
    let words = statement.split { $0.isWhitespace }.joined(separator: " ")
    return words.count > 60 ? words.prefix(60) + "…" : words
  }
}
