internal import CSinkRdKafka
internal import ChangeSinks
internal import PGWire

/// The admin interface, which a producer has as well.
extension KafkaProducer {
  /// Creates a topic unless it exists.
  func ensure(_ name: String, _ creation: KafkaNewTopics) throws(SinkError) {
    let failure = try create(name, creation)
    guard let failure, !failure.has(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) else { return }
    throw handle.error(failure, "creating the topic \(name)")
  }

  /// Creates a topic.
  ///
  /// - Returns: Why it was not created; `nil` if it was.
  func create(_ name: String, _ creation: KafkaNewTopics) throws(SinkError) -> KafkaFailure? {
    let partitions = Int32(clamping: creation.partitions ?? -1)
    let factor = Int32(clamping: creation.replicationFactor ?? -1)
    let (made, refusal) = unsafe CText.written {
      unsafe rd_kafka_NewTopic_new(name, partitions, factor, $0, CText.size)
    }
    guard let topic = unsafe made else {
      throw SinkError(
        engine: handle.engine, .fatal, "the topic \(name) can't be created: \(refusal)")
    }
    for (setting, value) in creation.settings.sorted(by: { $0.key < $1.key }) {
      unsafe rd_kafka_NewTopic_set_config(topic, setting, value)
    }
    let (code, words) = unsafe CText.written {
      unsafe pgcdc_kafka_create_topic(
        handle.pointer, topic, options.timeout.milliseconds, $0, CText.size)
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaFailure(code, words)
  }

  /// A setting of a topic.
  ///
  /// - Returns: The value; empty if the broker does not have the setting.
  func setting(_ setting: String, of topic: String) -> Result<String, KafkaFailure> {
    let (code, text) = unsafe CText.written {
      unsafe pgcdc_kafka_topic_setting(
        handle.pointer, topic, setting, options.timeout.milliseconds, $0, CText.size)
    }
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? .success(text) : .failure(KafkaFailure(code, text))
  }
}

extension KafkaHandle {
  /// The first offset of a partition, and the one after its last.
  ///
  /// With the isolation level of a producer the end is the log's; with that of a consumer it is
  /// where the first transaction begins that is open.
  ///
  /// Function: `rd_kafka_query_watermark_offsets`.
  func range(
    of topic: String, _ partition: Int32, _ time: Duration
  ) -> Result<Range<Int64>, KafkaFailure> {
    var (low, high): (Int64, Int64) = (0, 0)
    let code = unsafe rd_kafka_query_watermark_offsets(
      pointer, topic, partition, &low, &high, time.milliseconds)
    guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return .failure(KafkaFailure(code)) }
    return .success(max(low, 0)..<max(low, high, 0))
  }
}
