/// JetStream's acknowledgement of a message: all copies that it waits for have stored it.
///
///     {"stream":"orders","seq":5001}
struct PubAck: Hashable, Sendable {
  let stream: String
  /// The message's number in the stream.
  let sequence: UInt64
  /// Whether it had a message of the same id already, and has not stored this one.
  let isDuplicate: Bool

  /// `nil` for anything else, such as a failure.
  init?(_ answer: JSONValue) {
    guard answer["error"] == nil, let stream = answer["stream"]?.text,
      let sequence = answer["seq"]?.unsigned
    else { return nil }
    self.stream = stream
    self.sequence = sequence
    isDuplicate = answer["duplicate"]?.isTrue ?? false
  }
}
