/// What a connection is for, as the `replication` parameter of the StartupMessage says it.
@nonexhaustive public enum ReplicationMode: Hashable, Sendable {
  /// An ordinary connection, for SQL.
  case off
  /// A walsender in one database: SQL by the simple protocol, and logical replication.
  case database
}

extension ConnectionOptions {
  /// The parameters of the StartupMessage, in the order they are sent.
  ///
  /// For replication the settings that the text of values depends on are pinned. They must be here
  /// and not in a `SET`: a walsender obeys reloads of the server's configuration in mid-stream, and
  /// only what came with the startup packet stays as it is. They beat `options` too, which the
  /// server applies first.
  ///
  /// Message: StartupMessage,
  /// <https://www.postgresql.org/docs/current/protocol-message-formats.html>
  package func startupParameters(
    replication: ReplicationMode
  ) -> [(name: String, value: String)] {
    var parameters = [(name: "user", value: user), (name: "database", value: database)]
    if replication == .database { parameters.append((name: "replication", value: "database")) }
    if let applicationName {
      parameters.append((name: "application_name", value: applicationName))
    }
    parameters.append((name: "client_encoding", value: "UTF8"))
    if let serverOptions { parameters.append((name: "options", value: serverOptions)) }
    if replication == .database { parameters += Self.pinned }
    return parameters
  }

  private static let pinned: [(name: String, value: String)] = [
    ("DateStyle", "ISO"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "UTC"),
    ("extra_float_digits", "3"),  // Shortest exact digits; 1 to 3 mean the same since server 12.
    ("bytea_output", "hex"),
    ("lc_monetary", "C"),  // As text; the binary form of an amount knows no locale.
  ]
}
