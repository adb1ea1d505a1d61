import PGWire
import ReplicationCore

/// Asks the server, and asks again for as long as it is only restarting: for two minutes.
func askPatiently<Answer>(_ question: () async throws -> Answer) async throws -> Answer {
  var last: (any Error)?
  for _ in 0..<1200 {
    do {
      return try await question()
    } catch {
      guard isTransient(error) else { throw error }
      last = error
    }
    try await Task.sleep(for: .milliseconds(100))
  }
  throw last ?? SoakError("the server has not answered")
}

private func isTransient(_ error: any Error) -> Bool {
  if let error = error as? PGWireError { return error.category == .transient }
  if let error = error as? ReplicationError { return error.category == .transient }
  return false
}

/// Whether the server has failed by itself.
///
/// Servers since 14 that send a transaction in progress fail now and then to find a table in it
/// that was altered in a part which is being rolled back. It passes when the transaction has ended.
/// (Seen with 17.12 and 19rc1.)
func isFaultOfServer(_ error: any Error) -> Bool {
  guard let error = (error as? ReplicationError)?.serverError, error.sqlState.rawValue == "XX000"
  else { return false }
  return error.message.contains("could not map file")
    || error.message.contains("pg_attribute catalog is missing")
}
