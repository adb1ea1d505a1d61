internal import PGWire

// What nearly every session begins with, as one step.

extension ScriptStep {
  /// A client connects and is let in without a password.
  ///
  /// - Parameters:
  ///   - serverVersion: What the server says that it is.
  ///   - processID: The number of the process that serves the session.
  public static func handshake(
    serverVersion: String = "17.5", processID: Int32 = 4711
  ) -> ScriptStep {
    ScriptStep([
      expectStartup(), letIn(serverVersion: serverVersion, processID: processID),
    ])
  }

  /// What follows a successful authentication: AuthenticationOk, settings, ReadyForQuery.
  public static func letIn(
    serverVersion: String = "17.5", processID: Int32 = 4711
  ) -> ScriptStep {
    send(
      BackendEncoder.authenticationOk(),
      BackendEncoder.parameterStatus("server_version", serverVersion),
      BackendEncoder.parameterStatus("client_encoding", "UTF8"),
      BackendEncoder.backendKeyData(processID: processID), BackendEncoder.readyForQuery())
  }

  /// A client connects and opens a stream: all that comes before the first CopyData.
  ///
  /// The handshake, the answers to what ReplicationCore's `Client` asks in between (each
  /// publication that it looks for is there), and CopyBothResponse to START_REPLICATION.
  ///
  /// - Parameter walSenderTimeout: The session's `wal_sender_timeout`.
  public static func stream(
    serverVersion: String = "17.5", walSenderTimeout: String = "1min"
  ) -> ScriptStep {
    ScriptStep([
      handshake(serverVersion: serverVersion), startReplication(walSenderTimeout: walSenderTimeout),
    ])
  }

  /// The part of ``stream(serverVersion:walSenderTimeout:)`` after the handshake.
  ///
  /// - Parameter answer: What START_REPLICATION is answered with, if not by CopyBothResponse.
  public static func startReplication(
    walSenderTimeout: String = "1min", answer: [UInt8] = BackendEncoder.copyBothResponse()
  ) -> ScriptStep {
    ScriptStep("answer queries up to START_REPLICATION") { peer in
      while true {
        let message = try peer.next()
        guard case .query(let sql) = message else { throw ScriptFailure(.unexpected(message)) }
        if QueryPattern.prefix("START_REPLICATION").matches(sql) {
          return try peer.send(answer)
        }
        guard let result = result(of: sql, walSenderTimeout: walSenderTimeout) else {
          throw ScriptFailure(.unexpected(message))
        }
        try peer.send(result + BackendEncoder.readyForQuery())
      }
    }
  }

  /// The client asks for its session's settings, and they are those that it started with.
  ///
  /// - Parameter changed: Settings that have another value.
  public static func answerSettings(_ changed: [String: String] = [:]) -> ScriptStep {
    ScriptStep("answer the query for settings") { peer in
      let message = try peer.next()
      guard case .query(let sql) = message, !SettingsQuery.names(sql).isEmpty else {
        throw ScriptFailure(.unexpected(message))
      }
      try peer.send(
        BackendEncoder.settings(of: sql, changed) + BackendEncoder.readyForQuery())
    }
  }

  /// The client ends the stream cleanly: CopyDone, the server's answer to it, Terminate.
  ///
  /// StandbyStatusUpdates may come before each.
  public static func endStream() -> ScriptStep {
    ScriptStep([expectCopyDone(), send(BackendEncoder.copyBothEnd()), expectTerminate()])
  }

  private static func result(of sql: String, walSenderTimeout: String) -> [UInt8]? {
    switch sql {
    case _ where !SettingsQuery.names(sql).isEmpty:
      BackendEncoder.settings(of: sql, ["wal_sender_timeout": walSenderTimeout])
    case "IDENTIFY_SYSTEM":
      BackendEncoder.queryResult(
        ["systemid", "timeline", "xlogpos", "dbname"],
        rows: [["7000000000000000000", "1", "FF/0", "test"]], tag: "IDENTIFY_SYSTEM")
    case _ where sql.contains("set_config"):
      BackendEncoder.queryResult(["set_config"], rows: [["notice"]])
    case _ where sql.contains("pg_publication"):
      BackendEncoder.queryResult(["?column?"], rows: [["1"]])
    default: nil
    }
  }
}

extension BackendEncoder {
  /// The answer to a query for settings.
  fileprivate static func settings(of sql: String, _ changed: [String: String]) -> [UInt8] {
    let names = SettingsQuery.names(sql)
    return queryResult(names, rows: [names.map { changed[$0] ?? SettingsQuery.value($0) }])
  }
}

extension ScriptStep {
  /// A client asks for TLS, gets it, and the handshake is done.
  ///
  /// - Parameters:
  ///   - certificate: The path of the server's certificate, in PEM.
  ///   - key: The path of its private key.
  public static func startTLS(certificate: String, key: String) -> ScriptStep {
    ScriptStep("switch to TLS") { peer in
      let message = try peer.next()
      guard case .sslRequest = message else { throw ScriptFailure(.unexpected(message)) }
      try peer.send([UInt8(ascii: "S")])
      try peer.startTLS(certificate: certificate, key: key)
    }
  }
}
