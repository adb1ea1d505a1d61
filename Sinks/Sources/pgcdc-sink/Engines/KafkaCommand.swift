internal import ArgumentParser
internal import ChangeSinks
internal import KafkaSink
internal import Logging

/// Topics of Kafka, and of what speaks its protocol.
struct KafkaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kafka",
    abstract: "Write changes into topics of Kafka, one topic for each table.",
    discussion: """
      pgcdc-sink kafka --brokers k1:9092,k2:9092 --url postgresql://cdc@db/shop --slot orders \
      --publication orders_pub --format debezium --topic-prefix shop --snapshot initial
      """)

  @OptionGroup var engine: KafkaArguments
  @OptionGroup var connector: ConnectorArguments
  @OptionGroup var records: RecordArguments

  func run() async throws {
    let properties = try ValidationError.checking { try engine.properties() }
    try await connector.run { plan, logger in
      try Self.connector(records.completing(plan), properties, logger)
    }
  }

  /// A connector with this engine.
  static func connector(
    _ plan: ConnectorPlan, _ properties: [String: String], _ logger: Logger
  ) throws -> PlannedConnector {
    try plan.connector(into: KafkaEngine(KafkaOptions(properties: properties), logger: logger))
  }
}
