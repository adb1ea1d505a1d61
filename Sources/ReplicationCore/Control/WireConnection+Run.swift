internal import PGWire

extension WireConnection {
  /// Runs a command that returns one result.
  ///
  /// - Parameter answerTimeout: How long the server may be silent meanwhile.
  func run(
    _ command: SQL, answerTimeout: AnswerTimeout = .ofLimits
  ) async throws(ReplicationError) -> QueryResult {
    do throws(PGWireError) {
      guard let result = try await query(command.text, answerTimeout).first else {
        throw .unexpectedMessage
      }
      return result
    } catch {
      throw ReplicationError(error)
    }
  }

  /// Runs a command that opens CopyBoth, whose messages the caller then takes from the session.
  ///
  /// - Parameter timeout: How long sent bytes may stay unacknowledged, unless the connection's
  ///   options say something else.
  func startCopyBoth(
    _ command: SQL, giveUpAfter timeout: Duration?
  ) async throws(ReplicationError) {
    do {
      try await withSession { session throws(PGWireError) in
        try session.openCopyBoth(command.text)
        if let timeout, self.options.tcpUserTimeout == nil {
          session.transport.setUserTimeout(timeout)
        }
      }
    } catch {
      throw ReplicationError(error)
    }
  }
}

extension WireConnection {
  /// Asks the server by a simple query, its values quoted.
  func ask<Answer>(_ query: ControlQuery<Answer>) async throws(ReplicationError) -> Answer {
    let rows = try await rows(query.sql)
    do throws(ControlError) {
      return try query.read(rows)
    } catch {
      throw .control(error)
    }
  }

  /// The rows that a command returns.
  func rows(_ sql: SQL) async throws(ReplicationError) -> [ResultRow] {
    try await run(sql).resultRows
  }
}
