extension ConnectionOptions {
  /// The parameters of the StartupMessage, in the order they are sent.
  ///
  /// For replication the settings that the text of values depends on are pinned; see
  /// ``PinnedSetting``.
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
    let encoding = PinnedSetting.clientEncoding
    parameters.append((name: encoding.name, value: encoding.value))
    if let serverOptions { parameters.append((name: "options", value: serverOptions)) }
    if replication == .database {
      parameters += PinnedSetting.forReplication.map { (name: $0.name, value: $0.value) }
    }
    return parameters
  }
}
