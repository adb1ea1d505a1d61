internal import CSinkRdKafka
internal import ChangeSinks
internal import Logging
internal import PGWire

/// The topic that has the state of connectors, each under its name, on partition 0.
///
/// It is compacted: Kafka keeps the last record of each key.
struct StateTopic {
  static let partition: Int32 = 0

  private let options: KafkaOptions
  private let producer: KafkaProducer

  private var name: String { options.stateTopic }

  init(_ options: KafkaOptions, _ producer: KafkaProducer) {
    self.options = options
    self.producer = producer
  }
}

// MARK: - Creating it

extension StateTopic {
  /// How it is created: in small files, which are compacted soon, so that there is little to read.
  private var creation: KafkaNewTopics {
    KafkaNewTopics(
      partitions: 1, replicationFactor: options.stateReplicationFactor,
      settings: [
        "cleanup.policy": "compact", "segment.bytes": "16777216",
        "min.cleanable.dirty.ratio": "0.1",
      ])
  }

  /// Creates it if it is missing, and else checks that it keeps what is in it.
  func prepare() throws(SinkError) {
    guard options.createsStateTopic else { return }
    guard let failure = try producer.create(name, creation) else { return }
    if failure.has(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) { return try check() }
    let isForbidden =
      failure.has(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
      || failure.has(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    guard isForbidden else {
      throw producer.handle.error(failure, "creating the topic \(name) for the state")
    }
    // It may exist; whether it does, reading it says.
    try check()
  }

  private func check() throws(SinkError) {
    switch producer.setting("cleanup.policy", of: name) {
    case .success("compact"), .success(""): return
    case .success(let policy):
      throw SinkError(
        engine: options.engineName, .needsOperator,
        "the topic \(name) for the state has cleanup.policy=\(policy), so the state would be "
          + "deleted after a while; set it to compact: kafka-configs --alter --topic \(name) "
          + "--add-config cleanup.policy=compact")
    case .failure(let failure):
      options.logger.warning(
        "it can't be checked that the topic for the state is compacted",
        metadata: ["topic": "\(name)", "error": "\(failure.name)"])
    }
  }
}

// MARK: - Reading it

extension StateTopic {
  /// How many offsets are read first; each transaction of any connector takes two.
  private static let firstStep: Int64 = 1000

  /// How many offsets are read after so many in vain; a sparse topic may have any offsets.
  static func step(after step: Int64) -> Int64 { min(step, .max / 8) * 8 }

  /// What Kafka has under a connector's name.
  ///
  /// The producers must have been fenced before: then nobody else writes it.
  func load(_ connector: String) throws(SinkError) -> KafkaState {
    let whole = try range()
    let consumer = try KafkaConsumer(options)
    let key = Array(connector.utf8)
    var (start, step) = (whole.upperBound, Self.firstStep)
    while start > whole.lowerBound {
      let end = start
      start = max(whole.lowerBound, end - step)
      step = Self.step(after: step)
      var latest: KafkaRecord?
      try consumer.read(name, Self.partition, start..<end) { record in
        if record.key == key { latest = record }
      }
      guard let latest else { continue }
      // An operator may have deleted it.
      guard let value = latest.value else { return KafkaState() }
      guard let state = KafkaState(encoded: value) else {
        throw SinkError(
          engine: options.engineName, .fatal,
          "the state of \(connector) in the topic \(name), at offset \(latest.offset), is damaged")
      }
      return state
    }
    return KafkaState()
  }

  /// The offsets of the partition, up to the end of the log.
  ///
  /// A topic that was just created is not known to all brokers yet.
  private func range() throws(SinkError) -> Range<Int64> {
    let deadline = Deadline(options.timeout)
    while true {
      switch producer.handle.range(of: name, Self.partition, options.timeout) {
      case .success(let range): return range
      case .failure(let failure):
        let isUnknown =
          failure.has(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
          || failure.has(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
          || failure.has(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
          || failure.has(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
        guard isUnknown, !deadline.isOver else {
          throw producer.handle.error(failure, "asking where the topic \(name) ends")
        }
        producer.handle.poll(100)
      }
    }
  }
}
