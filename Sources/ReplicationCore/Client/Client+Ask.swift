internal import PGWire

extension Client {
  /// Asks over this connection, or over the control connection.
  func ask<Answer: Sendable>(
    _ query: ControlQuery<Answer>, over connection: WireConnection? = nil
  ) async throws(ReplicationError) -> Answer {
    if let connection { return try await connection.ask(query) }
    return try await withControl { control throws(ControlError) in try control.ask(query) }
  }
}
