#if Configuration
  import Configuration
  import PGWire
  import Synchronization
  import Testing

  @testable import ReplicationCore

  /// Parameters and options from a configuration.
  @Suite struct ConfigurationTraitTests {
    private static let least: [AbsoluteConfigKey: ConfigValue] = [
      "host": "db.example.com", "user": "cdc", "slot": "orders",
    ]

    private func params(
      _ values: [AbsoluteConfigKey: ConfigValue]
    ) throws(ReplicationError) -> ReplicationParams {
      let all = Self.least.merging(values) { $1 }
      return try ReplicationParams(
        config: ConfigReader(provider: InMemoryProvider(values: all)))
    }

    private func options(
      _ values: [AbsoluteConfigKey: ConfigValue]
    ) throws(ReplicationError) -> SubscriptionOptions {
      try SubscriptionOptions(config: ConfigReader(provider: InMemoryProvider(values: values)))
    }

    private func password(_ params: ReplicationParams) -> String? {
      params.connection.password?.withBytes { $0.lossyString() }
    }

    @Test func `what is not set has the defaults`() throws {
      let found = try params([:])
      let plain = try ReplicationParams(
        url: "host=db.example.com user=cdc", slot: "orders", publications: [])
      #expect(found.connection.hosts == plain.connection.hosts)
      #expect("\(found.connection)" == "\(plain.connection)")
      #expect(found.slot == "orders" && found.publications == [])
      #expect(found.answerTimeout == plain.answerTimeout)
      #expect(found.shutdownTimeout == plain.shutdownTimeout)
      #expect(found.statusInterval == plain.statusInterval)
      #expect(found.walSenderTimeout == nil && found.stallTimeout == nil && found.stopAt == nil)
      #expect(found.byteBudget == plain.byteBudget && found.plugin == "pgoutput")
      #expect(found.decodesTransactions && !found.createsSlot)
    }

    @Test func `every parameter has a key`() throws {
      let found = try params([
        "port": 5433, "database": "shop", "sslmode": "verify-full", "connect_timeout": 7,
        "password": "s3cret", "application_name": "mirror", "target_session_attrs": "primary",
        "publications": ConfigValue(.stringArray(["a", "b c"]), isSecret: false),
        "plugin": "other", "usesTemporarySlot": true, "createsSlot": true,
        "protocolVersion": 3, "streaming": "parallel", "usesTwoPhase": true,
        "convertsToTwoPhase": true, "deliversMessages": true, "prefersBinary": true,
        "origin": "none", "statusInterval": 2.5, "walSenderTimeout": 30,
        "stallTimeout": 0, "answerTimeout": 0, "shutdownTimeout": 4, "stopAt": "16/B374D848",
        "deliversKeepAlives": true, "decodesTransactions": false,
        "skipsMissingPublications": true, "advancesWhenIdle": true, "byteBudget": 1024,
      ])
      #expect(found.connection.hosts == [ConnectionHost("db.example.com", port: 5433)])
      #expect(found.connection.database == "shop" && found.connection.tls.mode == .verifyFull)
      #expect(found.connection.connectTimeout == .seconds(7))
      #expect(found.connection.applicationName == "mirror")
      #expect(found.connection.targetSession == .primary)
      #expect(password(found) == "s3cret")
      #expect(found.publications == ["a", "b c"] && found.plugin == "other")
      #expect(found.usesTemporarySlot && found.createsSlot && found.protocolVersion == .v3)
      #expect(found.streaming == .parallel && found.origin == .none)
      #expect(found.usesTwoPhase && found.convertsToTwoPhase)
      #expect(found.deliversMessages && found.prefersBinary)
      #expect(found.statusInterval == .milliseconds(2500))
      #expect(found.walSenderTimeout == .seconds(30) && found.stallTimeout == .zero)
      #expect(found.answerTimeout == nil && found.shutdownTimeout == .seconds(4))
      #expect(found.stopAt == LSN("16/B374D848") && found.byteBudget == 1024)
      #expect(found.deliversKeepAlives && !found.decodesTransactions)
      #expect(found.skipsMissingPublications && found.advancesWhenIdle == true)
    }

    @Test func `a password of its own replaces that of the URL`() throws {
      let provider = InMemoryProvider(values: [
        "slot": "s", "url": "postgresql://u:old@h1,h2:6/d", "password": "new",
      ])
      let found = try ReplicationParams(config: ConfigReader(provider: provider))
      #expect(found.connection.hosts == [ConnectionHost("h1"), ConnectionHost("h2", port: 6)])
      #expect(found.connection.user == "u" && password(found) == "new")
      // An empty value counts as given too.
      #expect(throws: ReplicationError.connection(.options(.missingHost))) {
        _ = try params(["host": "", "url": "postgresql://u@h/d"])
      }
    }

    @Test func `the environment says it in its own words`() throws {
      let provider = EnvironmentVariablesProvider(environmentVariables: [
        "ORDERS_URL": "postgresql://cdc@db.example.com/shop", "ORDERS_PASSWORD": "s3cret",
        "ORDERS_SLOT": "orders", "ORDERS_PUBLICATIONS": "a, b", "ORDERS_CREATES_SLOT": "true",
        "ORDERS_STATUS_INTERVAL": "2.5", "ORDERS_BYTE_BUDGET": "4096",
        "ORDERS_LOAD_BALANCE_HOSTS": "random", "ORDERS_RECONNECT_TIMEOUT": "60",
        "USER": "somebody",
      ])
      let config = ConfigReader(provider: provider).scoped(to: "orders")
      let found = try ReplicationParams(config: config)
      #expect(found.connection.user == "cdc" && found.connection.hostOrder == .random)
      #expect(password(found) == "s3cret" && found.publications == ["a", "b"])
      #expect(found.createsSlot && found.byteBudget == 4096)
      #expect(found.statusInterval == .milliseconds(2500))
      #expect(try SubscriptionOptions(config: config).reconnect.timeout == .seconds(60))
    }

    @Test(
      arguments: [
        ("streaming", "fast", #""streaming" must be one of off, on, parallel, not "fast""#),
        ("origin", "all", #""origin" must be one of any, none, not "all""#),
        ("protocolVersion", 5, #""protocolVersion" must be one of automatic, 1, 2, 3, 4, not "5""#),
        ("createsSlot", "maybe", #""createsSlot" must be true or false"#),
        ("byteBudget", "much", #""byteBudget" must be a whole number"#),
        ("publications", "orders_pub", #""publications" must be a list of texts"#),
        ("statusInterval", "soon", #""statusInterval" must be a number of seconds"#),
        ("stallTimeout", -1, #""stallTimeout" must be from 0 to 1000000000 seconds"#),
        ("answerTimeout", 1e300, #""answerTimeout" must be from 0 to 1000000000 seconds"#),
        ("stopAt", "16", #""stopAt" must be a position such as 16/B374D848, not "16""#),
        ("slot", true, #""slot" must be a text or a whole number"#),
      ] as [(String, ConfigValue, String)])
    func `a value that is none of the key's is an error, and not the default`(
      key: String, value: ConfigValue, complaint: String
    ) throws {
      let error = #expect(throws: ReplicationError.self) {
        _ = try params([AbsoluteConfigKey(ConfigKey(key)): value])
      }
      #expect("\(try #require(error))" == "the configuration key \(complaint)")
    }

    @Test func `connection parameters have the errors of connection strings`() throws {
      let error = #expect(throws: ReplicationError.self) { _ = try params(["sslmode": "always"]) }
      guard case .connection(.options(.invalidValue("sslmode", let expected)))? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(expected.hasPrefix("one of disable, "))
      #expect(throws: ReplicationError.connection(.options(.missingHost))) {
        _ = try ReplicationParams(
          config: ConfigReader(provider: InMemoryProvider(values: ["slot": "s"])))
      }
      let missing = ReplicationError.invalidParameter("the configuration key \"slot\" is missing")
      #expect(throws: missing) {
        _ = try ReplicationParams(
          config: ConfigReader(provider: InMemoryProvider(values: ["host": "h", "user": "u"])))
      }
    }

    @Test func `options have keys`() throws {
      let found = try options([
        "reconnect.isEnabled": false, "reconnect.initialInterval": 1,
        "reconnect.longestInterval": 20, "reconnect.timeout": 0, "startLSN": "0/10",
        "leavesSlot": true, "unsavedTransactions": 3, "keepsTransactionsWhole": true,
        "spillDirectory": "/var/spill", "streamedBytes": 99, "learnsTypes": true,
        "snapshot": "incremental",
      ])
      #expect(!found.reconnect.isEnabled && found.reconnect.initialInterval == .seconds(1))
      #expect(found.reconnect.longestInterval == .seconds(20) && found.reconnect.timeout == nil)
      #expect(found.startLSN == LSN("0/10") && found.leavesSlot)
      #expect(found.unsavedTransactions == 3 && found.keepsTransactionsWhole)
      #expect(found.spillDirectory == "/var/spill" && found.streamedBytes == 99)
      #expect(found.learnsTypes && found.snapshot.incremental == IncrementalSnapshotOptions())
      let none = try options([:])
      #expect(none.reconnect == ReconnectPolicy())
      #expect(!none.snapshot.isAsked && none.streamedBytes == nil)
      let error = #expect(throws: ReplicationError.self) { _ = try options(["snapshot": "all"]) }
      #expect(
        "\(try #require(error))"
          == #"the configuration key "snapshot" must be one of none, initial, incremental, not "all""#
      )
    }

    /// Notes which keys were read as secrets.
    private final class Reporter: AccessReporter {
      let secret = Mutex<Set<String>>([])
      let open = Mutex<Set<String>>([])

      func report(_ event: AccessEvent) {
        guard case .success(let value?) = event.result else { return }
        let key = "\(event.metadata.key)"
        if value.isSecret {
          secret.withLock { _ = $0.insert(key) }
        } else {
          open.withLock { _ = $0.insert(key) }
        }
      }
    }

    @Test func `secrets are read as secrets, and no error repeats one`() throws {
      let reporter = Reporter()
      let key = String(repeating: "A", count: 43) + "="
      let values = Self.least.merging([
        "url": "postgresql://u:hidden@h/d", "password": "hidden", "sslpassword": "hidden",
        "scram_client_key": ConfigValue(.string(key), isSecret: false),
        "scram_server_key": ConfigValue(.string(key), isSecret: false),
        "oauth_client_secret": "hidden",
      ]) { $1 }
      _ = try ReplicationParams(
        config: ConfigReader(
          provider: InMemoryProvider(values: values), accessReporter: reporter))
      let (secret, open) = (reporter.secret.withLock { $0 }, reporter.open.withLock { $0 })
      #expect(
        secret == [
          "url", "password", "sslpassword", "scram_client_key", "scram_server_key",
          "oauth_client_secret",
        ])
      #expect(open == ["host", "user", "slot"])
      for (key, value) in [
        ("url", "host=h user=u password=a hidden"), ("url", "postgresql://u:hid%zzden@h/d"),
        ("scram_client_key", "hidden"), ("password", "hid\0den"),
      ] {
        let error = #expect(throws: ReplicationError.self) {
          _ = try params([
            AbsoluteConfigKey(ConfigKey(key)): ConfigValue(.string(value), isSecret: false)
          ])
        }
        #expect(!"\(try #require(error))".contains("hid"), "\(key)")
      }
    }
  }
#endif
