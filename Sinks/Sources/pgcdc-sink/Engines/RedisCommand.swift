internal import ArgumentParser
internal import ChangeSinks
internal import Logging
internal import RedisSink

/// Streams of Redis.
struct RedisCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "redis",
    abstract: "Write changes into streams of Redis, one stream for each table.",
    discussion: """
      pgcdc-sink redis --to redis://localhost:6379/0 --url postgresql://cdc@db/shop --slot orders \
      --publication orders_pub --snapshot initial
      """)

  @OptionGroup var engine: EngineAddress
  @OptionGroup var connector: ConnectorArguments
  @OptionGroup var records: RecordArguments

  func run() async throws {
    let url = try engine.found()
    try await connector.run { plan, logger in
      try Self.connector(records.completing(plan), url: url, logger)
    }
  }

  /// A connector with this engine.
  static func connector(
    _ plan: ConnectorPlan, url: String, _ logger: Logger
  ) throws -> PlannedConnector {
    try plan.connector(into: RedisEngine(try RedisOptions(url: url), logger: logger))
  }
}
