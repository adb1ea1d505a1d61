internal import PGWire

extension ServerError {
  /// Whether it is the warning that a publication did not exist when the next change was made.
  ///
  /// The code is shared with other conditions, and the text is translated; the name of the function
  /// is neither. Since server 18.
  var isPublicationSkipped: Bool {
    severity == "WARNING" && sqlState == .objectNotInPrerequisiteState
      && routine == "LoadPublications"
  }
}

extension Connection {
  /// Makes sure that the server's warnings are sent to us, whatever the role's settings say.
  ///
  /// - Parameter server: Its major version. Up to 17 nothing that matters is only a warning.
  func askForWarnings(server: Int) async throws(ReplicationError) {
    guard server >= 18 else { return }
    _ = try await run("SELECT pg_catalog.set_config('client_min_messages', 'notice', false)")
  }
}
