internal import KafkaSink
internal import Logging

/// What is asked for of Kafka.
struct KafkaPlan: Sendable {
  /// `kafka://host:9092,host2:9092`, or `kafkas://` for encrypted connections.
  var url: String
  /// Properties of librdkafka, as `name=value`.
  var properties: [String] = []
  /// A file with one of them a line; what ``properties`` have has precedence.
  var propertyFile: String?
  /// The connector's name in Kafka; the slot's if `nil`.
  var name: String?
  /// The topic for the state of connectors.
  var stateTopic: String?
  /// Whether topics that are missing are created by the connector, and not only by the brokers.
  var createsTopics = true
  /// How many partitions new topics have; the cluster's default if `nil`.
  var partitions: Int?
  /// How many brokers keep new topics; the cluster's default if `nil`.
  var replicationFactor: Int?

  init(url: String) {
    self.url = url
  }

  /// From the part `sink` of a configuration.
  init(_ scope: ConfigurationScope) throws(PlanError) {
    self.init(url: try scope.engineURL())
    properties = try scope.list("properties", isSecret: true) ?? []
    propertyFile = try scope.text("propertyFile")
    name = try scope.text("name")
    stateTopic = try scope.text("stateTopic")
    createsTopics = try scope.flag("createsTopics") ?? createsTopics
    partitions = try scope.number("partitions")
    replicationFactor = try scope.number("replicationFactor")
  }

  /// The engine; nothing is opened yet.
  func engine(_ logger: Logger) throws -> KafkaEngine {
    if let partitions, partitions < 1 { throw PlanError("a topic has at least one partition") }
    if let replicationFactor, replicationFactor < 1 {
      throw PlanError("a topic is kept by at least one broker")
    }
    if !createsTopics, partitions != nil || replicationFactor != nil {
      throw PlanError("partitions and copies are chosen for topics that are not to be created")
    }
    var options = try KafkaOptions(url: url)
    let more = try KafkaProperties.properties(lines: properties, file: propertyFile)
    options.properties.merge(more) { _, new in new }
    options.name = name
    if let stateTopic { options.stateTopic = stateTopic }
    options.createsStateTopic = createsTopics
    options.stateReplicationFactor = replicationFactor
    if partitions != nil || replicationFactor != nil {
      options.newTopics = KafkaNewTopics(
        partitions: partitions, replicationFactor: replicationFactor)
    }
    options.logger = logger
    return KafkaEngine(options)
  }
}
