#if Configuration
  public import Configuration
  internal import PGWire

  extension ReplicationParams {
    /// Parameters from a configuration.
    ///
    ///     let config = ConfigReader(provider: EnvironmentVariablesProvider())
    ///     let params = try ReplicationParams(config: config.scoped(to: "orders"))
    ///
    /// `ORDERS_URL`, `ORDERS_PASSWORD`, `ORDERS_SLOT` and so on are read there. Without a scope the
    /// keys may have other meanings: `USER` is set in most environments.
    ///
    /// | key | value | meaning |
    /// |---|---|---|
    /// | `url` | text, secret | a connection string |
    /// | `host`, `port`, `user`, `sslmode`, … | text or number | as in connection strings |
    /// | `database` | text | what connection strings call `dbname` |
    /// | `password`, `sslpassword` | text, secret | as in connection strings |
    /// | `scram_client_key`, `scram_server_key` | text, secret | as in connection strings |
    /// | `oauth_client_secret` | text, secret | as in connection strings |
    /// | `slot` | text, required | ``slot`` |
    /// | `publications` | list of texts | ``publications``; none if it is not set |
    /// | `plugin` | text | ``plugin`` |
    /// | `protocolVersion` | `automatic`, or 1 to 4 | ``protocolVersion-swift.property`` |
    /// | `streaming` | `off`, `on`, `parallel` | ``streaming-swift.property`` |
    /// | `origin` | `any`, `none` | ``origin-swift.property`` |
    /// | `temporarySlot` | true or false | ``temporarySlot`` |
    /// | `createsSlot` | true or false | ``createsSlot`` |
    /// | `twoPhase` | true or false | ``twoPhase`` |
    /// | `convertsToTwoPhase` | true or false | ``convertsToTwoPhase`` |
    /// | `messages` | true or false | ``messages`` |
    /// | `binary` | true or false | ``binary`` |
    /// | `deliversKeepAlives` | true or false | ``deliversKeepAlives`` |
    /// | `decodesTransactions` | true or false | ``decodesTransactions`` |
    /// | `skipsMissingPublications` | true or false | ``skipsMissingPublications`` |
    /// | `advancesWhenIdle` | true or false | ``advancesWhenIdle`` |
    /// | `statusInterval` | seconds | ``statusInterval`` |
    /// | `walSenderTimeout` | seconds | ``walSenderTimeout`` |
    /// | `stallTimeout` | seconds, 0 to switch it off | ``stallTimeout`` |
    /// | `answerTimeout` | seconds, 0 for no limit | ``answerTimeout`` |
    /// | `shutdownPatience` | seconds, 0 for no limit | ``shutdownPatience`` |
    /// | `stopAt` | position, as `16/B374D848` | ``stopAt`` |
    /// | `byteBudget` | number of bytes | ``byteBudget`` |
    ///
    /// The values of connection parameters replace those of `url`. The parameters without a key are
    /// `service`, `servicefile`, `client_encoding`, `fallback_application_name` and what this
    /// library refuses; `url` can have them.
    ///
    /// A key that is not set leaves the default.
    ///
    /// With the package's trait `Configuration`.
    ///
    /// - Parameter config: The keys are read from it as they are; scope it first.
    /// - Throws: ``ReplicationError/invalidParameter(_:)`` for a missing slot and for a value of
    ///   another type or another word, which names the key and what it can be;
    ///   ``ReplicationError/connection(_:)`` as ``init(url:slot:publications:)`` throws it. Neither
    ///   repeats a secret.
    public init(config: ConfigReader) throws(ReplicationError) {
      let values = ConfigurationValues(config)
      guard let slot = try values.text("slot") else {
        throw .invalidParameter("the configuration key \"slot\" is missing")
      }
      self.init(
        connection: try values.connectionOptions(), slot: slot,
        publications: try values.list("publications") ?? [])
      try readPluginOptions(values)
      try readFlags(values)
      try readTimes(values)
      stopAt = try values.position("stopAt")
      byteBudget = try values.number("byteBudget") ?? byteBudget
    }

    private mutating func readPluginOptions(
      _ values: ConfigurationValues
    ) throws(ReplicationError) {
      plugin = try values.text("plugin") ?? plugin
      protocolVersion = try values.protocolVersion("protocolVersion") ?? protocolVersion
      streaming = try values.choice("streaming", of: Streaming.self) ?? streaming
      origin = try values.choice("origin", of: ReplicationParams.OriginFilter.self) ?? origin
    }

    private mutating func readFlags(_ values: ConfigurationValues) throws(ReplicationError) {
      temporarySlot = try values.flag("temporarySlot") ?? temporarySlot
      createsSlot = try values.flag("createsSlot") ?? createsSlot
      twoPhase = try values.flag("twoPhase") ?? twoPhase
      convertsToTwoPhase = try values.flag("convertsToTwoPhase") ?? convertsToTwoPhase
      messages = try values.flag("messages") ?? messages
      binary = try values.flag("binary") ?? binary
      deliversKeepAlives = try values.flag("deliversKeepAlives") ?? deliversKeepAlives
      decodesTransactions = try values.flag("decodesTransactions") ?? decodesTransactions
      skipsMissingPublications =
        try values.flag("skipsMissingPublications") ?? skipsMissingPublications
      advancesWhenIdle = try values.flag("advancesWhenIdle") ?? advancesWhenIdle
    }

    private mutating func readTimes(_ values: ConfigurationValues) throws(ReplicationError) {
      statusInterval = try values.time("statusInterval") ?? statusInterval
      walSenderTimeout = try values.time("walSenderTimeout")
      stallTimeout = try values.time("stallTimeout")
      answerTimeout = try values.limit("answerTimeout", unset: answerTimeout)
      shutdownPatience = try values.limit("shutdownPatience", unset: shutdownPatience)
    }
  }

  extension ConfigurationValues {
    fileprivate func protocolVersion(
      _ key: String
    ) throws(ReplicationError) -> ReplicationParams.PgOutputVersion? {
      guard let word = try text(key) else { return nil }
      if word == "automatic" { return .automatic }
      guard let number = Int(word), number > 0,
        let version = ReplicationParams.PgOutputVersion(rawValue: number)
      else {
        let versions = ReplicationParams.PgOutputVersion.allCases.dropFirst()
        throw Self.notOne(of: ["automatic"] + versions.map { "\($0.rawValue)" }, key, word)
      }
      return version
    }
  }
#endif
