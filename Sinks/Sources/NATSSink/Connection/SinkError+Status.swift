internal import CSinkNATS
internal import ChangeSinks
internal import PGWire

extension SinkError {
  /// What has failed, from a status of the client library.
  ///
  /// - Parameters:
  ///   - what: What was being done: `publishing to orders.public.t`.
  ///   - timeout: How long was waited.
  init(_ status: natsStatus, of engine: String, while what: String, timeout: Duration) {
    let (category, reason) = Self.meaning(of: status, timeout)
    self.init(engine: engine, category, "\(what) failed: \(reason)")
  }

  private static func meaning(
    of status: natsStatus, _ timeout: Duration
  ) -> (ErrorCategory, String) {
    switch status {
    case NATS_CONNECTION_AUTH_FAILED:
      (.needsOperator, "the server refuses the user, or the secret is wrong")
    case NATS_NOT_PERMITTED: (.needsOperator, "the user lacks the permission")
    case NATS_SECURE_CONNECTION_WANTED:
      (.needsOperator, "the server offers no TLS, which the options demand")
    case NATS_SECURE_CONNECTION_REQUIRED: (.needsOperator, "the server demands TLS")
    case NATS_SSL_ERROR: (.needsOperator, "TLS: \(lastWords)")
    case NATS_MAX_PAYLOAD:
      (.needsOperator, "a message is larger than the server takes; raise its max_payload")
    case NATS_NO_SERVER: (.transient, "no server could be reached")
    case NATS_NO_RESPONDERS:
      (
        .transient,
        "nothing answers: JetStream is off for this account, or the stream has no leader now"
      )
    case NATS_TIMEOUT: (.transient, "no answer within \(timeout)")
    case NATS_CONNECTION_CLOSED, NATS_CONNECTION_DISCONNECTED, NATS_STALE_CONNECTION,
      NATS_IO_ERROR:
      (.transient, "the connection is lost")
    case NATS_INVALID_ARG, NATS_INVALID_SUBJECT, NATS_ADDRESS_MISSING:
      (.fatal, "an option is not valid (\(name(of: status)))")
    default: (.transient, name(of: status))
    }
  }

  private static func name(of status: natsStatus) -> String {
    guard let text = unsafe natsStatus_GetText(status) else { return "status \(status.rawValue)" }
    return unsafe String(cString: text)
  }

  /// What the client library says of the last error of this thread, without its place in the
  /// library's source.
  static var lastWords: String {
    guard let text = unsafe nats_GetLastError(nil) else { return "no reason is known" }
    let words = unsafe String(cString: text)
    guard words.hasPrefix("("), let end = words.firstRange(of: "): ") else { return words }
    return String(words[end.upperBound...])
  }
}
