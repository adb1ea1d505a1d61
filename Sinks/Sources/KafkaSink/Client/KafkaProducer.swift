internal import CSinkRdKafka
internal import ChangeFormats
internal import ChangeSinks
internal import PGWire

/// A transactional producer.
///
/// Its calls block; they are made from one thread.
final class KafkaProducer {
  let handle: KafkaHandle
  let options: KafkaOptions
  private var topics: [String: KafkaTopic] = [:]
  /// The topic of the last record, which most often is the next one's as well.
  private var latest: KafkaTopic?

  /// The header of records that has their place in the stream.
  static let positionHeader = "pgcdc.position"

  init(_ options: KafkaOptions, transactionalID: String) throws(SinkError) {
    self.options = options
    handle = try KafkaHandle(
      RD_KAFKA_PRODUCER, options.producerSettings(transactionalID: transactionalID),
      choosesPartitions: options.choosesPartitions, engine: options.engineName,
      logger: options.logger)
  }
}

// MARK: - Transactions

extension KafkaProducer {
  /// How long one call waits before it is looked at what the connections have met.
  private static let step: Int32 = 500

  /// Sees to it that no earlier producer with the same `transactional.id` can write any more; what
  /// such a one has left open is aborted.
  ///
  /// Function: `rd_kafka_init_transactions`.
  func fence() throws(SinkError) {
    let deadline = Deadline(options.timeout)
    let action = "registering as the only writer"
    while true {
      let step = min(deadline.milliseconds, Self.step)
      let failure = unsafe KafkaFailure.taking(
        rd_kafka_init_transactions(handle.pointer, step))
      handle.poll()
      guard let failure else { return }
      if let cause = handle.events.cause, cause.isUnauthenticated {
        throw cause.sinkError(handle.engine, action)
      }
      guard failure.isRetriable, !deadline.isOver else { throw handle.error(failure, action) }
      // Other errors than a time-out come at once.
      if !failure.has(RD_KAFKA_RESP_ERR__TIMED_OUT) { handle.poll(100) }
    }
  }

  /// Begins a transaction.
  func begin() throws(SinkError) {
    let failure = unsafe KafkaFailure.taking(rd_kafka_begin_transaction(handle.pointer))
    if let failure { throw handle.error(failure, "beginning a transaction") }
  }

  /// Delivers what was produced, and commits it.
  ///
  /// - Throws: `SinkError`; if the answer is missing, it may have been committed.
  func commit() throws(SinkError) {
    try deliver()
    let failure = unsafe KafkaFailure.taking(
      rd_kafka_commit_transaction(handle.pointer, options.timeout.milliseconds))
    handle.poll()
    if let failure { throw error(failure, "committing a transaction") }
  }

  /// Aborts the transaction, as far as that is possible.
  ///
  /// What is left open otherwise holds up consumers until the broker's time for it is over.
  func abort() {
    let time = min(options.timeout, .seconds(5)).milliseconds
    _ = unsafe KafkaFailure.taking(rd_kafka_abort_transaction(handle.pointer, time))
  }

  /// Waits until everything was delivered, as long as that makes progress.
  ///
  /// - Throws: `SinkError`, also if a record could not be delivered, which librdkafka says later.
  func deliver() throws(SinkError) {
    var left = unsafe rd_kafka_outq_len(handle.pointer)
    var deadline = Deadline(options.timeout)
    while true {
      let code = unsafe rd_kafka_flush(handle.pointer, min(deadline.milliseconds, Self.step))
      guard code == RD_KAFKA_RESP_ERR__TIMED_OUT else { break }
      let now = unsafe rd_kafka_outq_len(handle.pointer)
      if now < left {
        left = now
        deadline = Deadline(options.timeout)
      } else if deadline.isOver {
        throw handle.error(KafkaFailure(code), "delivering \(now) records")
      }
    }
    if let delivery = handle.events.delivery {
      throw refusal(RD_KAFKA_RESP_ERR__STATE, delivery.topic)
    }
  }

  /// An error of a transaction, with what is known of the record that has made it fail.
  private func error(_ failure: KafkaFailure, _ action: String) -> SinkError {
    let failure = handle.cause(of: failure)
    guard let delivery = handle.events.delivery, delivery.failure.code == failure.code else {
      return handle.error(failure, action)
    }
    if failure.has(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
      return tooLarge(delivery.topic, delivery.size)
    }
    return handle.error(failure, "writing to the topic \(delivery.topic)")
  }

