internal import ChangeSinks
internal import PGWire
internal import ReplicationCore

/// The most attempts, a second apart.
private let mostAttempts = 10

/// Asks the source, and asks again while it is only restarting.
///
/// - Throws: `ReplicationError`, ``/ChangeSinks/SinkError`` if there was no stream to ask over, or
///   `CancellationError`.
func askSource<Answer>(
  _ question: () async throws(ReplicationError) -> Answer
) async throws -> Answer {
  var attempts = 0
  while true {
    do throws(ReplicationError) {
      return try await question()
    } catch {
      attempts += 1
      if attempts >= mostAttempts, error == .closed {
        throw SinkError(
          engine: "PostgreSQL", .transient,
          "the source could not be asked about a table: its stream was not open")
      }
      guard error.category == .transient || error == .closed, attempts < mostAttempts else {
        throw error
      }
    }
    try await Task.sleep(for: .seconds(1))
  }
}
