internal import CSinkRdKafka
internal import ChangeSinks
internal import Logging
internal import PGWire

/// A client of librdkafka's: a producer or a consumer, with its threads.
///
/// It is used from one thread, and destroyed with the last reference.
@safe final class KafkaHandle {
  let pointer: OpaquePointer
  let events: KafkaEvents
  /// The engine's name and address, for errors.
  let engine: String

  /// Makes a client; it connects when it is used.
  ///
  /// - Parameters:
  ///   - kind: `RD_KAFKA_PRODUCER` or `RD_KAFKA_CONSUMER`.
  ///   - choosesPartitions: Whether records without a key go to one partition of their topic.
  /// - Throws: `SinkError` if a setting is refused.
  init(
    _ kind: rd_kafka_type_t, _ settings: [KafkaSetting], choosesPartitions: Bool = false,
    engine: String, logger: Logger
  ) throws(SinkError) {
    let events = KafkaEvents(logger)
    let configuration = unsafe try Self.configuration(settings, engine)
    unsafe events.install(in: configuration)
    if kind == RD_KAFKA_PRODUCER { unsafe events.installDeliveries(in: configuration) }
    if choosesPartitions { unsafe pgcdc_kafka_set_partitioner(configuration) }
    let (created, reason) = unsafe CText.written {
      unsafe rd_kafka_new(kind, configuration, $0, CText.size)
    }
    guard let created = unsafe created else {
      unsafe rd_kafka_conf_destroy(configuration)
      throw SinkError(engine: engine, .fatal, "librdkafka refuses the settings: \(reason)")
    }
    unsafe pointer = created
    self.events = events
    self.engine = engine
  }

  deinit {
    unsafe rd_kafka_destroy(pointer)
  }

  private static func configuration(
    _ settings: [KafkaSetting], _ engine: String
  ) throws(SinkError) -> OpaquePointer {
    guard let configuration = unsafe rd_kafka_conf_new() else {
      throw SinkError(engine: engine, .transient, "there is no memory for a client")
    }
    for setting in settings {
      let (result, reason) = unsafe CText.written {
        unsafe rd_kafka_conf_set(configuration, setting.name, setting.value, $0, CText.size)
      }
      guard result == RD_KAFKA_CONF_OK else {
        unsafe rd_kafka_conf_destroy(configuration)
        let words = setting.isSecret ? "its value is not shown" : reason
        throw SinkError(
          engine: engine, .fatal, "librdkafka refuses the property \(setting.name): \(words)")
      }
    }
    return unsafe configuration
  }

  /// Takes what the client has to report.
  ///
  /// - Parameter milliseconds: How long to wait for a report.
  func poll(_ milliseconds: Int32 = 0) {
    unsafe rd_kafka_poll(pointer, milliseconds)
  }

  /// The error that has ended the client, if that is all that a failure says.
  func cause(of failure: KafkaFailure) -> KafkaFailure {
    guard failure.has(RD_KAFKA_RESP_ERR__FATAL) else { return failure }
    let (code, words) = unsafe CText.written {
      unsafe rd_kafka_fatal_error(pointer, $0, CText.size)
    }
    return KafkaFailure(code, words)
  }

  /// An error of the sink; after a wait in vain it says what the connections have met.
  func error(_ failure: KafkaFailure, _ action: String) -> SinkError {
    poll()
    let failure = cause(of: failure)
    guard failure.has(RD_KAFKA_RESP_ERR__TIMED_OUT), let cause = events.cause else {
      return failure.sinkError(engine, action)
    }
    let category = cause.isUnauthenticated ? ErrorCategory.needsOperator : .transient
    let advice = cause.isUnauthenticated ? cause.remedy.map { "; \($0)" } ?? "" : ""
    return SinkError(
      engine: engine, category, "\(action) took too long; the last error: \(cause.words)\(advice)")
  }
}

/// A property of librdkafka's.
struct KafkaSetting: Hashable, Sendable {
  let name: String
  let value: String

  init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// Whether the value must not be printed.
  var isSecret: Bool {
    ["password", "secret", "pem", "token", "username"].contains { name.contains($0) }
  }
}
