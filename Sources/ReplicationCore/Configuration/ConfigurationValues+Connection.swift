#if Configuration
  internal import PGWire

  extension ConfigurationValues {
    /// The keys of a connection that are called as in connection strings.
    private static let connectionKeys = [
      "host", "hostaddr", "port", "user", "passfile", "application_name", "options",
      "target_session_attrs", "load_balance_hosts", "min_protocol_version", "max_protocol_version",
      "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval",
      "keepalives_count", "tcp_user_timeout",
      "sslmode", "sslnegotiation", "sslrootcert", "sslcert", "sslkey", "sslcertmode", "sslcrl",
      "sslcrldir", "sslsni", "ssl_min_protocol_version", "ssl_max_protocol_version",
      "channel_binding", "require_auth", "requirepeer", "oauth_issuer", "oauth_client_id",
      "oauth_scope", "oauth_ca_file",
    ]

    /// Those of them that are secret.
    private static let secretKeys = [
      "password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret",
    ]

    /// The options of a connection; nothing is taken from the environment by itself.
    func connectionOptions() throws(ReplicationError) -> ConnectionOptions {
      // It may have a password.
      let url = try text("url", isSecret: true) ?? ""
      var values: [ConnectionValue] = []
      for key in Self.connectionKeys {
        if let text = try text(key) { values.append(ConnectionValue(key, text, source: key)) }
      }
      for key in Self.secretKeys {
        guard let text = try text(key, isSecret: true) else { continue }
        values.append(ConnectionValue(key, text, source: key))
      }
      if let database = try text("database") {
        values.append(ConnectionValue("dbname", database, source: "database"))
      }
      do throws(ConnectionOptionsError) {
        return try ConnectionOptions(url, replacing: values, files: .system)
      } catch {
        throw .connection(.options(error))
      }
    }
  }
#endif
