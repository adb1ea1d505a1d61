public import Logging

/// How a connector reaches Kafka, and how it writes.
///
///     var options = try KafkaOptions(url: "kafkas://shop@kafka-1:9093,kafka-2:9093")
///     options.password = .file("/run/secrets/kafka")
///     let sink = RecordSink(KafkaEngine(options), format: JSONLineFormat())
public struct KafkaOptions: Sendable {
  /// Some of the cluster's brokers, `host:port`: `bootstrap.servers`.
  public var brokers: [String]

  /// Whether connections are encrypted.
  ///
  /// Certificates are properties: `ssl.ca.location`, `ssl.certificate.location`.
  public var usesTLS = false

  /// The user of SASL; `nil` for none.
  ///
  /// The mechanism is `SCRAM-SHA-512` unless ``properties`` have `sasl.mechanism`.
  public var user: String?

  /// The user's password.
  public var password: KafkaPassword?

  /// Properties of librdkafka, which go before what the options here say: `compression.codec`,
  /// `message.max.bytes`, `ssl.ca.location`.
  ///
  /// What makes the records exactly once can't be changed: `transactional.id`, `isolation.level`,
  /// `enable.idempotence`, `acks`. A `partitioner` of librdkafka's replaces the one that the
  /// article on this sink describes.
  ///
  /// Properties: <https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md>
  public var properties: [String: String] = [:]

  /// The connector's name in Kafka; `nil` for the slot's name.
  ///
  /// Two databases whose slots have the same name need different ones in one cluster: the
  /// `transactional.id` is `pgcdc-` and the name, and the state is found by the name.
  public var name: String?

  /// The topic for the state of connectors; many can share it.
  public var stateTopic = "pgcdc-state"

  /// Whether the topic for the state is created if it is missing, and checked otherwise.
  ///
  /// Without this it must exist, with the setting `cleanup.policy=compact`; one partition is used.
  public var createsStateTopic = true

  /// How many brokers keep the topic for the state; `nil` for the cluster's default.
  public var stateReplicationFactor: Int?

  /// How topics for records are created; `nil` leaves it to the brokers, which create them if
  /// `auto.create.topics.enable` says so.
  public var newTopics: KafkaNewTopics?

  /// How long a transaction of Kafka may take: `transaction.timeout.ms`.
  ///
  /// A large transaction of the database is one of Kafka, which stays open while it is written.
  /// After four fifths of this time it is given up, and the error says so. The brokers have a limit
  /// for this, `transaction.max.timeout.ms`, by default 15 minutes. Consumers that read only what
  /// is committed wait this long if a connector dies in a transaction and is not started again.
  public var transactionTimeout = Duration.seconds(300)

  /// Whether a transaction of the database that takes longer than ``transactionTimeout`` allows is
  /// committed in parts, instead of being given up.
  public var splitsLongTransactions = false

  /// How long to wait for an answer, or for progress.
  public var timeout = Duration.seconds(30)

  /// Where librdkafka's messages go.
  public var logger = Logger(label: "KafkaSink")

  /// Options for a cluster without encryption and users.
  ///
  /// - Parameter brokers: Some of its brokers, `host:port`.
  public init(brokers: [String]) {
    self.brokers = brokers
  }
}

extension KafkaOptions: CustomStringConvertible, CustomReflectable {
  /// The brokers and the user, without anything secret.
  public var description: String {
    engineName + (user.map { " as \($0.oneLine)" } ?? "")
  }

  /// Without properties and passwords.
  public var customMirror: Mirror {
    Mirror(self, children: ["brokers": brokers, "stateTopic": stateTopic])
  }

  /// The engine's name in errors.
  var engineName: String { "Kafka at \(brokers.joined(separator: ","))" }
}
