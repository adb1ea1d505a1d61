public import PGWire
public import ReplicationCore

// How to reach the server.

extension ScriptedServer {
  /// Options for connecting to this server.
  ///
  /// - Parameter connectTimeout: How long connecting may take, so that a test can't hang.
  public func connectionOptions(
    user: String = "tester", password: Password? = nil, database: String = "test",
    connectTimeout: Duration? = .seconds(60)
  ) throws(ConnectionOptionsError) -> ConnectionOptions {
    var options = try ConnectionOptions(
      host: host, port: port, user: user, password: password, database: database)
    options.tls.mode = .disable
    options.connectTimeout = connectTimeout
    return options
  }

  /// Parameters of a stream from here.
  public func replicationParams(
    slot: String = "test_slot", publications: [String] = ["test_pub"]
  ) throws(ConnectionOptionsError) -> ReplicationParams {
    ReplicationParams(
      connection: try connectionOptions(), slot: slot, publications: publications)
  }

  /// The progress reports among what was received so far.
  public var statusUpdates: [StandbyStatusUpdate] {
    received.compactMap { message in
      if case .statusUpdate(let update) = message { update } else { nil }
    }
  }
}
