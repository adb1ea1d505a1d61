internal import CSinkRdKafka
internal import ChangeSinks
internal import PGWire

/// An error that librdkafka reports: a code, its own or the broker's, and words.
///
/// Codes: <https://docs.confluent.io/platform/current/clients/librdkafka/html/rdkafka_8h.html>
struct KafkaFailure: Error {
  /// The number of a `rd_kafka_resp_err_t`.
  let code: Int32
  /// What librdkafka says about it.
  let words: String
  /// Whether the same call may succeed later.
  var isRetriable = false

  /// - Parameter words: By default what the code means.
  init(_ code: rd_kafka_resp_err_t, _ words: String = "") {
    self.code = code.rawValue
    self.words = unsafe words.isEmpty ? String(cString: rd_kafka_err2str(code)) : words
  }

  /// Takes over an error that a function has returned, and destroys it.
  ///
  /// - Returns: `nil` if the function has returned none.
  static func taking(_ error: OpaquePointer?) -> KafkaFailure? {
    guard let error = unsafe error else { return nil }
    defer { unsafe rd_kafka_error_destroy(error) }
    let words = unsafe String(cString: rd_kafka_error_string(error))
    var failure = unsafe KafkaFailure(rd_kafka_error_code(error), words)
    failure.isRetriable = unsafe rd_kafka_error_is_retriable(error) != 0
    return failure
  }

  /// The code's name: `TOPIC_AUTHORIZATION_FAILED`; those of librdkafka begin with an underscore.
  var name: String {
    unsafe String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue: code)))
  }

  /// Whether it has this code.
  func has(_ code: rd_kafka_resp_err_t) -> Bool { self.code == code.rawValue }

  /// As an error of the sink.
  ///
  /// - Parameters:
  ///   - engine: The engine's name and address.
  ///   - action: What was being done: `committing a transaction`.
  func sinkError(_ engine: String, _ action: String) -> SinkError {
    let advice = remedy.map { "; \($0)" } ?? ""
    return SinkError(engine: engine, category, "\(action) failed: \(words) (\(name))\(advice)")
  }
}
