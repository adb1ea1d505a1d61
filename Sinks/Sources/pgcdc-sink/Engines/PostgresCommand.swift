internal import ArgumentParser
internal import ChangeSinks
internal import Logging
internal import PostgresSink

/// Tables of another PostgreSQL.
struct PostgresCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postgres",
    abstract: "Apply changes to the tables of another PostgreSQL database.",
    discussion: """
      pgcdc-sink postgres --to postgresql://writer@warehouse/shop --url postgresql://cdc@db/shop \
      --slot orders --publication orders_pub --snapshot initial
      """)

  @OptionGroup var engine: EngineAddress
  @OptionGroup var connector: ConnectorArguments

  func run() async throws {
    let url = try engine.found()
    try await connector.run { plan, logger in try Self.connector(plan, url: url, logger) }
  }

  /// A connector with this engine.
  static func connector(
    _ plan: ConnectorPlan, url: String, _ logger: Logger
  ) throws -> PlannedConnector {
    try plan.connector(into: PostgresSink(try PostgresSinkOptions(url: url), logger: logger))
  }
}
