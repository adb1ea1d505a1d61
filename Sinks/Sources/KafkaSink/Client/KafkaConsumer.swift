internal import CSinkRdKafka
internal import ChangeSinks
internal import PGWire

/// A consumer without a group, which reads parts of partitions.
///
/// It reads only what is committed.
final class KafkaConsumer {
  private let handle: KafkaHandle
  private let options: KafkaOptions

  init(_ options: KafkaOptions) throws(SinkError) {
    self.options = options
    handle = try KafkaHandle(
      RD_KAFKA_CONSUMER, options.consumerSettings(), engine: options.engineName,
      logger: options.logger)
  }

  /// Passes the records of a part of a partition to `body`, in order.
  ///
  /// Records of a transaction that is open in the part are waited for.
  ///
  /// - Throws: `SinkError`, also if nothing comes for the time of the options.
  func read(
    _ name: String, _ partition: Int32, _ range: Range<Int64>, _ body: (KafkaRecord) -> Void
  ) throws(SinkError) {
    guard !range.isEmpty else { return }
    let action = "reading the topic \(name)"
    let topic = try KafkaTopic(name, of: handle)
    guard unsafe rd_kafka_consume_start(topic.pointer, partition, range.lowerBound) == 0 else {
      throw handle.error(KafkaFailure(rd_kafka_last_error()), action)
    }
    defer { unsafe rd_kafka_consume_stop(topic.pointer, partition) }
    var deadline = Deadline(options.timeout)
    while true {
      switch try next(topic, partition, action) {
      case .record(let record):
        guard record.offset < range.upperBound else { return }
        body(record)
        deadline = Deadline(options.timeout)
      case .end(let offset): if offset >= range.upperBound { return }
      case .nothing:
        handle.poll()
        guard !deadline.isOver else {
          throw handle.error(KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT), action)
        }
      }
    }
  }

  private enum Item {
    case record(KafkaRecord)
    /// Nothing more is there, or nothing more may be read yet.
    case end(offset: Int64)
    case nothing
  }

  private func next(
    _ topic: KafkaTopic, _ partition: Int32, _ action: String
  ) throws(SinkError) -> Item {
    guard let message = unsafe rd_kafka_consume(topic.pointer, partition, 100) else {
      return .nothing
    }
    defer { unsafe rd_kafka_message_destroy(message) }
    switch unsafe message.pointee.err {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
      return .record(unsafe KafkaRecord(message, topic: topic.name))
    case RD_KAFKA_RESP_ERR__PARTITION_EOF: return .end(offset: unsafe message.pointee.offset)
    case let code: throw handle.error(KafkaFailure(code), action)
    }
  }

  /// All topics of the cluster, with the numbers of their partitions.
  func topics() throws(SinkError) -> [(name: String, partitions: Int32)] {
    var code = RD_KAFKA_RESP_ERR_NO_ERROR
    guard
      let found = unsafe pgcdc_kafka_topics(handle.pointer, options.timeout.milliseconds, &code)
    else { throw handle.error(KafkaFailure(code), "listing the topics") }
    defer { unsafe rd_kafka_metadata_destroy(found) }
    var topics: [(name: String, partitions: Int32)] = []
    let count = unsafe pgcdc_kafka_topic_count(found)
    for index in 0..<max(count, 0) {
      guard let name = unsafe pgcdc_kafka_topic_name(found, index) else { continue }
      let partitions = unsafe pgcdc_kafka_partition_count(found, index)
      topics.append((name: unsafe String(cString: name), partitions: partitions))
    }
    return topics
  }

  /// The offsets of a partition that can be read now.
  func range(of topic: String, _ partition: Int32) throws(SinkError) -> Range<Int64> {
    switch handle.range(of: topic, partition, options.timeout) {
    case .success(let range): return range
    case .failure(let failure): throw handle.error(failure, "asking where the topic \(topic) ends")
    }
  }
}

extension KafkaRecord {
  /// A message of librdkafka's.
  fileprivate init(_ message: UnsafeMutablePointer<rd_kafka_message_t>, topic: String) {
    self.topic = topic
    partition = unsafe message.pointee.partition
    offset = unsafe message.pointee.offset
    key = unsafe Self.bytes(message.pointee.key, message.pointee.key_len)
    value = unsafe Self.bytes(message.pointee.payload, message.pointee.len)
    var size = 0
    let header = unsafe pgcdc_kafka_header(message, KafkaProducer.positionHeader, &size)
    let text = unsafe Self.bytes(UnsafeMutableRawPointer(mutating: header), size)
    position = text.flatMap { SinkPosition(String(decoding: $0, as: UTF8.self)) }
  }

  private static func bytes(_ start: UnsafeMutableRawPointer?, _ count: Int) -> [UInt8]? {
    guard let start = unsafe start else { return nil }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
  }
}
