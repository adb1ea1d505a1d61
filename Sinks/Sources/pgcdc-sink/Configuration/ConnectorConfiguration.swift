internal import ChangeFormats
internal import ChangeSinks
internal import Logging
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

/// One connector, as a configuration describes it.
///
/// | key | what it is |
/// |---|---|
/// | `engine` | `redis`, `nats`, `kafka` or `postgres` |
/// | `source.…` | as `ReplicationParams` and `SubscriptionOptions` read them |
/// | `source.snapshotWorkers`, `.snapshotTables`, `.snapshotChunkBytes` | how tables are read |
/// | `sink.url`, `sink.urlFile` | the engine's URL, or a file that has it |
/// | `sink.…` | what else ``RedisPlan``, ``NATSPlan``, ``KafkaPlan`` and ``PostgresPlan`` have |
/// | `format.…`, `filter.…` | as the options of the command line |
/// | `batchBytes`, `retryTimeout` | when a batch is written, how long to try again |
struct ConnectorConfiguration {
  /// The engines by their names.
  enum Engine: String, CaseIterable {
    case redis, nats, kafka, postgres
  }

  private let name: String
  private let scope: ConfigurationScope

  init(_ name: String, _ scope: ConfigurationScope) {
    self.name = name
    self.scope = scope
  }

  /// The connector; nothing is opened yet.
  func connector(_ logger: Logger) throws -> PlannedConnector {
    guard let engine = try scope.choice("engine", of: Engine.self) else {
      throw scope.missing("engine")
    }
    let described = try plan(logger)
    let sink = scope.scoped(to: "sink")
    switch engine {
    case .redis: return try described.connector(into: try RedisPlan(sink).engine(logger))
    case .nats: return try described.connector(into: try NATSPlan(sink).engine())
    case .kafka: return try described.connector(into: try KafkaPlan(sink).engine(logger))
    case .postgres: return try described.connector(into: try PostgresPlan(sink).sink(logger))
    }
  }

  private func plan(_ logger: Logger) throws -> ConnectorPlan {
    let source = scope.scoped(to: "source")
    var params: ReplicationParams
    var options = ConnectorOptions()
    do throws(ReplicationError) {
      params = try ReplicationParams(config: source.config)
      options.subscription = try SubscriptionOptions(config: source.config)
    } catch {
      throw PlanError("\(name).source: \(error)")
    }
    params.logger = logger
    if params.connection.applicationName == nil {
      params.connection.applicationName = "pgcdc-sink"
    }
    options.subscription.snapshot = try snapshot(source)
    if let bytes = try scope.number("batchBytes") { options.limits.bytes = bytes }
    options.retry.timeout = try scope.seconds("retryTimeout")
    var plan = ConnectorPlan(name: name, params: params, options: options)
    plan.format = try format(scope.scoped(to: "format"))
    plan.filter = try filter(scope.scoped(to: "filter"))
    return plan
  }

  private func snapshot(_ source: ConfigurationScope) throws(PlanError) -> SubscriptionSnapshot {
    var plan = SnapshotPlan()
    if try source.text("snapshot") != "none" {
      plan.kind = try source.choice("snapshot", of: SnapshotKind.self)
    }
    plan.workers = try source.number("snapshotWorkers")
    plan.tables = try source.list("snapshotTables")
    plan.chunkBytes = try source.number("snapshotChunkBytes")
    return try plan.snapshot()
  }
}

// MARK: - Formats and filters

extension ConnectorConfiguration {
  private func format(_ scope: ConfigurationScope) throws(PlanError) -> FormatPlan {
    var plan = FormatPlan()
    plan.kind = try scope.choice("kind", of: LineFormat.self) ?? plan.kind
    plan.topicPrefix = try scope.text("topicPrefix")
    plan.hasTombstones = try scope.flag("tombstones") ?? plan.hasTombstones
    plan.hasTransactions = try scope.flag("transactionRecords") ?? plan.hasTransactions
    plan.asksCatalog = try scope.flag("asksCatalog") ?? plan.asksCatalog
    plan.maxLineBytes = try scope.number("maxLineBytes")
    plan.hasCloudEvents = try scope.flag("cloudEvents") ?? plan.hasCloudEvents
    plan.cloudEventsSource = try scope.text("cloudEventsSource")
    plan.documents =
      try scope.choice("jsonValues", of: JSONLineFormat.Options.Documents.self) ?? plan.documents
    plan.maxDocumentNesting = try scope.number("maxJSONNesting")
    plan.largeIntegers =
      try scope.choice("jsonInt8", of: JSONLineFormat.Options.LargeIntegers.self)
      ?? plan.largeIntegers
    plan.namesTransaction = try scope.flag("jsonTransaction") ?? plan.namesTransaction
    plan.hasTruncates = try scope.flag("debeziumTruncates") ?? plan.hasTruncates
    return plan
  }

  private func filter(_ scope: ConfigurationScope) throws(PlanError) -> FilterPlan {
    var plan = FilterPlan()
    plan.tables = try scope.list("tables") ?? []
    plan.excludedTables = try scope.list("excludedTables") ?? []
    plan.excludedColumns = try scope.list("excludedColumns") ?? []
    plan.maskedColumns = try scope.list("maskedColumns") ?? []
    plan.maskText = try scope.text("maskText") ?? plan.maskText
    plan.hashedColumns = try scope.list("hashedColumns") ?? []
    plan.hashKeyFile = try scope.text("hashKeyFile")
    plan.truncatedColumns = try scope.list("truncatedColumns") ?? []
    do throws(FilterError) {
      try plan.check()
    } catch {
      throw PlanError(
        "the key \"\(name).filter.\(error.list.rawValue)\" has \"\(error.name)\": \(error.problem)")
    }
    return plan
  }
}
