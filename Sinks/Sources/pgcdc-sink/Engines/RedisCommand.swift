internal import ArgumentParser

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

  @Option(
    name: .customLong("key-prefix"),
    help: ArgumentHelp(
      "What the names of all keys begin with; streams have the topic behind it.",
      discussion: """
        In a cluster it needs a part in braces, {shop}:, so that all keys are on the same node.
        """, valueName: "prefix"))
  var keyPrefix: String?

  @Option(
    name: .customLong("max-length"),
    help: ArgumentHelp(
      "About how many entries a stream keeps; all if not given.",
      discussion: "Older ones are removed, whether they were read or not.", valueName: "entries"))
  var maxLength: Int?

  @Option(help: "How many replicas must have a batch before it counts as written.")
  var replicas = 0

  @Flag(
    name: .customLong("accept-loss"),
    help: ArgumentHelp(
      "Take a server that may lose what it has acknowledged when it crashes.",
      discussion: "Otherwise it has to have appendonly yes, and appendfsync always or everysec."))
  var acceptLoss = false

  @OptionGroup var connector: ConnectorArguments
  @OptionGroup var records: RecordArguments

  func run() async throws {
    var plan = RedisPlan(url: try engine.found())
    plan.keyPrefix = keyPrefix
    plan.maxLength = maxLength
    plan.replicas = replicas
    plan.acceptsLoss = acceptLoss
    let asked = plan
    try await connector.run { plan, logger in
      try records.completing(plan).connector(into: try asked.engine(logger))
    }
  }
}
