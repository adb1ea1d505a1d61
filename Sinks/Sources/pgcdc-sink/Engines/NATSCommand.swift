internal import ArgumentParser

/// A stream of NATS JetStream.
struct NATSCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nats",
    abstract: "Write changes into a stream of NATS JetStream, one subject for each table.",
    discussion: """
      pgcdc-sink nats --to nats://n1:4222,nats://n2:4222,nats://n3:4222 --replicas 3 \
      --url postgresql://cdc@db/shop --slot orders --publication orders_pub --snapshot initial
      """)

  @OptionGroup var engine: EngineAddress

  @Option(
    name: .customLong("credentials"),
    help: ArgumentHelp("A credentials file, with a JWT and a seed.", valueName: "file"))
  var credentialsFile: String?

  @Option(
    name: .customLong("ca-file"),
    help: ArgumentHelp(
      "Certificates of those who may have signed the servers'; the system's if not given.",
      valueName: "file"))
  var authorityFile: String?

  @Option(
    help: ArgumentHelp(
      "The stream's name; the slot's if not given.",
      discussion: "It belongs to this slot; nobody else may write into it.", valueName: "name"))
  var stream: String?

  @Option(
    name: .customLong("subject-prefix"),
    help: ArgumentHelp(
      "What the subjects of records begin with; the stream's name if not given.",
      valueName: "prefix"))
  var subjectPrefix: String?

  @Option(help: "How many servers of a cluster have a copy of the stream: 1, 3 or 5.")
  var replicas = 1

  @Flag(name: .customLong("no-create-stream"), help: "Don't create a stream that is missing.")
  var noCreateStream = false

  @OptionGroup var connector: ConnectorArguments
  @OptionGroup var records: RecordArguments

  func run() async throws {
    var plan = NATSPlan(urls: try engine.found())
    plan.credentialsFile = credentialsFile
    plan.certificateAuthorities = authorityFile
    plan.stream = stream
    plan.subjectPrefix = subjectPrefix
    plan.replicas = replicas
    plan.createsStream = !noCreateStream
    let asked = plan
    try await connector.run { plan, _ in
      try records.completing(plan).connector(into: try asked.engine())
    }
  }
}
