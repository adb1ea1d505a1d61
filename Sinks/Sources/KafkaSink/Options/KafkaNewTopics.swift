/// How topics for records are created.
public struct KafkaNewTopics: Hashable, Sendable {
  /// How many partitions a topic has; `nil` for the cluster's default.
  public var partitions: Int?
  /// How many brokers keep each partition; `nil` for the cluster's default.
  public var replicationFactor: Int?
  /// Settings of topics: `cleanup.policy`, `retention.ms`, `max.message.bytes`.
  public var settings: [String: String]

  /// The cluster's defaults.
  public init(
    partitions: Int? = nil, replicationFactor: Int? = nil, settings: [String: String] = [:]
  ) {
    self.partitions = partitions
    self.replicationFactor = replicationFactor
    self.settings = settings
  }
}
