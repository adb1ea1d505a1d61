extension NATSStreamOptions {
  /// The configuration that a stream is created with, as JSON.
  ///
  /// Message: `$JS.API.STREAM.CREATE`.
  func configuration(_ names: StreamNames) -> String {
    var members = [
      "\"name\":\"\(names.stream)\"",
      "\"subjects\":[\"\(names.records)\",\"\(names.checkpoint)\"]",
      "\"retention\":\"limits\"",
      "\"discard\":\"old\"",
      "\"storage\":\"\(storage.rawValue)\"",
      "\"num_replicas\":\(replicas)",
      "\"duplicate_window\":\(window)",
      "\"allow_rollup_hdrs\":true",
      "\"allow_direct\":true",
      "\"max_consumers\":-1",
      "\"max_msgs\":\(maxMessages ?? -1)",
      "\"max_bytes\":\(maxBytes ?? -1)",
    ]
    if let maxAge {
      members += ["\"max_age\":\(maxAge.nanoseconds)", "\"allow_msg_ttl\":true"]
    }
    return "{\(members.joined(separator: ","))}"
  }

  /// It can't be longer than messages are kept.
  private var window: Int64 {
    min(duplicateWindow.nanoseconds, maxAge?.nanoseconds ?? .max)
  }
}
