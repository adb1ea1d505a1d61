internal import CSinkRdKafka
internal import ChangeSinks

/// A topic as a client of librdkafka's knows it.
@safe final class KafkaTopic {
  let name: String
  let pointer: OpaquePointer
  /// Outlives the topic.
  private let handle: KafkaHandle

  /// - Throws: `SinkError` if librdkafka refuses the name.
  init(_ name: String, of handle: KafkaHandle) throws(SinkError) {
    guard let created = unsafe rd_kafka_topic_new(handle.pointer, name, nil) else {
      throw handle.error(KafkaFailure(rd_kafka_last_error()), "using the topic \(name)")
    }
    self.name = name
    self.handle = handle
    unsafe pointer = created
  }

  deinit {
    unsafe rd_kafka_topic_destroy(pointer)
  }
}
