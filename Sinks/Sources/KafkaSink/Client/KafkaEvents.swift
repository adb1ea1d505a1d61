internal import CSinkRdKafka
internal import Logging
internal import Synchronization

/// What a client of librdkafka's calls back with: log lines, errors, and records that could not be
/// delivered.
final class KafkaEvents: Sendable {
  /// A record that could not be delivered.
  struct Delivery: Sendable {
    let failure: KafkaFailure
    let topic: String
    /// The bytes of its key and its value.
    let size: Int
  }

  private struct State {
    var cause: KafkaFailure?
    var delivery: Delivery?
  }

  private let state = Mutex(State())
  private let logger: Logger

  init(_ logger: Logger) {
    self.logger = logger
  }

  /// The last error of a connection, which is why a call has timed out.
  var cause: KafkaFailure? { state.withLock { $0.cause } }

  /// The first record that could not be delivered.
  var delivery: Delivery? { state.withLock { $0.delivery } }

  /// Has a client's configuration call back here; the client must not outlive this.
  func install(in configuration: OpaquePointer) {
    unsafe rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
    unsafe rd_kafka_conf_set_log_cb(configuration) { client, level, facility, text in
      guard let client = unsafe client, let facility = unsafe facility, let text = unsafe text,
        let events = unsafe KafkaEvents.of(rd_kafka_opaque(client))
      else { return }
      unsafe events.log(level, String(cString: facility), String(cString: text))
    }
    unsafe rd_kafka_conf_set_error_cb(configuration) { _, code, words, opaque in
      guard let events = unsafe KafkaEvents.of(opaque), let words = unsafe words else { return }
      unsafe events.note(rd_kafka_resp_err_t(rawValue: code), String(cString: words))
    }
  }

  /// Has a producer's configuration call back for each record that could not be delivered.
  func installDeliveries(in configuration: OpaquePointer) {
    unsafe rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
      guard let events = unsafe KafkaEvents.of(opaque), let message = unsafe message,
        let topic = unsafe message.pointee.rkt
      else { return }
      let name = unsafe String(cString: rd_kafka_topic_name(topic))
      let size = unsafe message.pointee.len + message.pointee.key_len
      unsafe events.note(message.pointee.err, name, size)
    }
  }

  /// A record was refused before it was sent.
  func noteTooLarge(_ topic: String, _ size: Int) {
    note(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, topic, size)
  }

  private static func of(_ opaque: UnsafeMutableRawPointer?) -> KafkaEvents? {
    unsafe opaque.map { unsafe Unmanaged<KafkaEvents>.fromOpaque($0).takeUnretainedValue() }
  }

  private func note(_ code: rd_kafka_resp_err_t, _ words: String) {
    // That all brokers are down says less than why the last one is.
    guard code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN else { return }
    state.withLock { $0.cause = KafkaFailure(code, words) }
  }

  private func note(_ code: rd_kafka_resp_err_t, _ topic: String, _ size: Int) {
    // Records are given up in this way when a transaction is aborted.
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__PURGE_QUEUE,
      code != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT
    else { return }
    let delivery = Delivery(failure: KafkaFailure(code), topic: topic, size: size)
    state.withLock { state in
      if state.delivery == nil { state.delivery = delivery }
    }
  }

  /// - Parameter level: As syslog counts: what is below 4 is an error, which the sink throws.
  private func log(_ level: Int32, _ facility: String, _ text: String) {
    var wanted: Logger.Level
    switch level {
    case ...4: wanted = .warning
    case 5: wanted = .notice
    case 6: wanted = .info
    default: wanted = .debug
    }
    // One set of properties is for producers and consumers; each ignores those of the other.
    if facility == "CONFWARN" { wanted = .debug }
    logger.log(
      level: wanted, "a message of librdkafka",
      metadata: ["facility": "\(facility.oneLine)", "text": "\(text.oneLine)"])
  }
}
