import PGWire
import ReplicationCore

/// Asks the server, and asks again for as long as it is only restarting.
///
/// For two minutes: while this waits, nothing of the stream is taken, so a server that shuts down
/// waits for the stream until that gives up (`shutdownTimeout`, 10 seconds).
func askPatiently<Answer>(
  _ question: () async throws(ReplicationError) -> Answer
) async throws -> Answer {
  var attempts = 0
  while true {
    do throws(ReplicationError) {
      return try await question()
    } catch {
      attempts += 1
      guard error.category == .transient, attempts < 1200 else { throw error }
    }
    try await Task.sleep(for: .milliseconds(100))
  }
}