  private func tooLarge(_ topic: String, _ size: Int) -> SinkError {
    SinkError(
      engine: handle.engine, .fatal,
      "a record of \(size) bytes is too large for the topic \(topic); raise the property "
        + "message.max.bytes of the connector, the topic's max.message.bytes, and the consumers' "
        + "fetch.max.bytes")
  }
}

// MARK: - Records

extension KafkaProducer {
  /// Puts a record into the open transaction.
  ///
  /// - Parameter position: The text of its place in the stream.
  func produce(
    _ record: ChangeRecord, to topic: String, position: [UInt8]
  ) throws(SinkError) {
    let topic = try self.topic(topic)
    try produce(to: topic) { send(record, to: topic, position) }
  }

  /// Puts a record into the open transaction, on one partition, and without a header.
  func produce(
    key: [UInt8], value: [UInt8], to name: String, partition: Int32
  ) throws(SinkError) {
    let topic = try self.topic(name, creating: nil)
    try produce(to: topic) {
      unsafe pgcdc_kafka_produce(
        handle.pointer, topic.pointer, partition, key, key.count, value, value.count, nil, nil, 0)
    }
  }

  /// Waits while the queue is full.
  private func produce(
    to topic: KafkaTopic, _ send: () -> rd_kafka_resp_err_t
  ) throws(SinkError) {
    var code = send()
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
    let deadline = Deadline(options.timeout)
    while code == RD_KAFKA_RESP_ERR__QUEUE_FULL {
      guard !deadline.isOver else {
        let failure = KafkaFailure(RD_KAFKA_RESP_ERR__TIMED_OUT)
        throw handle.error(failure, "waiting for a place in the queue of records")
      }
      handle.poll(10)
      code = send()
    }
    if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw refusal(code, topic.name) }
  }

  private func refusal(_ code: rd_kafka_resp_err_t, _ topic: String) -> SinkError {
    let action = "writing to the topic \(topic)"
    guard code == RD_KAFKA_RESP_ERR__STATE || code == RD_KAFKA_RESP_ERR__FATAL else {
      return error(KafkaFailure(code), action)
    }
    // The transaction has failed before; committing it says why.
    let failure = unsafe KafkaFailure.taking(
      rd_kafka_commit_transaction(handle.pointer, Self.step))
    handle.poll()
    return error(failure ?? KafkaFailure(code), action)
  }

  private func send(
    _ record: ChangeRecord, to topic: KafkaTopic, _ position: [UInt8]
  ) -> rd_kafka_resp_err_t {
    switch record {
    case .event(nil, let value):
      return unsafe value.withUnsafeBytes { value in
        unsafe put(nil, 0, value.baseAddress, value.count, on: topic, position)
      }
    case .event(let key?, let value):
      return unsafe key.withUnsafeBytes { key in
        unsafe value.withUnsafeBytes { value in
          unsafe put(
            key.baseAddress, key.count, value.baseAddress, value.count, on: topic, position)
        }
      }
    case .tombstone(let key):
      return unsafe key.withUnsafeBytes { key in
        unsafe put(key.baseAddress, key.count, nil, 0, on: topic, position)
      }
    }
  }

  private func put(
    _ key: UnsafeRawPointer?, _ keySize: Int, _ value: UnsafeRawPointer?, _ valueSize: Int,
    on topic: KafkaTopic, _ position: [UInt8]
  ) -> rd_kafka_resp_err_t {
    let code = unsafe pgcdc_kafka_produce(
      handle.pointer, topic.pointer, pgcdc_kafka_any_partition, key, keySize, value, valueSize,
      Self.positionHeader, position, position.count)
    if code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE {
      handle.events.noteTooLarge(topic.name, keySize + valueSize)
    }
    return code
  }

  private func topic(_ name: String) throws(SinkError) -> KafkaTopic {
    if let latest, latest.name == name { return latest }
    let topic = try self.topic(name, creating: options.newTopics)
    latest = topic
    return topic
  }

  /// - Parameter creation: How it is created if it is missing; `nil` leaves that to the brokers.
  private func topic(
    _ name: String, creating creation: KafkaNewTopics?
  ) throws(SinkError) -> KafkaTopic {
    if let known = topics[name] { return known }
    if let creation { try ensure(name, creation) }
    let topic = try KafkaTopic(name, of: handle)
    topics[name] = topic
    return topic
  }
}
