internal import ArgumentParser
internal import ChangeSinks
internal import Logging
internal import NATSSink

/// Subjects of NATS JetStream.
struct NATSCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nats",
    abstract: "Write changes into a stream of NATS JetStream, one subject for each table.",
    discussion: """
      pgcdc-sink nats --to nats://n1:4222,nats://n2:4222,nats://n3:4222 \
      --url postgresql://cdc@db/shop --slot orders --publication orders_pub --snapshot initial
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
    try plan.connector(into: NATSEngine(try NATSOptions(url: url), logger: logger))
  }
}
