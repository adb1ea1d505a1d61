#if Configuration
  public import Configuration
  internal import PGWire

  extension SubscriptionOptions {
    /// Options from a configuration, which may be the same as that of the parameters.
    ///
    /// | key | value | meaning |
    /// |---|---|---|
    /// | `reconnect.isEnabled` | true or false | ``ReconnectPolicy/isEnabled`` of ``reconnect`` |
    /// | `reconnect.initialInterval` | seconds | ``ReconnectPolicy/initialInterval`` |
    /// | `reconnect.longestInterval` | seconds | ``ReconnectPolicy/longestInterval`` |
    /// | `reconnect.timeout` | seconds, 0 for no limit | ``ReconnectPolicy/timeout`` |
    /// | `startLSN` | position, as `16/B374D848` | ``startLSN`` |
    /// | `leavesSlot` | true or false | ``leavesSlot`` |
    /// | `unsavedTransactions` | number | ``unsavedTransactions`` |
    /// | `keepsTransactionsWhole` | true or false | ``keepsTransactionsWhole`` |
    /// | `spillDirectory` | text | ``spillDirectory`` |
    /// | `streamedBytes` | number of bytes | ``streamedBytes`` |
    /// | `learnsTypes` | true or false | ``learnsTypes`` |
    /// | `snapshot` | `none`, `initial`, `incremental` | ``snapshot``, with its own defaults |
    ///
    /// A key that is not set leaves the default. ``acceptsLoss`` and ``types`` have no keys.
    ///
    /// With the package's trait `Configuration`.
    ///
    /// - Parameter config: The keys are read from it as they are; scope it first.
    /// - Throws: ``ReplicationError/invalidParameter(_:)`` for a value of another type or another
    ///   word, which names the key and what it can be.
    public init(config: ConfigReader) throws(ReplicationError) {
      self.init()
      let values = ConfigurationValues(config)
      reconnect.isEnabled = try values.flag("reconnect.isEnabled") ?? reconnect.isEnabled
      reconnect.initialInterval =
        try values.time("reconnect.initialInterval") ?? reconnect.initialInterval
      reconnect.longestInterval =
        try values.time("reconnect.longestInterval") ?? reconnect.longestInterval
      reconnect.timeout = try values.limit("reconnect.timeout", unset: reconnect.timeout)
      leavesSlot = try values.flag("leavesSlot") ?? leavesSlot
      keepsTransactionsWhole =
        try values.flag("keepsTransactionsWhole") ?? keepsTransactionsWhole
      learnsTypes = try values.flag("learnsTypes") ?? learnsTypes
      startLSN = try values.position("startLSN")
      unsavedTransactions = try values.number("unsavedTransactions") ?? unsavedTransactions
      streamedBytes = try values.number("streamedBytes")
      spillDirectory = try values.text("spillDirectory") ?? spillDirectory
      if let kind = try values.choice("snapshot", of: SnapshotWord.self) {
        snapshot = kind.snapshot
      }
    }
  }

  /// The words for ``SubscriptionSnapshot``.
  private enum SnapshotWord: String, CaseIterable {
    case absent = "none"
    case initial
    case incremental

    var snapshot: SubscriptionSnapshot {
      switch self {
      case .absent: .none
      case .initial: .initial()
      case .incremental: .incremental(IncrementalSnapshotOptions())
      }
    }
  }
#endif
