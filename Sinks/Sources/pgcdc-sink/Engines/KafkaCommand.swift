internal import ArgumentParser

/// Topics of Kafka, and of what speaks its protocol.
struct KafkaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kafka",
    abstract: "Write changes into topics of Kafka, one topic for each table.",
    discussion: """
      pgcdc-sink kafka --to kafka://k1:9092,k2:9092 --url postgresql://cdc@db/shop --slot orders \
      --publication orders_pub --format debezium --topic-prefix shop --snapshot initial
      """)

  @OptionGroup var engine: EngineAddress

  @Option(
    name: .customLong("property"),
    help: ArgumentHelp(
      "A property of librdkafka, as sasl.mechanism=PLAIN; can be given more than once.",
      discussion: """
        Other users of this machine see the arguments of a process (ps): put passwords into \
        --property-file, or into the URL in --to-file.
        """, valueName: "name=value"))
  var properties: [String] = []

  @Option(
    name: .customLong("property-file"),
    help: ArgumentHelp(
      "A file with one property a line, as name=value.",
      discussion: "Empty lines and those that begin with # are left out.", valueName: "file"))
  var propertyFile: String?

  @Option(
    help: ArgumentHelp(
      "The connector's name in Kafka; the slot's if not given.",
      discussion: "Databases whose slots have the same name need different ones in a cluster."))
  var name: String?

  @Option(
    name: .customLong("state-topic"),
    help: ArgumentHelp(
      "The topic for the state of connectors. (default: pgcdc-state)", valueName: "topic"))
  var stateTopic: String?

  @Option(help: "How many partitions new topics have; the cluster's default if not given.")
  var partitions: Int?

  @Option(
    name: .customLong("replication-factor"),
    help: "How many brokers keep new topics; the cluster's default if not given.")
  var replicationFactor: Int?

  @Flag(
    name: .customLong("no-create-topics"),
    help: ArgumentHelp(
      "Create no topic.",
      discussion: """
        The one for the state must exist then, with cleanup.policy=compact, and the others too, \
        unless the brokers create them.
        """))
  var noCreateTopics = false

  @OptionGroup var connector: ConnectorArguments
  @OptionGroup var records: RecordArguments

  func run() async throws {
    var plan = KafkaPlan(url: try engine.found())
    plan.properties = properties
    plan.propertyFile = propertyFile
    plan.name = name
    plan.stateTopic = stateTopic
    plan.createsTopics = !noCreateTopics
    plan.partitions = partitions
    plan.replicationFactor = replicationFactor
    let asked = plan
    try await connector.run { plan, logger in
      try records.completing(plan).connector(into: try asked.engine(logger))
    }
  }
}
